# What the flake offers as `lib`. It needs no nixpkgs.
_:
let
  inherit (builtins)
    any
    attrNames
    concatMap
    concatStringsSep
    functionArgs
    head
    intersectAttrs
    listToAttrs
    ;

  manifestOf = import ./manifest.nix;

  wrong = message: throw "sealnix: ${message}";
  derivationOf = import ./check.nix { inherit wrong; };

  # The arguments that every function here takes, with what a flake says for itself.
  ofSource =
    arguments@{
      src ? wrong "`src` is missing: the repository, such as `self`",
      root ? src,
      inputs ? src.inputs or { },
      nixosConfigurations ? src.nixosConfigurations or { },
      darwinConfigurations ? src.darwinConfigurations or { },
      homeConfigurations ? src.homeConfigurations or { },
      units ? true,
    }:
    # A check that was handed no hosts at all would pass, having seen none.
    if any (output: arguments ? ${output} || src ? ${output}) (attrNames noHosts) then
      {
        inherit
          root
          inputs
          nixosConfigurations
          darwinConfigurations
          homeConfigurations
          units
          ;
      }
    else
      wrong "there are no hosts: `src` has none of ${concatStringsSep ", " (attrNames noHosts)}, so give one of them";
  given = function: arguments: intersectAttrs (functionArgs function) arguments;

  noHosts = {
    nixosConfigurations = { };
    darwinConfigurations = { };
    homeConfigurations = { };
  };

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
      (mkManifest (given ofSource arguments // noHosts // { "${kind}Configurations".${name} = host; })).hosts;

  mkCheck =
    {
      # What holds bin/sealnix.
      package ? wrong "`package` is missing, such as `inputs.sealnix.packages.x86_64-linux.default`",
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
    derivationOf {
      inherit
        package
        system
        src
        inputs
        manifest
        name
        extraArgs
        ;
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
      all = ofSource (given ofSource arguments);
      check =
        suffix: hosts: scope:
        let
          only = {
            name = "${name}-${suffix}";
            extraArgs = extraArgs ++ [ scope ];
          };
        in
        {
          inherit (only) name;
          value = mkCheck (arguments // noHosts // hosts // only);
        };
      checksOf =
        kind:
        let
          output = "${kind}Configurations";
        in
        map (
          host: check "${kind}-${host}" { ${output}.${host} = all.${output}.${host}; } "--host=${host}"
        ) (attrNames all.${output});
    in
    listToAttrs (
      concatMap checksOf [
        "nixos"
        "darwin"
        "home"
      ]
      ++ [ (check "repository" { } "--no-hosts") ]
    );
in
{
  inherit
    mkManifest
    hostManifest
    mkCheck
    mkChecks
    ;
  # The nodes of a hive as colmena takes it, `{ meta, defaults, NODE… }`.
  colmenaNodes = import ./colmena.nix;
}
