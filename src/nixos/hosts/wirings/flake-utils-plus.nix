# gytis-ivaskevicius/flake-utils-plus, as its README documents it: `mkFlake` makes hosts, each from a
# channel (an input that is nixpkgs) and what all hosts share. Overlays and patches change packages,
# which are not known here anyway.
{
  lib,
  inputs,
  name,
  sealnix,
}:
let
  flakeUtils = sealnix.libraries.flake-utils.lib;
  library = inputs.${name};

  # Sets and lists of the same name are joined, of anything else the right one counts.
  mergeAny =
    left: right:
    left
    // builtins.mapAttrs (
      name: value:
      if builtins.isAttrs value then
        left.${name} or { } // value
      else if builtins.isList value then
        left.${name} or [ ] ++ value
      else
        value
    ) right;

  mkFlake =
    {
      self,
      inputs,
      supportedSystems ? flakeUtils.defaultSystems,
      channels ? { },
      hosts ? { },
      hostDefaults ? { },
      outputsBuilder ? _: { },
      ...
    }@arguments:
    let
      passedOn = removeAttrs arguments [
        "channels"
        "channelsConfig"
        "hostDefaults"
        "hosts"
        "inputs"
        "nixosProfiles"
        "outputsBuilder"
        "self"
        "sharedOverlays"
        "supportedSystems"
      ];

      isNixpkgs = input: input ? legacyPackages.x86_64-linux.nix;
      channelInputs = mergeAny (builtins.mapAttrs (_: input: { inherit input; }) (
        lib.filterAttrs (_: isNixpkgs) (removeAttrs inputs [ "self" ])
      )) channels;
      channelsFor =
        system:
        builtins.mapAttrs (
          name: { input, ... }: import input { inherit system; } // { inherit input name; }
        ) channelInputs;

      perSystem = flakeUtils.eachSystem supportedSystems (
        system:
        let
          built = outputsBuilder (channelsFor system);
          written = lib.filterAttrs (_: output: output ? ${system}) (builtins.intersectAttrs built passedOn);
        in
        { pkgs = channelsFor system; } // mergeAny (builtins.mapAttrs (_: output: output.${system}) written) built
      );

      made = lib.mapAttrsToList (
        name: host: hostOf name (complete (mergeAny hostDefaults host))
      ) hosts;

      complete =
        {
          builder ? sealnix.nixosSystem,
          channelName ? "nixpkgs",
          extraArgs ? { },
          modules ? [ ],
          output ? "nixosConfigurations",
          specialArgs ? { },
          system ? "x86_64-linux",
        }:
        {
          inherit
            builder
            channelName
            extraArgs
            modules
            output
            specialArgs
            system
            ;
        };

      # A host may be named by its domain, top first: org.example.web.
      hostOf =
        name: host:
        let
          labels = lib.reverseList (lib.splitString "." name);
          domain = lib.concatStringsSep "." (builtins.tail labels);
          isNixos = host.output == "nixosConfigurations";
          isDarwin = host.output == "darwinConfigurations";
          channel = (channelsFor host.system).${host.channelName};
          modulesPaths = lib.mapAttrs' (name: { input, ... }: {
            name = "${name}ModulesPath";
            value = toString (input + "/nixos/modules");
          }) channelInputs;
        in
        {
          ${host.output}.${name} = host.builder (
            {
              inherit (host) system;
              specialArgs = host.specialArgs // lib.optionalAttrs isNixos modulesPaths // { inherit channel; };
              modules = [
                (
                  { lib, ... }:
                  lib.optionalAttrs (isNixos || isDarwin) {
                    networking.hostName = builtins.head labels;
                    nix.extraOptions = "extra-experimental-features = nix-command flakes";
                  }
                )
                (
                  { lib, ... }:
                  lib.optionalAttrs isNixos {
                    networking.domain = if domain == "" then lib.mkDefault null else domain;
                  }
                )
                { _module.args = lib.optionalAttrs (!isDarwin) { inherit inputs; } // host.extraArgs; }
              ]
              ++ host.modules
              ++ [ linksToInputs ];
            }
            // lib.optionalAttrs isDarwin {
              inherit inputs;
              pkgs = channel;
            }
          );
        };
    in
    mergeAny passedOn (perSystem // builtins.foldl' mergeAny { } made);

  # The options for `/etc/nix/inputs`, which every host has.
  linksToInputs =
    {
      config,
      inputs,
      lib,
      ...
    }:
    let
      option = lib.mkOption {
        type = lib.types.bool;
        default = false;
      };
      flakes = lib.filterAttrs (_: input: input ? outputs) inputs;
      registered = if config.nix.generateRegistryFromInputs then flakes else { inherit (flakes) self; };
    in
    {
      options.nix = {
        generateNixPathFromInputs = option;
        generateRegistryFromInputs = option;
        linkInputs = option;
      };
      config.nix.registry = builtins.mapAttrs (_: flake: { inherit flake; }) registered;
    };

  # Modules by the names of their files; one that is a value says its own in `_file`.
  exportModules =
    modules:
    let
      fileOf =
        module:
        if lib.isFunction module then (module (lib.functionArgs module))._file else module._file;
      nameOf = file: lib.removeSuffix ".nix" (baseNameOf file);
      named =
        module:
        if builtins.isPath module then
          {
            name = nameOf module;
            value = import module;
          }
        else
          {
            name = lib.removeSuffix ".toml" (nameOf (fileOf module));
            value = module;
          };
    in
    builtins.listToAttrs (map named modules);
in
{
  nixosModules.autoGenFromInputs = linksToInputs;
  darwinModules.autoGenFromInputs = linksToInputs;
  lib = flakeUtils // {
    inherit exportModules mergeAny mkFlake;
    # They make packages and overlays.
    inherit (library)
      exportOverlays
      exportPackages
      genPkgOverlay
      patchChannel
      ;
  };
}
