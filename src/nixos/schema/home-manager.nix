# home-manager's NixOS and nix-darwin module, as of 2026-08: what leads to the users' modules.
{
  config,
  lib,
  pkgs,
  sealnix,
  ...
}:
let
  inherit (lib) mkOption mkOverride types;
  cfg = config.home-manager;
  # home-manager gives these the usual priority; here a value of the user's own wins over an unknown,
  # and a default does not.
  mkWeak = mkOverride 900;
  account =
    { name, ... }:
    {
      home.username = mkWeak config.users.users.${name}.name;
      home.homeDirectory = mkWeak config.users.users.${name}.home;
      # The host's own or others of its platform.
      _module.args.pkgs = mkWeak pkgs;
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
            osClass = sealnix.class;
            "${sealnix.class}Config" = config;
          }
          // cfg.extraSpecialArgs;
          modules = [
            sealnix.home
            account
          ]
          ++ cfg.sharedModules;
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
