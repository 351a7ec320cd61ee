# The options of agenix for home-manager, as of 2026-02: names, types and defaults.
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
  # Text of a shell: nothing tells at evaluation where it leads.
  runtime =
    if pkgs.stdenv.hostPlatform.isDarwin then
      "$(${lib.getExe pkgs.getconf} DARWIN_USER_TEMP_DIR)"
    else
      "\${XDG_RUNTIME_DIR}";

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
        symlink = option types.bool true;
      };
    };
in
{
  options.age = {
    package = option types.package pkgs.age;
    secrets = option (types.attrsOf (types.submodule secret)) { };
    identityPaths = option (types.listOf types.path) [
      "${config.home.homeDirectory}/.ssh/id_ed25519"
      "${config.home.homeDirectory}/.ssh/id_rsa"
    ];
    secretsDir = option types.str "${runtime}/agenix";
    secretsMountPoint = option types.str "${runtime}/agenix.d";
  };
}
