# clan-core, as docs.clan.lol documents it: the chapters on adding machines and on the clan interface.
# What clan generates (vars, the secrets below `sops/`) its own modules declare: they are not here, and
# leave every machine incomplete.
{
  lib,
  inputs,
  name,
  sealnix,
  ...
}:
let
  inherit (lib) mkOption types;
  library = inputs.${name};

  # Files of a machine's folder that are modules of it where they are there.
  included = [
    "configuration.nix"
    "hardware-configuration.nix"
    "disko.nix"
  ];

  makerOf = {
    nixos = sealnix.nixosSystem;
    darwin = sealnix.darwinSystem;
  };

  clan =
    {
      self ? inputs.self,
      directory ? self,
      machines ? { },
      inventory ? { },
      specialArgs ? { },
      ...
    }:
    let
      folder = directory + "/machines";
      folders = lib.optionalAttrs (builtins.pathExists folder) (
        lib.filterAttrs (_: kind: kind == "directory") (builtins.readDir folder)
      );
      described = inventory.machines or { };
      classOf = machine: (described.${machine} or { }).machineClass or "nixos";
      filesOf = machine: builtins.filter builtins.pathExists (map (file: folder + "/${machine}/${file}") included);
      configurationOf =
        machine: _:
        makerOf.${classOf machine} {
          modules = [
            library.nixosModules.clanCore
            library.inputs.sops-nix.nixosModules.sops
            { networking.hostName = lib.mkDefault machine; }
            (machines.${machine} or { })
          ] ++ filesOf machine;
          specialArgs = {
            clan-core = library;
          } // specialArgs;
        };
      all = builtins.mapAttrs configurationOf (folders // described // machines);
      ofClass = class: lib.filterAttrs (machine: _: classOf machine == class) all;
      made = {
        nixosConfigurations = ofClass "nixos";
        darwinConfigurations = ofClass "darwin";
        inherit (library) clanInternals darwinModules nixosModules;
      };
    in
    made // { config = made; };

  flakeModule =
    { config, self, ... }:
    {
      options.clan = mkOption {
        default = { };
        type = types.submodule {
          freeformType = types.lazyAttrsOf types.anything;
          options.machines = mkOption {
            type = types.lazyAttrsOf types.deferredModule;
            default = { };
          };
          options.specialArgs = mkOption {
            type = types.lazyAttrsOf types.raw;
            default = { };
          };
        };
      };
      config.flake = {
        inherit (clan ({ inherit self; } // config.clan)) nixosConfigurations darwinConfigurations;
      };
    };
in
{
  lib = {
    inherit clan;
    buildClan = clan;
  };
  flakeModules.default = {
    key = "clan-core#default";
    imports = [ flakeModule ];
  };
}
