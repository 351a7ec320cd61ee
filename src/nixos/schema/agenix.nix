# The options of agenix for NixOS and nix-darwin, as of 2026-02: names, types and defaults. ragenix has the same module.
{
  config,
  lib,
  pkgs,
  sealnix,
  ...
}:
let
  inherit (lib) mkOption types;
  cfg = config.age;
  option =
    type: default:
    mkOption { inherit type default; };
  darwin = sealnix.class == "darwin";
  # A number, as the default is, is no user's name. Of a user that there is not agenix takes "0" too; nothing here
  # tells that there is none.
  groupOf = owner: if owner == "0" then "0" else config.users.users.${owner}.group;

  secret =
    { config, name, ... }:
    {
      options = {
        name = option types.str name;
        file = mkOption { type = types.path; };
        path = mkOption {
          type = types.str;
          default = "${cfg.secretsDir}/${config.name}";
          apply = sealnix.mark "age-secret" name;
        };
        mode = option types.str "0400";
        owner = option types.str "0";
        group = option types.str (groupOf config.owner);
        symlink = option types.bool true;
      };
    };
in
{
  imports = [
    (lib.mkRenamedOptionModule [ "age" "sshKeyPaths" ] [ "age" "identityPaths" ])
  ];

  options.age = {
    ageBin = option types.str "${pkgs.age}/bin/age";
    secrets = option (types.attrsOf (types.submodule secret)) { };
    secretsDir = option types.path "/run/agenix";
    secretsMountPoint = option types.str "/run/agenix.d";
    identityPaths = option (types.listOf types.path) (
      if darwin then
        [
          "/etc/ssh/ssh_host_ed25519_key"
          "/etc/ssh/ssh_host_rsa_key"
        ]
      else if config.services.openssh.enable or false then
        map (key: key.path) (
          lib.filter (key: key.type == "rsa" || key.type == "ed25519") config.services.openssh.hostKeys
        )
      else
        [ ]
    );
  };
}
