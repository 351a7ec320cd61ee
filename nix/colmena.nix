# The nodes of a hive, as colmena's manual says that it makes them (https://colmena.cli.rs: the chapters
# on the hive's meta, on deployment options and on secrets): NixOS configurations of the node's module,
# the hive's `defaults` and the options below `deployment`, which are taken as they come.
hive:
let
  given = if builtins.isFunction hive then hive { } else hive;
  # NixOps calls it `network`.
  meta = given.meta or given.network or { };

  # A path to nixpkgs, nixpkgs' function, or packages made by it.
  packages =
    nixpkgs:
    if builtins.isPath nixpkgs || builtins.isString nixpkgs || nixpkgs ? outPath then
      import nixpkgs { }
    else if builtins.isFunction nixpkgs then
      nixpkgs { }
    else
      nixpkgs;
  packagesOf = name: packages (meta.nodeNixpkgs.${name} or meta.nixpkgs or <nixpkgs>);

  deployment =
    { name, config, lib, ... }:
    let
      open = options: lib.types.submodule {
        freeformType = lib.types.attrsOf lib.types.anything;
        inherit options;
      };
      option = type: default: lib.mkOption { inherit type default; };
      any = option lib.types.anything;
      list = option (lib.types.listOf lib.types.anything) [ ];
      key = { name, config, ... }: {
        freeformType = lib.types.attrsOf lib.types.anything;
        options = {
          name = any name;
          destDir = any "/run/keys";
          path = any "${config.destDir}/${config.name}";
          user = any "root";
          group = any "root";
          permissions = any "0600";
          uploadAt = any "pre-activation";
        };
      };
      # What waits for a key is told by these units.
      unitOf = key: {
        name = "${key}-key";
        value = { };
      };
      keyUnits = builtins.listToAttrs (map unitOf (builtins.attrNames config.deployment.keys));
    in
    {
      options.deployment = lib.mkOption {
        default = { };
        type = open {
          targetHost = any name;
          targetPort = any null;
          targetUser = any "root";
          tags = list;
          sshOptions = list;
          keys = option (lib.types.attrsOf (lib.types.submodule key)) { };
          allowLocalDeployment = any false;
          buildOnTarget = any false;
          replaceUnknownProfiles = any true;
        };
      };
      config.systemd.services = keyUnits;
      config.systemd.paths = keyUnits;
    };

  node =
    name:
    let
      pkgs = packagesOf name;
      itsPackages =
        { lib, ... }:
        {
          nixpkgs.overlays = lib.mkBefore (pkgs.overlays or [ ]);
          nixpkgs.config = lib.mkOptionDefault (pkgs.config or { });
        };
    in
    import (pkgs.path + "/nixos/lib/eval-config.nix") {
      system = pkgs.stdenv.hostPlatform.system or builtins.currentSystem;
      modules = [
        deployment
        itsPackages
        (given.defaults or { })
        given.${name}
      ];
      specialArgs = {
        inherit name nodes;
      }
      // (meta.specialArgs or { })
      // (meta.nodeSpecialArgs.${name} or { });
    };

  nodes = builtins.mapAttrs (name: _: node name) (
    builtins.removeAttrs given [
      "meta"
      "network"
      "defaults"
    ]
  );
in
nodes
