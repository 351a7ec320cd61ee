# The few options of nixpkgs whose shape matters here and that the table of facts cannot say:
# NixOS 24.05 (nixos/modules/config/users-groups.nix, services/networking/ssh/sshd.nix,
# tasks/network-interfaces.nix).
{ config, lib, ... }:
let
  inherit (lib) mkOption types;
in
{
  options.users.users = mkOption {
    default = { };
    type = types.attrsOf (
      types.submodule (
        { name, ... }:
        {
          freeformType = types.attrsOf types.anything;
          options.name = mkOption {
            type = types.str;
            default = name;
          };
        }
      )
    );
  };
}
