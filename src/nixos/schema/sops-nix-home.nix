# The options of sops-nix for home-manager, as of 2026-06: names, types and defaults.
{
  config,
  lib,
  sealnix,
  ...
}:
let
  inherit (lib) mkOption types;
  inherit (config.xdg) configHome;
  cfg = config.sops;
  option =
    type: default:
    mkOption { inherit type default; };
  nullOr = type: option (types.nullOr type) null;

  secret =
    { config, name, ... }:
    {
      options = {
        name = option types.str name;
        key = option types.str (if cfg.defaultSopsKey != null then cfg.defaultSopsKey else name);
        path = mkOption {
          type = types.str;
          default = "${cfg.defaultSymlinkPath}/${name}";
          apply = sealnix.mark "secret" name;
        };
        format = option types.str cfg.defaultSopsFormat;
        mode = option types.str "0400";
        sopsFile = option types.path cfg.defaultSopsFile;
      };
    };

  template =
    { config, name, ... }:
    {
      options = {
        name = option types.str name;
        path = mkOption {
          type = types.str;
          default = "${configHome}/sops-nix/secrets/rendered/${name}";
          apply = sealnix.mark "template" name;
        };
        content = option types.lines "";
        file = nullOr types.path;
        mode = option types.str "0400";
      };
    };
in
{
  options.sops = {
    secrets = option (types.attrsOf (types.submodule secret)) { };
    templates = option (types.attrsOf (types.submodule template)) { };
    placeholder = option (types.attrsOf types.str) (
      lib.mapAttrs (name: _: sealnix.mark "placeholder" name "<SOPS:${name}:PLACEHOLDER>") cfg.secrets
    );
    defaultSopsFile = mkOption { type = types.path; };
    defaultSopsFormat = option types.str "yaml";
    defaultSopsKey = nullOr types.str;
    defaultSymlinkPath = option types.str "${configHome}/sops-nix/secrets";
    defaultSecretsMountPoint = option types.str "%r/secrets.d";
    validateSopsFiles = option types.bool true;
    keepGenerations = option types.int 1;
    log = option (types.listOf types.str) [ "keyImport" "secretChanges" ];
    environment = option (types.attrsOf types.anything) { };
    age = {
      keyFile = nullOr types.path;
      plugins = option (types.listOf types.anything) [ ];
      generateKey = option types.bool false;
      sshKeyPaths = option (types.listOf types.path) [ ];
    };
    gnupg = {
      home = nullOr types.str;
      sshKeyPaths = option (types.listOf types.path) [ ];
      qubes-split-gpg = {
        enable = option types.bool false;
        domain = nullOr types.str;
      };
    };
  };
}
