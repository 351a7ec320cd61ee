# yelite/lite-config, as its documentation describes it: a flake-parts module whose `lite-config`
# options name hosts and the modules that they share.
{ lib, sealnix, ... }:
let
  inherit (lib) mkOption types;

  modules = mkOption {
    type = types.listOf types.deferredModule;
    default = [ ];
  };

  nullable =
    type:
    mkOption {
      type = types.nullOr type;
      default = null;
    };

  setOf =
    type:
    mkOption {
      type = types.attrsOf type;
      default = { };
    };

  nixpkgs = inputs: {
    config = setOf types.raw;
    nixpkgs = mkOption {
      type = types.raw;
      default = inputs.nixpkgs;
    };
  };

  settingsOf = inputs: {
    options = {
      builder.darwin = nullable types.raw;
      homeConfigurations = setOf types.deferredModule;
      homeManagerFlake = mkOption {
        type = types.raw;
        default = inputs.home-manager;
      };
      homeModules = modules;
      hostModuleDir = mkOption { type = types.path; };
      hosts = setOf (
        types.submodule {
          options.hostModule = nullable types.deferredModule;
          options.system = mkOption { type = types.str; };
        }
      );
      nixpkgs = nixpkgs inputs // {
        exportOverlayPackages = mkOption { default = true; };
        overlays = mkOption {
          type = types.listOf types.raw;
          default = [ ];
        };
        perSystemOverrides = setOf (types.submodule { options = nixpkgs inputs; });
        setPerSystemPkgs = mkOption { default = true; };
      };
      systemModules = modules;
    };
  };

  flakeModule =
    {
      config,
      inputs,
      withSystem,
      ...
    }:
    let
      settings = config.lite-config;
      isDarwin = lib.hasSuffix "-darwin";

      configurationOf =
        name: host:
        withSystem host.system (
          { liteConfigPkgs, ... }:
          let
            darwin = isDarwin host.system;
            specialArgs = {
              inherit inputs;
              inherit (liteConfigPkgs.stdenv) hostPlatform;
            };
            homeManager = settings.homeManagerFlake;
          in
          (if darwin then sealnix.darwinSystem else sealnix.nixosSystem) {
            inherit specialArgs;
            modules = [
              (if host.hostModule == null then "${settings.hostModuleDir}/${name}" else host.hostModule)
              {
                networking.hostName = name;
                nixpkgs.hostPlatform = lib.mkDefault host.system;
                nixpkgs.pkgs = liteConfigPkgs;
              }
            ]
            ++ settings.systemModules
            ++ lib.optionals (settings.homeModules != [ ] || settings.homeConfigurations != { }) [
              (if darwin then homeManager.darwinModules.default else homeManager.nixosModules.default)
              {
                home-manager = {
                  extraSpecialArgs = specialArgs;
                  sharedModules = settings.homeModules;
                  useGlobalPkgs = true;
                };
              }
            ];
          }
        );

      made = wanted: lib.mapAttrs configurationOf (lib.filterAttrs (_: host: wanted host.system) settings.hosts);
    in
    {
      key = "lite-config";
      options.lite-config = mkOption {
        type = types.submodule (settingsOf inputs);
        default = { };
      };
      config = {
        systems = lib.unique (lib.mapAttrsToList (_: host: host.system) settings.hosts);
        flake.darwinConfigurations = made isDarwin;
        flake.nixosConfigurations = made (system: !isDarwin system);
        perSystem =
          { liteConfigPkgs, system, ... }:
          {
            _module.args = {
              liteConfigPkgs = lib.mkOptionDefault (
                import (settings.nixpkgs.perSystemOverrides.${system} or settings.nixpkgs).nixpkgs { inherit system; }
              );
              pkgs = lib.mkIf settings.nixpkgs.setPerSystemPkgs liteConfigPkgs;
            };
          };
      };
    };
in
{
  inherit flakeModule;
}
