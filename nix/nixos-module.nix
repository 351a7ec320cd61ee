# A module of NixOS: the host's secrets are checked when its system is built.
{
  config,
  options,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) literalExpression mkOption types;
  cfg = config.sealnix;
  sealnix = import ./. { };

  steady = import ./steady.nix {
    root = cfg.src.sourceInfo or cfg.src;
    manifest = sealnix.mkManifest {
      inherit (cfg) src;
      nixosConfigurations.${cfg.hostName} = { inherit config options pkgs; };
      darwinConfigurations = { };
      homeConfigurations = { };
      # A unit that names the system, and so its checks, would ask for itself.
      units = false;
    };
  };
in
{
  options.sealnix = {
    enable = mkOption {
      type = types.bool;
      default = false;
      example = true;
      description = "Whether the system is only built if its secrets are in order.";
    };
    src = mkOption {
      type = types.raw;
      example = literalExpression "self";
      description = ''
        The repository: `self` of its flake, or the path of its root. Only what the check of this host reads of it
        counts: another change does not change the system.
      '';
    };
    package = mkOption {
      type = types.package;
      default = pkgs.buildPackages.callPackage ./package.nix { };
      defaultText = literalExpression "pkgs.buildPackages.callPackage (sealnix + \"/nix/package.nix\") { }";
      example = literalExpression "inputs.sealnix.packages.x86_64-linux.default";
      description = "The sealnix that checks. It runs where the system is built.";
    };
    hostName = mkOption {
      type = types.str;
      default = config.networking.hostName;
      defaultText = literalExpression "config.networking.hostName";
      example = "web";
      description = ''
        The host's name in the repository. It tells which key of `.sops.yaml` and which public key file are the host's.
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

  config = lib.mkIf cfg.enable {
    system.checks = [
      (sealnix.mkCheck {
        inherit (cfg) package;
        inherit (pkgs.stdenv.buildPlatform) system;
        inherit (steady) src manifest;
        inputs = cfg.src.inputs or { };
        name = "sealnix-${cfg.hostName}";
        # Rules about the whole repository need all of it.
        extraArgs = [ "--host=${cfg.hostName}" ] ++ cfg.extraArgs;
      })
    ];
  };
}
