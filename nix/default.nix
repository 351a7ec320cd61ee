# What the flake offers as `lib`. The program is all that a check needs: no nixpkgs, no shell.
_:
let
  inherit (builtins)
    appendContext
    attrNames
    attrValues
    concatMap
    concatStringsSep
    filter
    functionArgs
    head
    intersectAttrs
    isAttrs
    isPath
    isString
    listToAttrs
    mapAttrs
    match
    pathExists
    placeholder
    removeAttrs
    split
    storeDir
    toFile
    toJSON
    ;

  manifestOf = import ./manifest.nix;

  wrong = message: throw "sealnix: ${message}";

  # The arguments that every function here takes, with what a flake says for itself.
  ofSource =
    {
      src ? wrong "`src` is missing: the repository, such as `self`",
      root ? src,
      inputs ? src.inputs or { },
      nixosConfigurations ? src.nixosConfigurations or { },
      darwinConfigurations ? src.darwinConfigurations or { },
      homeConfigurations ? src.homeConfigurations or { },
      units ? true,
    }:
    {
      inherit
        root
        inputs
        nixosConfigurations
        darwinConfigurations
        homeConfigurations
        units
        ;
    };
  given = function: arguments: intersectAttrs (functionArgs function) arguments;

  # The manifest of hosts: `{ src, … }` as `mkCheck`.
  mkManifest = arguments: manifestOf (ofSource arguments);

  # One host of it: `{ src, kind, name, host, … }`, with `kind` one of nixos, darwin and home.
  hostManifest =
    {
      kind,
      name,
      host,
      ...
    }@arguments:
    head
      (mkManifest (
        {
          nixosConfigurations = { };
          darwinConfigurations = { };
          homeConfigurations = { };
        }
        // given ofSource arguments
        // {
          "${kind}Configurations".${name} = host;
        }
      )).hosts;

  # The repository as a build sees it: the folder to look at, and the root around it, which differ where a flake
  # lies in a subfolder.
  sourceOf =
    src:
    if src ? outPath then
      {
        folder = "${src}";
        root = "${src.sourceInfo or src}";
      }
    else if isPath src || (isString src && !builtins.hasContext src) then
      rec {
        folder = builtins.path {
          name = "source";
          path = src;
        };
        root = folder;
      }
    else if isString src then
      {
        folder = src;
        root = src;
      }
    else
      wrong "`src` is the repository: a flake such as `self`, a path or a string, but not ${builtins.typeOf src}";

  # The files that secrets are read from.
  filesOf =
    manifest:
    let
      scopes =
        host: [ host ] ++ attrValues (host.homeUsers or { }) ++ attrValues (host.containers or { });
      files =
        scope:
        map (secret: secret.sopsFile.path or "") (attrValues (scope.sops.secrets or { }))
        ++ map (secret: secret.file.path or "") (attrValues (scope.agenix.secrets or { }));
    in
    concatMap files (concatMap scopes manifest.hosts);

  # What an expression matches in each, once.
  matches =
    expression: texts:
    let
      found = filter (match: match != null) (map (match expression) texts);
    in
    attrNames (
      listToAttrs (
        map (match: {
          name = head match;
          value = null;
        }) found
      )
    );

  # A sandbox holds only what is asked for: the inputs that these files lie in, and the paths of the store that no
  # input names, such as fetched trees. One that is yet to be built is left out: to ask for it would build it.
  inputsOf = matches "input:([^/]*)/.*";
  storePathsOf =
    files:
    map (path: appendContext path { ${path}.path = true; }) (
      filter pathExists (matches "(${storeDir}/[^/]+).*" files)
    );

  # A name may hold what a store path may not, such as the `@` of a home.
  storeName = name: concatStringsSep "-" (filter isString (split "[^a-zA-Z0-9+._?=-]+" name));

  mkCheck =
    {
      package ? wrong "`package` is missing: what holds bin/sealnix, such as `inputs.sealnix.packages.\${system}.default`",
      system ? package.system or (wrong "`system` is missing, and the package does not say it"),
      src ? wrong "`src` is missing: the repository, such as `self`",
      inputs ? src.inputs or { },
      # What the hosts declare, where it is known already.
      manifest ? mkManifest (given ofSource arguments),
      name ? "sealnix",
      # Further arguments of `sealnix check`.
      extraArgs ? [ ],
      # As `ofSource` has them.
      root ? null,
      nixosConfigurations ? null,
      darwinConfigurations ? null,
      homeConfigurations ? null,
      units ? true,
    }@arguments:
    let
      source = sourceOf src;
      declared = toFile "manifest.json" (toJSON manifest);
      files = filesOf manifest;
      input = name: "--input=${name}=${inputs.${name}.sourceInfo or inputs.${name}}";
    in
    derivation {
      name = storeName name;
      inherit system;
      builder = "${package}/bin/sealnix";
      args = [
        "check"
        source.folder
        "--root=${source.root}"
        "--manifest=${declared}"
        "--report=${placeholder "out"}"
      ]
      ++ map input (inputsOf files)
      ++ extraArgs;
      outside = storePathsOf files;
      # The log of a build looks like a terminal, and is read in a browser too.
      NO_COLOR = "1";
      # It takes less than to send the sources elsewhere.
      preferLocalBuild = true;
      allowSubstitutes = false;
    }
    // {
      inherit manifest;
      meta.description = "Checks that every secret that the hosts declare is in a file that they can open";
    };

  # A derivation for each host, which evaluates that host alone, and one for what concerns no host: so Nix' own
  # tools share a large fleet among processes and machines.
  mkChecks =
    {
      name ? "sealnix",
      extraArgs ? [ ],
      ...
    }@arguments:
    let
      none = {
        nixosConfigurations = { };
        darwinConfigurations = { };
        homeConfigurations = { };
      };
      all = ofSource (given ofSource arguments);
      check =
        suffix: hosts: more:
        rec {
          name = "${arguments.name or "sealnix"}-${suffix}";
          value = mkCheck (
            arguments
            // none
            // hosts
            // {
              inherit name;
              extraArgs = extraArgs ++ more;
            }
          );
        };
      checksOf =
        kind:
        let
          output = "${kind}Configurations";
        in
        map (
          host:
          check "${kind}-${host}" { ${output}.${host} = all.${output}.${host}; } [ "--host=${host}" ]
        ) (attrNames all.${output});
    in
    listToAttrs (
      concatMap checksOf [
        "nixos"
        "darwin"
        "home"
      ]
      ++ [ (check "repository" { } [ "--no-hosts" ]) ]
    );
in
{
  inherit
    mkManifest
    hostManifest
    mkCheck
    mkChecks
    ;
}
