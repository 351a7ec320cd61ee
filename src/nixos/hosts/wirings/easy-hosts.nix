# tgirlcloud/easy-hosts, as its README describes it: a flake-parts module whose `easy-hosts` options
# name hosts, and say what each shares with others of its class, architecture or tag.
{ lib, sealnix, ... }:
let
  inherit (lib) mapAttrs mkDefault mkOption types;

  # What hosts share, and what one has of its own.
  parameters = {
    modules = mkOption {
      type = types.listOf types.deferredModule;
      default = [ ];
    };
    specialArgs = mkOption {
      type = types.lazyAttrsOf types.raw;
      default = { };
    };
  };

  parametersPer = mkOption {
    type = types.functionTo (types.submodule { options = parameters; });
    default = _: { };
  };

  # The class that makes the system: `linux` and the repository's own classes stand for another.
  madeAs = settings: class: ({ linux = "nixos"; } // settings.additionalClasses).${class} or class;

  systemOf = settings: arch: class: "${arch}-${if madeAs settings class == "darwin" then "darwin" else "linux"}";

  host =
    { inputs, settings }:
    { config, ... }:
    {
      options = parameters // {
        arch = mkOption {
          type = types.str;
          default = "x86_64";
        };
        class = mkOption {
          type = types.str;
          default = "nixos";
        };
        deployable = lib.mkEnableOption "deployment";
        nixpkgs = mkOption {
          type = types.raw;
          default = inputs.nixpkgs;
        };
        nix-darwin = mkOption {
          type = types.raw;
          default = inputs.darwin or inputs.nix-darwin or null;
        };
        path = mkOption {
          type = types.nullOr types.path;
          default = null;
        };
        system = mkOption {
          type = types.str;
          default = systemOf settings config.arch config.class;
        };
        tags = mkOption {
          type = types.listOf types.str;
          default = [ ];
        };
      };
    };

  # `hosts/SYSTEM/NAME` below the path, or `hosts/NAME` where there is one system only.
  found =
    settings:
    let
      folders = folder: lib.attrNames (lib.filterAttrs (_: kind: kind == "directory") (builtins.readDir folder));
      split = lib.splitString "-";
      ofSystem =
        system: folder:
        lib.genAttrs (lib.attrNames (builtins.readDir folder)) (
          name:
          let
            arch = builtins.head (split system);
            class = lib.last (split system);
          in
          {
            inherit arch class;
            path = "${folder}/${name}";
            system = systemOf settings arch class;
          }
        );
    in
    if settings.onlySystem != null then
      ofSystem settings.onlySystem "${settings.path}"
    else
      lib.mergeAttrsList (map (system: ofSystem system "${settings.path}/${system}") (folders settings.path));

  configurationOf =
    {
      inputs,
      settings,
      withSystem,
    }:
    name: host:
    let
      class = madeAs settings host.class;
      sources = [
        settings.shared
        host
      ]
      ++ map settings.perTag host.tags
      ++ [
        (settings.perClass host.class)
        (settings.perArch host.arch)
      ];
      usual = lib.filter builtins.pathExists [
        "${inputs.self}/hosts/${name}/default.nix"
        "${inputs.self}/systems/${name}/default.nix"
      ];
    in
    (if class == "darwin" then sealnix.darwinSystem else sealnix.nixosSystem) {
      specialArgs = lib.foldl' lib.recursiveUpdate {
        inherit inputs;
        inherit (inputs) self;
      } (map (source: source.specialArgs) sources);
      modules =
        (if host.path != null then [ host.path ] else usual)
        ++ lib.optional (class == "iso") "${host.nixpkgs}/nixos/modules/installer/cd-dvd/installation-cd-minimal-new-kernel.nix"
        ++ [
          {
            _module.args = withSystem host.system ({ inputs', self', ... }: { inherit inputs' self'; });
            networking.hostName = mkDefault name;
            nixpkgs.hostPlatform = mkDefault host.system;
          }
        ]
        ++ lib.concatMap (source: source.modules) sources;
    };

  flakeModule =
    {
      config,
      inputs,
      withSystem,
      ...
    }:
    let
      settings = config.easy-hosts;
      isDarwin = host: madeAs settings host.class == "darwin";
      made = hosts: mapAttrs (configurationOf { inherit inputs settings withSystem; }) hosts;
    in
    {
      key = "easy-hosts";
      options.easy-hosts = {
        additionalClasses = mkOption {
          type = types.attrsOf types.str;
          default = { };
        };
        autoConstruct = lib.mkEnableOption "hosts from the folders of `path`";
        hosts = mkOption {
          type = types.attrsOf (types.submodule (host { inherit inputs settings; }));
          default = { };
        };
        onlySystem = mkOption {
          type = types.nullOr types.str;
          default = null;
        };
        path = mkOption {
          type = types.nullOr types.path;
          default = null;
        };
        perArch = parametersPer;
        perClass = parametersPer;
        perTag = parametersPer;
        shared = parameters;
      };
      config.easy-hosts.hosts = lib.mkIf settings.autoConstruct (found settings);
      config.flake = {
        darwinConfigurations = made (lib.filterAttrs (_: isDarwin) settings.hosts);
        nixosConfigurations = made (lib.filterAttrs (_: host: !isDarwin host) settings.hosts);
      };
    };
in
{
  inherit flakeModule;
  flakeModules.default = flakeModule;
}
