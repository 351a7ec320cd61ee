# Options of home-manager whose default follows from the rest, as of 2026-08.
{ config, lib, ... }:
let
  inherit (lib) mkOption types;
  under =
    folder:
    mkOption {
      type = types.path;
      default = "${config.home.homeDirectory}/${folder}";
    };
in
{
  options = {
    home.username = mkOption { type = types.str; };
    home.homeDirectory = mkOption { type = types.path; };
    xdg.cacheHome = under ".cache";
    xdg.configHome = under ".config";
    xdg.dataHome = under ".local/share";
    xdg.stateHome = under ".local/state";
  };
}
