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
  homes = if sealnix.class == "darwin" then "/Users" else "/home";
  user =
    { name, ... }:
    {
      home.username = mkDefault name;
      home.homeDirectory = mkDefault "${homes}/${name}";
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
            user
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
