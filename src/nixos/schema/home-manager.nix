# home-manager's NixOS and nix-darwin module, as of 2026-08: what leads to the users' modules, and
# the options of a user whose defaults follow from the host.
{
  config,
  lib,
  ...
}:
let
  inherit (lib) mkOption types;
  cfg = config.home-manager;
  base =
    { config, name, ... }:
    {
      options.home.username = mkOption {
        type = types.str;
        default = name;
      };
      options.home.homeDirectory = mkOption {
        type = types.str;
        default = "/home/${config.home.username}";
      };
      options.xdg.configHome = mkOption {
        type = types.str;
        default = "${config.home.homeDirectory}/.config";
      };
    };
in
{
  options.home-manager = {
    users = mkOption {
      default = { };
      type = types.attrsOf (
        types.submoduleWith {
          class = "homeManager";
          specialArgs = {
            osConfig = config;
          } // cfg.extraSpecialArgs;
          modules = [ base ] ++ cfg.sharedModules;
        }
      );
    };
    extraSpecialArgs = mkOption {
      type = types.attrs;
      default = { };
    };
    sharedModules = mkOption {
      type = types.listOf types.raw;
      default = [ ];
    };
  };
}
