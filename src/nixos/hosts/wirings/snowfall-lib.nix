# snowfallorg/lib, as its guides and reference document it: the folders `systems`, `homes`, `modules`
# and `lib` below the root become hosts, users, modules and functions. Packages, shells and checks are
# of no host and unknown; systems of virtual formats (`x86_64-iso`) are images, not hosts.
{
  lib,
  inputs,
  name,
  sealnix,
}:
let
  inherit (builtins) attrValues baseNameOf isFunction pathExists;
  inherit (lib) mkDefault mkOption types;
  flakeUtilsPlus = sealnix.libraries.flake-utils-plus.lib;
  library = inputs.${name};

  mkFlake =
    {
      inputs,
      src,
      snowfall ? { },
      ...
    }@options:
    (mkLib { inherit inputs src snowfall; }).mkFlake (
      removeAttrs options [
        "inputs"
        "src"
      ]
    );

  mkLib =
    {
      inputs,
      src,
      snowfall ? { },
    }:
    let
      root = snowfall.root or src;
      namespace = snowfall.namespace or "internal";
      below = folder: root + "/${folder}";

      # nixpkgs' lib, those of the inputs by their names, and snowfall's.
      base =
        lib
        // builtins.mapAttrs (_: input: input.lib) (
          lib.filterAttrs (_: input: builtins.isAttrs (input.lib or null)) (removeAttrs inputs [ "self" ])
        )
        // {
          mkFlake = outputs context;
          snowfall = library.snowfall-lib // { fs = fileFunctions src root; };
        };

      # Functions of the repository's own; those that ask for `lib` get each other in it.
      own = builtins.foldl' lib.recursiveUpdate { } (map load (defaultFiles (below "lib")));
      load =
        file:
        let
          value = import file;
          available = {
            inherit inputs namespace;
            snowfall-inputs = inputs;
            lib = withOwn;
          };
          made = if isFunction value then lib.callPackageWith available value { } else value;
        in
        # callPackage makes even a function a set.
        if builtins.isFunction made then { __functor = _: made; } else made;
      withOwn = base // { ${namespace} = own; };

      context = {
        inherit
          below
          inputs
          namespace
          own
          ;
        lib = withOwn;
      };
    in
    lib.recursiveUpdate base own;

  # `default.nix` in any folder below.
  defaultFiles =
    folder:
    builtins.filter (file: baseNameOf file == "default.nix") (filesBelow folder);
  filesBelow =
    folder: if pathExists folder then lib.filesystem.listFilesRecursive folder else [ ];

  entries =
    kind: folder:
    builtins.attrNames (
      lib.filterAttrs (_: found: found == kind) (if pathExists folder then builtins.readDir folder else { })
    );
  folders = entries "directory";

  fileFunctions =
    src: root:
    let
      isNix = lib.hasSuffix ".nix";
      isDefault = file: baseNameOf file == "default.nix";
      files = folder: map (file: "${folder}/${file}") (entries "regular" folder);
      recursive = folder: map toString (filesBelow folder);
      chosen =
        choice: find: folder:
        builtins.filter choice (find folder);
      ordinary = file: isNix file && !isDefault file;
    in
    {
      get-file = path: "${src}/${path}";
      get-snowfall-file = path: "${root}/${path}";
      get-directories = folder: map (found: "${folder}/${found}") (folders folder);
      get-files = files;
      get-files-recursive = recursive;
      get-nix-files = chosen isNix files;
      get-nix-files-recursive = chosen isNix recursive;
      get-default-nix-files = chosen isDefault files;
      get-default-nix-files-recursive = chosen isDefault recursive;
      get-non-default-nix-files = chosen ordinary files;
      get-non-default-nix-files-recursive = chosen ordinary recursive;
    };

  # NAME/default.nix anywhere below a folder is the module NAME.
  modulesBelow =
    folder:
    let
      nameOf = file: removeDot (lib.path.removePrefix folder (dirOf file));
      removeDot = lib.removePrefix "./";
    in
    builtins.listToAttrs (
      map (file: {
        name = nameOf file;
        value = file;
      }) (defaultFiles folder)
    );

  # FOLDER/SYSTEM/NAME/default.nix.
  bySystem =
    folder:
    lib.concatMap (
      system:
      map (name: {
        inherit name system;
        path = folder + "/${system}/${name}";
      }) (builtins.filter (name: pathExists (folder + "/${system}/${name}/default.nix")) (folders (folder + "/${system}")))
    ) (folders folder);

  named = make: found: builtins.listToAttrs (map (one: { inherit (one) name; value = make one; }) found);

  outputs =
    {
      below,
      inputs,
      lib,
      namespace,
      own,
    }:
    options:
    let
      modules = class: modulesBelow (below "modules/${class}");
      exported =
        class:
        let
          found = modules class;
          aliases = (options.alias or { }).modules.${class} or { };
        in
        found // builtins.mapAttrs (_: name: found.${name}) aliases // (options.modules or { }).${class} or { };

      systemOptions = options.systems or { };
      homeOptions = options.homes or { };
      isDarwin = lib.hasSuffix "-darwin";
      hosts = builtins.filter (host: isDarwin host.system || lib.hasSuffix "-linux" host.system) (
        bySystem (below "systems")
      );
      homes = map (
        home:
        let
          parts = lib.splitString "@" home.name;
        in
        home
        // {
          user = builtins.head parts;
          host = lib.concatStrings (builtins.tail parts);
          given = (homeOptions.users or { }).${home.name} or { };
        }
      ) (bySystem (below "homes"));
      homeModules = attrValues (modules "home") ++ homeOptions.modules or [ ];

      systems = named (
        { name, path, system }:
        let
          class = if isDarwin system then "darwin" else "nixos";
          given = (systemOptions.hosts or { }).${name} or { };
          common = {
            inherit
              inputs
              lib
              namespace
              system
              systems
              ;
            host = name;
            target = system;
            virtual = false;
          };
        in
        {
          inherit system;
          channelName = given.channelName or "nixpkgs";
          output = "${class}Configurations";
          builder = sealnix."${class}System";
          specialArgs = given.specialArgs or { } // common // { format = if isDarwin system then "darwin" else "linux"; };
          modules = [
            path
            (usersOf class)
          ]
          ++ attrValues (modules class)
          ++ given.modules or [ ]
          ++ (systemOptions.modules or { }).${class} or [ ]
          ++ lib.optionals (inputs ? home-manager) (
            [
              inputs.home-manager."${class}Modules".home-manager
              {
                home-manager = {
                  extraSpecialArgs = common // { format = "home"; };
                  sharedModules = [ (userModule accountHome) ] ++ homeModules;
                  useGlobalPkgs = mkDefault true;
                };
              }
            ]
            ++ map homeOnHost (
              builtins.filter (home: home.host == name || home.host == "" && home.system == system) homes
            )
          );
        }
      ) hosts;

      homeOnHost =
        home:
        { config, ... }:
        let
          user = config.snowfallorg.users.${home.user};
        in
        {
          snowfallorg.users.${home.user} = { };
          home-manager.users.${home.user} = lib.mkIf user.home.enable {
            imports = [
              user.home.config
              home.path
            ]
            ++ home.given.modules or [ ];
            _module.args = home.given.specialArgs or { };
            snowfallorg.user = {
              enable = mkDefault true;
              name = mkDefault home.user;
            };
          };
        };

      standalone = named (
        home:
        {
          inherit (home) system;
          channelName = home.given.channelName or "nixpkgs";
          output = "homeConfigurations";
          modules = [ ];
          builder =
            _:
            sealnix.homeManagerConfiguration {
              inherit lib;
              pkgs = inputs.self.pkgs.${home.system}.${home.given.channelName or "nixpkgs"};
              extraSpecialArgs = home.given.specialArgs or { } // {
                inherit inputs namespace;
                inherit (home)
                  host
                  name
                  system
                  user
                  ;
                format = "home";
              };
              modules = [
                home.path
                (userModule usualHome)
                {
                  snowfallorg.user = {
                    enable = mkDefault true;
                    name = mkDefault home.user;
                  };
                }
              ]
              ++ homeModules
              ++ home.given.modules or [ ];
            };
        }
      ) homes;

      packagesOf =
        folder: channels:
        builtins.mapAttrs (_: file: channels.nixpkgs.callPackage file { }) (modulesBelow (below folder));
    in
    flakeUtilsPlus.mkFlake (
      removeAttrs options [
        "alias"
        "channels-config"
        "checks"
        "homes"
        "hosts"
        "modules"
        "outputs-builder"
        "outputsBuilder"
        "overlays"
        "packages"
        "packagesPrefix"
        "snowfall"
        "systems"
        "templates"
      ]
      // {
        inherit inputs;
        inherit (inputs) self;
        hosts = systemOptions.hosts or { } // systems // standalone;
        lib = own;
        nixosModules = exported "nixos";
        darwinModules = exported "darwin";
        homeModules = exported "home";
        overlays = library.overlays;
        outputsBuilder =
          channels:
          (options.outputs-builder or options.outputsBuilder or (_: { })) channels
          // {
            checks = packagesOf "checks" channels;
            devShells = packagesOf "shells" channels;
            packages = packagesOf "packages" channels;
          };
      }
    );

  # `snowfallorg.users` of a host: who has a home there.
  usersOf =
    class:
    { config, lib, ... }:
    let
      option = type: default: mkOption { inherit type default; };
      path = name: [
        "snowfallorg"
        name
      ];
      homes = if class == "darwin" then "/Users" else "/home";
      user =
        { name, ... }:
        {
          options.admin = option types.bool true;
          options.create = option types.bool true;
          options.home = {
            config = option types.deferredModule { };
            enable = option types.bool true;
            path = option types.str "${homes}/${name}";
          };
        };
    in
    {
      imports = [ (lib.mkRenamedOptionModule (path "user") (path "users")) ];
      options.snowfallorg.users = option (types.attrsOf (types.submodule user)) { };
      config.users.users = builtins.mapAttrs (
        name: user:
        {
          home = mkDefault user.home.path;
        }
        // lib.optionalAttrs (class == "nixos") {
          isNormalUser = mkDefault true;
          name = mkDefault name;
          group = mkDefault "users";
          extraGroups = lib.optional user.admin "wheel";
        }
      ) (lib.filterAttrs (_: user: user.create) config.snowfallorg.users);
    };

  # `snowfallorg.user` of a home: whose it is. On a host `homeOf` knows the account's.
  userModule =
    homeOf:
    { config, pkgs, ... }@arguments:
    let
      user = config.snowfallorg.user;
      homes = if pkgs.stdenv.isDarwin then "/Users" else "/home";
    in
    {
      options.snowfallorg.user = {
        enable = mkOption {
          type = types.bool;
          default = false;
        };
        name = mkOption { type = types.str; };
        home.directory = mkOption {
          type = types.str;
          default = homeOf arguments user.name "${homes}/${user.name}";
        };
      };
      config.home = lib.mkIf user.enable {
        username = mkDefault user.name;
        homeDirectory = mkDefault user.home.directory;
      };
    };
  accountHome =
    { osConfig, ... }:
    user: usual:
    osConfig.users.users.${user}.home or usual;
  usualHome =
    _: _: usual:
    usual;
in
{
  inherit mkFlake mkLib;
  nixosModules.user = usersOf "nixos";
  darwinModules.user = usersOf "darwin";
  homeModules.user = userModule usualHome;
}
