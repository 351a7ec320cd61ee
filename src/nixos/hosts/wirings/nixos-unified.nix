# srid/nixos-unified, as its guide documents it: a flake-parts module with functions that make hosts,
# one that makes a host of every file below `configurations/`, and a `mkFlake` that imports modules
# of its own accord.
{ lib, sealnix, ... }:
let
  inherit (lib) mkDefault mkOption types;

  mkFlake =
    {
      inputs,
      root,
      specialArgs ? { },
      systems ? lib.mapCartesianProduct ({ arch, kernel }: "${arch}-${kernel}") {
        arch = [
          "aarch64"
          "x86_64"
        ];
        kernel = [
          "darwin"
          "linux"
        ];
      },
    }:
    let
      # The first that is there; the later ones are old names.
      folders = map (folder: root + "/${folder}") [
        "nix/modules/flake"
        "modules/flake"
        "nix/modules/flake-parts"
        "modules/flake-parts"
      ];
      folder = lib.findFirst builtins.pathExists (throw "no folder of flake-parts modules") folders;
    in
    sealnix.libraries.flake-parts.lib.mkFlake { inherit inputs specialArgs; } {
      inherit systems;
      imports = map (file: folder + "/${file}") (builtins.attrNames (builtins.readDir folder));
      _module.args = { inherit root; };
    };

  # What a host says of itself for its activation.
  metadata =
    { config, flake, ... }:
    let
      overridden = config.nixos-unified.overrideInputs;
      option =
        type: default:
        mkOption { inherit type default; };
    in
    {
      options.nixos-unified = {
        sshTarget = option (types.nullOr types.str) null;
        overrideInputs = option (types.listOf types.str) [ ];
        outputs = {
          system = option types.str config.nixpkgs.hostPlatform.system;
          overrideInputs = option (types.attrsOf types.path) (lib.genAttrs overridden (name: flake.inputs.${name}));
          nixArgs = option (types.listOf types.str) (
            lib.concatMap (name: [
              "--override-input"
              name
              "${flake.inputs.${name}}"
            ]) overridden
          );
        };
      };
      config.nix.settings = {
        max-jobs = mkDefault "auto";
        experimental-features = mkDefault "nix-command flakes";
      };
    };

  # Where a home lies, unless it says so itself.
  homeDefaults =
    { config, pkgs, ... }:
    let
      homes = if pkgs.stdenv.hostPlatform.isDarwin then "/Users" else "/home";
    in
    {
      home.homeDirectory = mkDefault "${homes}/${config.home.username}";
    };

  functions =
    {
      config,
      inputs,
      self,
      ...
    }:
    let
      common.flake = { inherit config inputs self; };
      intel.rosettaPkgs = import inputs.nixpkgs { system = "x86_64-darwin"; };
      specialArgsFor = {
        inherit common;
        darwin = common // intel;
        nixos = common;
      };

      system =
        make: class:
        {
          home-manager ? false,
        }:
        module:
        make {
          specialArgs = specialArgsFor.${class};
          modules = [
            metadata
            module
          ]
          ++ lib.optionals home-manager [
            inputs.home-manager."${class}Modules".home-manager
            {
              home-manager = {
                useGlobalPkgs = true;
                useUserPackages = true;
                extraSpecialArgs = specialArgsFor.${class};
                sharedModules = [ homeDefaults ];
              };
            }
          ];
        };
    in
    {
      flake.nixos-unified.lib = {
        inherit specialArgsFor;
        mkLinuxSystem = system sealnix.nixosSystem "nixos";
        mkMacosSystem = system sealnix.darwinSystem "darwin";
        mkHomeConfiguration =
          pkgs: module:
          sealnix.homeManagerConfiguration {
            inherit pkgs;
            extraSpecialArgs = specialArgsFor.common;
            modules = [
              homeDefaults
              module
            ];
          };
      };
    };

  packages =
    { flake-parts-lib, ... }:
    {
      options.perSystem = flake-parts-lib.mkPerSystemOption (
        { pkgs, ... }:
        {
          options.nixos-unified.primary-inputs = mkOption {
            type = types.listOf types.str;
            default = [
              "nixpkgs"
              "home-manager"
              "nix-darwin"
            ];
          };
          config.packages = lib.genAttrs [ "activate" "update" ] (
            name:
            pkgs.writeShellApplication {
              inherit name;
              text = "";
            }
          );
        }
      );
    };

  # NAME.nix or NAME/default.nix in a folder makes the output NAME.
  autoWire =
    { self, ... }:
    let
      inherit (self.nixos-unified.lib)
        mkHomeConfiguration
        mkLinuxSystem
        mkMacosSystem
        specialArgsFor
        ;
      wired =
        path: make:
        let
          folder = "${self}/${path}";
          output =
            file: kind:
            if kind == "regular" && lib.hasSuffix ".nix" file then
              { ${lib.removeSuffix ".nix" file} = make "${folder}/${file}"; }
            else if kind == "directory" && builtins.pathExists "${folder}/${file}/default.nix" then
              { ${file} = make "${folder}/${file}"; }
            else
              { };
        in
        lib.optionalAttrs (builtins.pathExists folder) (
          lib.concatMapAttrs output (builtins.readDir folder)
        );
      withHomes = make: make { home-manager = true; };
    in
    {
      flake = {
        nixosConfigurations = wired "configurations/nixos" (withHomes mkLinuxSystem);
        darwinConfigurations = wired "configurations/darwin" (withHomes mkMacosSystem);
        nixosModules = wired "modules/nixos" (file: file);
        darwinModules = wired "modules/darwin" (file: file);
        homeModules = wired "modules/home" (file: file);
        overlays = wired "overlays" (file: import file specialArgsFor.common);
      };
      perSystem =
        { pkgs, ... }:
        {
          legacyPackages.homeConfigurations = wired "configurations/home" (mkHomeConfiguration pkgs);
        };
    };

  default.imports = [
    functions
    packages
  ];
in
{
  lib = { inherit mkFlake; };
  flakeModule = default;
  flakeModules = { inherit autoWire default; };
}
