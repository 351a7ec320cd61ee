# A module of flake-parts: the flake's hosts are checked by its `checks`.
{
  lib,
  self,
  flake-parts-lib,
  ...
}:
let
  inherit (lib) literalExpression mkOption types;
  sealnix = import ./. { };
in
{
  options.perSystem = flake-parts-lib.mkPerSystemOption (
    {
      config,
      pkgs,
      system,
      ...
    }:
    let
      cfg = config.sealnix;
      checked = {
        inherit system;
        inherit (cfg) package units extraArgs;
        src = self;
      }
      // (if cfg.nixosConfigurations == null then { } else { inherit (cfg) nixosConfigurations; });
    in
    {
      options.sealnix = {
        enable = mkOption {
          type = types.bool;
          default = true;
          example = literalExpression ''system == "x86_64-linux"'';
          description = ''
            Whether this system's `checks` hold the check. It looks at all hosts of the flake, whatever their
            system, and says the same on each: where `nix flake check --all-systems` is run, one system is enough.
          '';
        };
        package = mkOption {
          type = types.package;
          default = pkgs.callPackage ./package.nix { };
          defaultText = literalExpression "pkgs.callPackage (sealnix + \"/nix/package.nix\") { }";
          example = literalExpression "inputs'.sealnix.packages.default";
          description = "The sealnix that checks.";
        };
        nixosConfigurations = mkOption {
          type = types.raw;
          default = null;
          defaultText = literalExpression "self.nixosConfigurations";
          example = literalExpression "self.colmenaHive.nodes";
          description = "The NixOS hosts, where the flake has them elsewhere.";
        };
        perHost = mkOption {
          type = types.bool;
          default = false;
          description = ''
            A check for each host, and one for what concerns no host, in place of one for all: for a large fleet,
            which remote builders, Hydra or nix-eval-jobs then share.
          '';
        };
        units = mkOption {
          type = types.bool;
          default = true;
          description = ''
            Whether systemd's units are evaluated too: which units there are and what they read. It is the larger part
            of a host's evaluation.
          '';
        };
        extraArgs = mkOption {
          type = types.listOf types.str;
          default = [ ];
          example = [
            "--fail-on"
            "warning"
          ];
          description = "Further arguments of `sealnix check`.";
        };
      };

      config.checks = lib.mkIf cfg.enable (
        if cfg.perHost then sealnix.mkChecks checked else { sealnix = sealnix.mkCheck checked; }
      );
    }
  );
}
