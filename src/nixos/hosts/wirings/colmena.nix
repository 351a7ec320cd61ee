# colmena's lib, as its manual documents hives: https://colmena.cli.rs (the chapters on nodes, on the
# hive's meta and on deployment options). A node is a NixOS configuration of its own module, the
# hive's `defaults` and the options below `deployment`.
{ lib, sealnix, ... }:
let
  inherit (lib) mkOption types;
  text = types.nullOr types.str;
  option = type: default: mkOption { inherit type default; };

  key =
    { name, config, ... }:
    {
      options = {
        name = option types.str name;
        text = option text null;
        keyFile = option (types.nullOr types.path) null;
        keyCommand = option (types.nullOr (types.listOf types.str)) null;
        destDir = option types.path "/run/keys";
        path = option types.path "${config.destDir}/${config.name}";
        user = option types.str "root";
        group = option types.str "root";
        permissions = option types.str "0600";
        uploadAt = option types.str "pre-activation";
        service = option types.str "${config.name}-key.service";
      };
    };

  deployment =
    { name, ... }:
    {
      _file = "«colmena»";
      options.deployment = {
        targetHost = option text name;
        targetPort = option (types.nullOr types.int) null;
        targetUser = option text "root";
        sshOptions = option (types.listOf types.str) [ ];
        tags = option (types.listOf types.str) [ ];
        keys = option (types.attrsOf (types.submodule key)) { };
        allowLocalDeployment = option types.bool false;
        buildOnTarget = option types.bool false;
        replaceUnknownProfiles = option types.bool true;
        privilegeEscalationCommand = option (types.listOf types.str) [
          "sudo"
          "-H"
          "--"
        ];
      };
    };

  makeHive =
    given:
    let
      hive = if builtins.isFunction given then given { } else given;
      # NixOps calls it `network`.
      meta = hive.meta or hive.network or { };
      node =
        name: module:
        sealnix.nixosSystem {
          system = ((meta.nodeNixpkgs or { }).${name} or meta.nixpkgs or { }).system or null;
          modules = [
            deployment
            (hive.defaults or { })
            module
          ];
          specialArgs = {
            inherit name nodes;
          }
          // (meta.specialArgs or { })
          // ((meta.nodeSpecialArgs or { }).${name} or { });
        };
      nodes = builtins.mapAttrs node (
        removeAttrs hive [
          "defaults"
          "meta"
          "network"
        ]
      );
    in
    {
      inherit nodes;
      toplevel = builtins.mapAttrs (_: node: node.config.system.build.toplevel) nodes;
    };
in
{
  lib = { inherit makeHive; };
}
