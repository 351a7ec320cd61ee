# The names of the checks that the module for flake-parts adds to a system.
let
  nixpkgs = (import ../../fixtures/stubs/nixpkgs/flake.nix).outputs { };
  inherit (nixpkgs) lib;
  module = import ../../nix/flake-module.nix {
    inherit lib;
    flake-parts-lib.mkPerSystemOption = module: module;
    self = {
      outPath = toString ../../fixtures/fleet;
      nixosConfigurations = {
        atlas = throw "a host is asked for";
        beacon = throw "a host is asked for";
      };
    };
  };
  checks =
    settings:
    builtins.attrNames
      (lib.evalModules {
        args = rec {
          system = "x86_64-linux";
          pkgs = nixpkgs.legacyPackages.${system};
        };
        modules = [
          module.options.perSystem
          {
            options.checks = lib.mkOption {
              type = lib.types.raw;
              default = { };
            };
          }
          settings
        ];
      }).config.checks;
in
{
  without = checks { };
  off = checks { sealnix.enable = false; };
  hive = checks {
    sealnix.perHost = true;
    sealnix.nixosConfigurations.node = throw "a host is asked for";
  };
  perHost = checks { sealnix.perHost = true; };
}
