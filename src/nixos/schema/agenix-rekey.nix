# The options of agenix-rekey that matter, as of 2026-03, beside those of agenix, which it extends. A secret has one file
# for the people who can open it (`rekeyFile`); agenix-rekey makes of it the file for the host.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkOption types;
  cfg = config.age.rekey;
  option =
    type: default:
    mkOption { inherit type default; };
  nullOr = type: option (types.nullOr type) null;
  contents = types.coercedTo types.path (
    given: if lib.isPath given then builtins.readFile given else given
  ) types.str;
  # Each byte of it is 1: nobody has its private key.
  nobody = "age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq";
  # What it builds instead of a file of the repository.
  built = name: "${pkgs.runCommand "rekeyed" { } ""}/${name}.age";
  hash = builtins.hashString "sha256";

  secret =
    { config, name, ... }:
    {
      options = {
        id = option types.str name;
        intermediary = option types.bool false;
        generator = nullOr types.raw;
        settings = nullOr types.attrs;
        rekeyFile = option (types.nullOr types.path) (
          let
            folder = if config.generator != null then cfg.generatedSecretsDir else cfg.secretsDir;
          in
          if folder == null then null else folder + "/${config.id}.age"
        );
      };
      config.file = lib.mkIf (config.rekeyFile != null) (
        let
          ident = hash (hash cfg.hostPubkey + builtins.hashFile "sha256" config.rekeyFile);
          isBuilt = config.intermediary || cfg.hostPubkey == nobody || cfg.storageMode == "derivation";
        in
        if isBuilt then
          built config.name
        else
          cfg.localStorageDir + "/${builtins.substring 0 32 ident}-${config.name}.age"
      );
    };

  renamed = name: lib.mkRenamedOptionModule [ "rekey" name ] [ "age" "rekey" name ];
in
{
  imports = map renamed [
    "forceRekeyOnSystem"
    "hostPubkey"
    "masterIdentities"
    "extraEncryptionPubkeys"
    "agePlugins"
  ];

  options.age = {
    secrets = mkOption { type = types.attrsOf (types.submodule secret); };
    generators = option (types.attrsOf types.raw) { };
    rekey = {
      secretsDir = nullOr types.path;
      generatedSecretsDir = nullOr types.path;
      storageMode = mkOption {
        type = types.enum [
          "derivation"
          "local"
        ];
      };
      localStorageDir = mkOption { type = types.path; };
      cacheDir = option types.str "/tmp/agenix-rekey.\"$UID\"";
      forceRekeyOnSystem = nullOr types.str;
      hostPubkey = option contents nobody;
      masterIdentities = option (types.listOf (
        types.coercedTo (types.either types.path types.str) (identity: { inherit identity; }) (
          types.submodule {
            options.identity = mkOption { type = types.either types.path types.str; };
            options.pubkey = nullOr contents;
          }
        )
      )) [ ];
      extraEncryptionPubkeys = option (types.listOf types.raw) [ ];
      agePlugins = option (types.listOf types.raw) [ ];
    };
  };
}
