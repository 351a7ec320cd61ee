# Mic92/adios-flake, as its reference documents it: modules make outputs for each system, which are
# packages and the like and stay unknown; hosts stand in `flake`.
{
  lib,
  inputs,
  name,
  ...
}:
let
  library = inputs.${name};
in
{
  lib.mkFlake =
    {
      inputs,
      self ? null,
      flake ? { },
      ...
    }:
    let
      perInput =
        system: flake:
        builtins.mapAttrs (_: output: output.${system} or output) flake;
      withSystem =
        system: function:
        function {
          inherit system;
          pkgs = inputs.nixpkgs.legacyPackages.${system};
          inputs' = builtins.mapAttrs (_: perInput system) inputs;
          self' = perInput system self;
        };
      noHosts = lib.genAttrs [
        "nixosConfigurations"
        "darwinConfigurations"
        "homeConfigurations"
      ] (_: { });
    in
    library.madeOfModules // noHosts // (if lib.isFunction flake then flake { inherit withSystem; } else flake);
}
