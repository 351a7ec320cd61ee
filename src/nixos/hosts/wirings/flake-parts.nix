# hercules-ci/flake-parts, as flake.parts documents it: a flake's outputs are the `flake` option of
# modules. What `debug` adds for looking at it is left out.
{ lib, ... }:
let
  inherit (lib) genAttrs mapAttrs mkOption types;
  inherit (types) lazyAttrsOf raw submoduleWith;

  outputsOfHosts = [
    "nixosConfigurations"
    "darwinConfigurations"
    "homeConfigurations"
  ];

  setOf =
    type:
    mkOption {
      type = lazyAttrsOf type;
      default = { };
    };

  # `flake.…Modules.NAME`: what several modules say of one module merges.
  modulesOf =
    about:
    mkOption {
      type = lazyAttrsOf types.deferredModule;
      default = { };
      apply = mapAttrs (_: module: about // { imports = [ module ]; });
    };

  # The same of modules that flake-parts itself knows nothing of: one that a single module gives stays what
  # it is, a path that can be imported.
  unlessAlone = setOf (
    types.deferredModule
    // {
      merge =
        place: definitions:
        if builtins.length definitions == 1 then
          (builtins.head definitions).value
        else
          types.deferredModule.merge place definitions;
    }
  );

  # What `perSystem` declares, beside the output that it becomes below each system.
  outputsPerSystem = {
    apps = setOf raw;
    checks = setOf raw;
    devShells = setOf raw;
    formatter = mkOption {
      type = types.nullOr raw;
      default = null;
    };
    legacyPackages = setOf raw;
    packages = setOf raw;
  };

  flakeOption =
    { sealnix, ... }:
    {
      options.flake = mkOption {
        type = submoduleWith {
          modules = [
            {
              freeformType = lazyAttrsOf raw;
              options = genAttrs outputsOfHosts (_: setOf raw) // {
                darwinModules = unlessAlone;
                homeModules = unlessAlone;
                nixosModules = modulesOf { _class = "nixos"; };
                overlays = setOf raw;
              };
            }
            lackingHosts
          ] ++ sealnix.foreign;
        };
      };
      config.flake = lackingHosts { inherit sealnix; };
    };

  # A module that cannot be read may make hosts.
  lackingHosts = { sealnix, ... }: genAttrs outputsOfHosts (_: sealnix.lacking);

  processedFlake =
    { config, sealnix, ... }:
    let
      inherit (config) flake;
      makesHosts = lib.any (output: flake.${output} or { } != { }) (
        outputsOfHosts
        ++ [
          "colmena"
          "colmenaHive"
        ]
      );
    in
    {
      # Where no module that can be read makes a host, one that cannot may make them all.
      options.processedFlake = mkOption {
        type = raw;
        default = flake;
        apply =
          processed:
          if sealnix.foreign == [ ] then
            processed
          else
            processed
            // {
              nixosConfigurations =
                if makesHosts then processed.nixosConfigurations or { } else builtins.head sealnix.foreign;
            };
      };
      options.debug = mkOption {
        type = types.bool;
        default = false;
      };
    };

  transposition =
    { config, ... }:
    {
      options.transposition = mkOption {
        type = lazyAttrsOf (submoduleWith {
          modules = [
            {
              options.adHoc = mkOption {
                type = types.bool;
                default = false;
              };
            }
          ];
        });
      };
      options.perInput = mkOption {
        type = types.functionTo (types.functionTo (lazyAttrsOf raw));
      };
      config = {
        flake = mapAttrs (output: _: mapAttrs (_: perSystem: perSystem.${output}) config.allSystems) config.transposition;
        perInput = system: flake: mapAttrs (output: _: flake.${output}.${system}) config.transposition;
        perSystem.options = mapAttrs (_: _: mkOption { }) (
          lib.filterAttrs (_: transposed: transposed.adHoc) config.transposition
        );
      };
    };

  # What each system's modules begin with.
  perSystemBase =
    { self, perInput }:
    {
      config,
      inputs',
      options,
      specialArgs,
      system,
      ...
    }:
    {
      options.allModuleArgs = mkOption { type = lazyAttrsOf raw; };
      config = {
        allModuleArgs = config._module.args // specialArgs // { inherit config options; };
        _module.args = {
          inputs' = mapAttrs (_: perInput system) self.inputs;
          self' = perInput system self;
          pkgs = lib.mkOptionDefault inputs'.nixpkgs.legacyPackages;
        };
      };
    };

  perSystem =
    {
      config,
      sealnix,
      self,
      ...
    }:
    let
      # Each system is evaluated once, whether it is among `systems` or not.
      once = genAttrs lib.systems.flakeExposed config.perSystem;
      getSystem = system: once.${system} or (config.perSystem system);
    in
    {
      options = {
        systems = mkOption { type = types.listOf types.str; };
        allSystems = mkOption { type = lazyAttrsOf raw; };
        perSystem = mkOption {
          type = perSystemType (perSystemBase {
            inherit self;
            inherit (config) perInput;
          });
          apply =
            module: system:
            (lib.evalModules {
              class = "perSystem";
              modules = [ module ] ++ sealnix.foreign;
              specialArgs = { inherit system; };
            }).config;
        };
      };
      config = {
        allSystems = genAttrs config.systems getSystem;
        _module.args = rec {
          inherit getSystem;
          getSystemIgnoreWarning = getSystem;
          withSystem = system: function: function (getSystem system).allModuleArgs;
          moduleWithSystem =
            module:
            { config, pkgs, ... }:
            let
              system = config._module.args.system or pkgs.stdenv.hostPlatform.system;
              arguments = withSystem system (arguments: arguments);
            in
            {
              imports = [ (module (mapAttrs (name: _: arguments.${name}) (builtins.functionArgs module))) ];
            };
        };
      };
    };

  perSystemType = module: types.deferredModuleWith { staticModules = [ module ]; };

  mkPerSystemOption = module: mkOption { type = perSystemType module; };

  mkTransposedPerSystemModule =
    {
      name,
      option,
      file ? null,
    }:
    {
      options.flake.${name} = setOf (option.type or raw);
      options.perSystem = mkPerSystemOption { options.${name} = option; };
      config.transposition.${name} = { };
    };

  builtinModules = {
    inherit flakeOption perSystem processedFlake transposition;
  } // mapAttrs (name: option: mkTransposedPerSystemModule { inherit name option; }) outputsPerSystem;

  evalFlakeModule =
    {
      self ? inputs.self,
      inputs ? self.inputs,
      specialArgs ? { },
      moduleLocation ? "${self.outPath}/flake.nix",
    }:
    module:
    lib.evalModules {
      class = "flake";
      modules = builtins.attrValues builtinModules ++ [ (lib.setDefaultModuleLocation moduleLocation module) ];
      specialArgs = {
        inherit
          flake-parts-lib
          inputs
          moduleLocation
          self
          ;
      } // specialArgs;
    };

  flake-parts-lib = {
    inherit evalFlakeModule mkPerSystemOption mkTransposedPerSystemModule;
    inherit (lib) mkAliasOptionModule;
    inherit (lib.modules) importApply;
    mkFlake = arguments: module: (evalFlakeModule arguments module).config.processedFlake;
    mkPerSystemType = perSystemType;
    mkDeferredModuleOption = mkPerSystemOption;
    mkDeferredModuleType = perSystemType;
    mkSubmoduleOptions = options: mkOption { type = submoduleWith { modules = [ { inherit options; } ]; }; };
    attrsWith =
      {
        elemType,
        ...
      }:
      lazyAttrsOf elemType;
    memoizeStr = function: function;
    defaultModule = flake: if flake ? outPath then flake.flakeModules.default or flake else flake;
    importAndPublish = name: module: {
      imports = [
        module
        optionalModules.modules
      ];
      flake.modules.flake.${name} = module;
    };
  };

  # What is shown of an attribute, and of the attributes in it.
  touched =
    { config, ... }:
    let
      inherit (config) any attr finish;
      within =
        name: value:
        let
          modules = [
            touched
            (if any == null then { } else any)
            (attr.${name} or { })
          ];
          inner = lib.evalModules { inherit modules; specialArgs.attrName = name; };
        in
        lib.optionalAttrs inner.config.enable { ${name} = inner.config.touchupApply value; };
    in
    {
      options = {
        enable = mkOption {
          type = types.bool;
          default = true;
        };
        any = mkOption {
          type = types.nullOr types.deferredModule;
          default = null;
        };
        attr = setOf types.deferredModule;
        type = mkOption { default = raw; };
        finish = mkOption {
          type = types.functionTo config.type;
          default = value: value;
        };
        touchupApply = mkOption {
          default = value: finish (if any == null && attr == { } then value else lib.concatMapAttrs within value);
        };
      };
    };

  # Modules that a flake imports from `flakeModules`, each once however often it is imported.
  optionalModules = mapAttrs (name: module: module // { key = "flake-parts#${name}"; }) {
    bundlers = mkTransposedPerSystemModule {
      name = "bundlers";
      option = setOf raw;
    };

    modules.options.flake.modules = mkOption {
      type = lazyAttrsOf (lazyAttrsOf types.deferredModule);
      apply = mapAttrs (
        class: mapAttrs (_: module: if class == "generic" then module else { _class = class; imports = [ module ]; })
      );
    };

    flakeModules.options.flake = mkOption {
      type = submoduleWith {
        modules = [
          (lib.mkAliasOptionModule [ "flakeModule" ] [ "flakeModules" "default" ])
          { options.flakeModules = modulesOf { _class = "flake"; }; }
        ];
      };
    };

    touchup.imports = [
      (
        { config, ... }:
        {
          options.touchup = mkOption {
            type = submoduleWith { modules = [ touched ]; };
            default = { };
          };
          config.processedFlake = config.touchup.touchupApply config.flake;
        }
      )
    ];

    easyOverlay.imports = [
      (
        { config, getSystem, ... }:
        {
          options.perSystem = mkPerSystemOption (
            { extendModules, pkgs, ... }:
            {
              options.overlayAttrs = setOf raw;
              options.extendModules = mkOption { default = extendModules; };
              config._module.args.final = lib.mkDefault (pkgs.extend config.flake.overlays.default);
            }
          );
          config.flake.overlays.default =
            final: prev:
            ((getSystem prev.stdenv.hostPlatform.system).extendModules {
              modules = [
                {
                  _module.args = {
                    final = lib.mkForce final;
                    pkgs = lib.mkForce prev;
                  };
                }
              ];
            }).config.overlayAttrs;
        }
      )
    ];

    partitions.imports = [
      (
        {
          config,
          extendModules,
          inputs,
          partitionStack,
          self,
          ...
        }:
        let
          partition =
            {
              config,
              name,
              options,
              ...
            }:
            let
              extended = inputs // config.extraInputs // { self = self // { inputs = extended; }; };
            in
            {
              options = {
                extraInputsFlake = mkOption { type = raw; };
                extraInputs = setOf raw;
                module = mkOption {
                  default = { };
                  type =
                    (extendModules {
                      specialArgs = {
                        inputs = extended;
                        inherit (extended) self;
                        partitionStack = partitionStack ++ [ name ];
                      };
                    }).type;
                };
              };
              config.extraInputs = lib.mkIf options.extraInputsFlake.isDefined (
                builtins.getFlake (toString options.extraInputsFlake.value)
              ).inputs;
            };
        in
        {
          options.partitionedAttrs = mkOption {
            type = types.attrsOf types.str;
            default = { };
          };
          options.partitions = mkOption {
            type = types.attrsOf (types.submodule partition);
            default = { };
          };
          config._module.args.partitionStack = [ ];
          config.flake = lib.optionalAttrs (partitionStack == [ ]) (
            mapAttrs (output: name: lib.mkForce config.partitions.${name}.module.flake.${output}) config.partitionedAttrs
          );
        }
      )
    ];
  };
in
{
  lib = flake-parts-lib;
  flakeModules = builtinModules // optionalModules;
}
