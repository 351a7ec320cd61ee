# The options of sops-nix for NixOS and nix-darwin, as of 2026-06: names, types and defaults.
# `sealnix.mark KIND NAME TEXT` is TEXT that stands for something named; `sealnix.class` says which
# of the two it is.
{
  config,
  lib,
  sealnix,
  ...
}:
let
  inherit (lib) mkOption types;
  cfg = config.sops;
  option =
    type: default:
    mkOption { inherit type default; };
  nullOr = type: option (types.nullOr type) null;
  units = option (types.listOf types.str) [ ];
  darwin = sealnix.class == "darwin";
  groupOf =
    { owner, ... }:
    if owner == null then null else config.users.users.${owner}.group;
  hostKeys =
    type:
    let
      usable = key: key.type == type && !(lib.hasPrefix "/run/secrets" key.path);
    in
    if darwin then
      [ "/etc/ssh/ssh_host_${type}_key" ]
    else if config.services.openssh.enable then
      map (key: key.path) (lib.filter usable config.services.openssh.hostKeys)
    else
      [ ];

  secret =
    { config, name, ... }:
    {
      options = {
        name = option types.str name;
        key = option types.str (if cfg.defaultSopsKey != null then cfg.defaultSopsKey else name);
        path = mkOption {
          type = types.str;
          default =
            if config.neededForUsers then
              "/run/secrets-for-users/${config.name}"
            else
              "/run/secrets/${config.name}";
          apply = sealnix.mark "secret" name;
        };
        format = option types.str cfg.defaultSopsFormat;
        mode = option types.str "0400";
        owner = option (types.nullOr types.str) (if darwin then "root" else null);
        uid = nullOr types.int;
        group = option (types.nullOr types.str) (if darwin then "staff" else groupOf config);
        gid = nullOr types.int;
        sopsFile = option types.path cfg.defaultSopsFile;
        sopsFileHash = mkOption {
          type = types.str;
          default = "";
          apply = sealnix.mark "file-hash" name;
        };
        restartUnits = units;
        reloadUnits = units;
        neededForUsers = option types.bool false;
      };
    };

  template =
    { config, name, ... }:
    {
      options = {
        name = option types.str name;
        path = mkOption {
          type = types.str;
          default = "/run/secrets/rendered/${config.name}";
          apply = sealnix.mark "template" name;
        };
        content = option types.lines "";
        file = nullOr types.path;
        mode = option types.str "0400";
        owner = nullOr types.str;
        uid = nullOr types.int;
        group = option (types.nullOr types.str) (
          if darwin && config.owner != null then "staff" else groupOf config
        );
        gid = nullOr types.int;
        restartUnits = units;
        reloadUnits = units;
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
    validateSopsFiles = option types.bool true;
    keepGenerations = option types.int 1;
    log = option (types.listOf types.str) [ "keyImport" "secretChanges" ];
    environment = option (types.attrsOf types.anything) { };
    useTmpfs = option types.bool false;
    useSystemdActivation = option types.bool false;
    age = {
      keyFile = nullOr types.path;
      plugins = option (types.listOf types.anything) [ ];
      generateKey = option types.bool false;
      sshKeyPaths = option (types.listOf types.path) (hostKeys "ed25519");
    };
    gnupg = {
      home = nullOr types.str;
      sshKeyPaths = option (types.listOf types.path) (hostKeys "rsa");
    };
  };
}
