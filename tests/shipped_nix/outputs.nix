# Of every output whether it is what its name says, on every system.
let
  nixpkgs = (import ../../fixtures/stubs/nixpkgs/flake.nix).outputs { };
  outputs = (import ../../flake.nix).outputs {
    self = outputs;
    inherit nixpkgs;
  };

  names = builtins.attrNames;
  everyOne = holds: set: builtins.all holds (builtins.attrValues set);
  everySystem = holds: set: names set == nixpkgs.lib.platforms.unix && everyOne holds set;
  isDerivation = value: value.type == "derivation" && builtins.isString value.drvPath;
  # What the stub's packages are told.
  isTested = package: package.drvAttrs.checked;
in
{
  packages = everySystem (
    packages: names packages == [ "default" "sealnix" ] && everyOne isDerivation packages
  ) outputs.packages;
  mainProgram = outputs.packages.x86_64-linux.default.meta.mainProgram;
  apps = everySystem (
    apps:
    apps.default.type == "app"
    && builtins.match ".*-sealnix-.*/bin/sealnix" apps.default.program != null
  ) outputs.apps;
  checks = everySystem (
    checks:
    names checks == [ "sealnix" "tests" ] && isTested checks.tests && !isTested checks.sealnix
  ) outputs.checks;
  devShells = everySystem (shells: isDerivation shells.default) outputs.devShells;
  formatter = everySystem isDerivation outputs.formatter;
  overlay =
    isDerivation
      (outputs.overlays.default nixpkgs.legacyPackages.x86_64-linux { }).sealnix;
}
