# What `sealnix … --eval` evaluates: which hosts a flake has, and the manifest of one host. All of it is
# one argument of `nix eval`, so that no file is written anywhere; hence the other files come as values.
{ manifest, colmena }:
let
  # Null for a function, such as a module that is kept among the hosts: it is no host.
  manifestOf =
    {
      root,
      inputs ? { },
      kind,
      name,
      units,
      value,
    }:
    if builtins.isFunction value then
      null
    else if !(value ? config) then
      throw "it is no configuration: it has no `config`, as a built system has none"
    else
      manifest {
        inherit root inputs units;
        "${kind}Configurations".${name} = value;
      };

  named =
    kind: path: set:
    map (name: {
      inherit kind name;
      path = path ++ [ name ];
    }) (builtins.attrNames set);

  # Homes where `home-manager switch` looks for them.
  systemsOf = output: flake: builtins.attrNames (flake.${output} or { });
  isRead = output: flake: system: (builtins.tryEval (flake.${output}.${system} ? homeConfigurations)).success;
  homesBelow =
    output: flake:
    builtins.concatMap (
      system:
      if isRead output flake system then
        named "home" [ output system "homeConfigurations" ] (
          flake.${output}.${system}.homeConfigurations or { }
        )
      else
        [ ]
    ) (systemsOf output flake);
  # Where the sets of all systems throw there may be homes. Where only some do, the flake does not support those.
  unreadBelow =
    output: flake:
    let
      systems = systemsOf output flake;
    in
    if builtins.any (isRead output flake) systems then
      [ ]
    else
      map (system: "${output}.${system}") systems;

  listings = {
    nixosConfigurations = flake: named "nixos" [ "nixosConfigurations" ] (flake.nixosConfigurations or { });
    darwinConfigurations = flake: named "darwin" [ "darwinConfigurations" ] (flake.darwinConfigurations or { });
    homeConfigurations = flake: named "home" [ "homeConfigurations" ] (flake.homeConfigurations or { });
    colmena =
      flake:
      if flake ? colmenaHive then
        named "nixos" [ "colmenaHive" "nodes" ] flake.colmenaHive.nodes
      else if flake ? colmena then
        named "nixos" [ "colmena" ] (colmena flake.colmena)
      else
        [ ];
    legacyPackages = homesBelow "legacyPackages";
    packages = homesBelow "packages";
  };

  isOfPackages = output: output == "legacyPackages" || output == "packages";

  # The attribute at a path of names, each of which may hold dots itself.
  find =
    steps: value:
    let
      first = count: builtins.concatStringsSep "." (builtins.genList (builtins.elemAt steps) count);
      after = count: builtins.genList (i: builtins.elemAt steps (count + i)) (builtins.length steps - count);
      counts = builtins.genList (i: i + 1) (builtins.length steps);
      there = builtins.filter (count: builtins.isAttrs value && value ? ${first count}) counts;
      count = builtins.head there;
    in
    if steps == [ ] then
      value
    else if there == [ ] then
      throw "the entry file has no attribute `${builtins.concatStringsSep "." steps}` here"
    else
      find (after count) value.${first count};

  isHive =
    value:
    builtins.isAttrs value
    && !(value ? nodes)
    && builtins.any (name: value ? ${name}) [
      "meta"
      "network"
      "defaults"
    ];
in
{
  # The hosts in these outputs of a flake, and where Nix has its source.
  hostsOf =
    { flake, outputs }:
    let
      made = builtins.getFlake flake;
    in
    {
      root = made.sourceInfo.outPath;
      hosts = builtins.concatMap (output: listings.${output} made) outputs;
      unread = builtins.concatMap (output: unreadBelow output made) (
        builtins.filter isOfPackages outputs
      );
    };

  # A host of a flake; the repository is a folder of the flake's source.
  inFlake =
    {
      flake,
      folder,
      path,
      kind,
      name,
      units,
    }:
    let
      made = builtins.getFlake flake;
      hive = builtins.head path == "colmena";
    in
    manifestOf {
      inherit kind name units;
      inherit (made) inputs;
      root = made.sourceInfo.outPath + folder;
      value =
        if hive then
          (colmena made.colmena).${name}
        else
          builtins.foldl' (set: step: set.${step}) made path;
    };

  # A host of a file that is no flake, at an attribute path in it; empty where the file is the host.
  inFile =
    {
      root,
      file,
      fileName,
      attr,
      kind,
      name,
      units,
    }:
    let
      imported = import file;
      needed = builtins.filter (argument: !argument) (builtins.attrValues (builtins.functionArgs imported));
      takesNothing = !(builtins.isFunction imported) || needed == [ ];
      called = if builtins.isFunction imported then imported { } else imported;
      isModule = fileName == "configuration.nix" || !takesNothing || !(called ? config) && called ? imports;
      value =
        if fileName == "hive.nix" then
          (colmena imported).${name}
        else if isModule then
          import <nixpkgs/nixos> { configuration = file; }
        else if attr == "" then
          called
        else if isHive called then
          (colmena called).${name}
        else
          find (builtins.filter builtins.isString (builtins.split "\\." attr)) called;
    in
    manifestOf {
      inherit
        root
        kind
        name
        units
        value
        ;
    };
}
