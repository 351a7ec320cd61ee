# home-manager's NixOS and nix-darwin module, as of 2026-08: what leads to the users' modules.
{
  config,
  lib,
  sealnix,
  ...
}:
let
  inherit (lib) mkDefault mkOption types;
  cfg = config.home-manager;
  # home-manager gives these the usual priority; here a value of the user's own wins over an unknown.
  account =
    { name, ... }:
    {
      home.username = mkDefault config.users.users.${name}.name;
      home.homeDirectory = mkDefault config.users.users.${name}.home;
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
