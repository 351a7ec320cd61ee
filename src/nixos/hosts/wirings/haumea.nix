# The lib of nix-community/haumea, as its manual documents it: a folder of files becomes a set, and
# each file may be a function of what else the folder holds.
{ lib, ... }:
let
  inherit (builtins)
    head
    match
    readDir
    tail
    ;
  inherit (lib) getAttrFromPath hasPrefix hasSuffix removePrefix;

  load =
    {
      src,
      loader ? loaders.default,
      inputs ? { },
      transformer ? [ ],
    }:
    let
      given = if builtins.isFunction loader then [ (matchers.nix loader) ] else loader;

      # What lies in a folder, hidden or not. `position` is its place below `src`.
      entries =
        folder: position:
        lib.zipAttrsWith (
          _: same: if tail same == [ ] then head same else throw "two files of one name"
        ) (lib.mapAttrsToList (entry folder position) (readDir folder));

      entry =
        folder: position: file: kind:
        let
          bare = removePrefix "_" (removePrefix "_" file);
          within = position ++ [ name ];
          name = if kind == "directory" then bare else withoutExtension bare;
          matching = builtins.filter (matcher: matcher.matches bare) given;
          # The fewer can see a file, the more underscores its name begins with: `_` keeps it to the
          # tree, `__` to its folder and what is below that.
          seenFrom =
            if hasPrefix "__" file then
              isBelow position
            else if hasPrefix "_" file then
              viewer: viewer != null
            else
              _: true;
          self = (head matching).loader (
            inputs
            // {
              inherit self;
              root = view position [ ] tree;
              super = getAttrFromPath position (view position [ ] tree);
            }
          ) (folder + "/${file}");
        in
        if bare == "" then
          { }
        else if kind == "directory" then
          {
            ${name} = {
              inherit seenFrom;
              entries = entries (folder + "/${file}") within;
            };
          }
        else if kind == "regular" && matching != [ ] then
          {
            ${name} = {
              inherit seenFrom;
              content = self;
            };
          }
        else
          { };

      tree.entries = entries src [ ];

      # What the folder or file `node` at `position` is for who looks from the folder `viewer`; null
      # looks from outside.
      view =
        viewer: position: node:
        if node ? entries then
          transform position (
            builtins.mapAttrs (name: view viewer (position ++ [ name ])) (
              lib.filterAttrs (_: child: child.seenFrom viewer) node.entries
            )
          )
        else
          node.content;

      transform =
        position: set: builtins.foldl' (set: change: change position set) set (lib.flatten transformer);
    in
    view null [ ] tree;

  isBelow =
    position: viewer: viewer != null && lib.take (builtins.length position) viewer == position;

  withoutExtension =
    file:
    let
      parts = match "(.+)\\.[^.]+" file;
    in
    if parts == null then file else head parts;

  # A file's function gets what its pattern names, defaults or not.
  calledWith =
    inputs: value:
    if lib.isFunction value then
      value (builtins.mapAttrs (name: _: inputs.${name}) (lib.functionArgs value))
    else
      value;

  loaders = {
    callPackage = inputs: file: lib.callPackageWith inputs file { };
    default = inputs: file: calledWith inputs (import file);
    path = _: file: file;
    scoped = inputs: file: calledWith inputs (builtins.scopedImport inputs file);
    verbatim = _: import;
  };

  matchers = rec {
    always = loader: {
      matches = _: true;
      inherit loader;
    };
    extension = name: loader: {
      matches = file: hasSuffix ".${name}" file && file != ".${name}";
      inherit loader;
    };
    json = extension "json" (_: lib.importJSON);
    nix = extension "nix";
    regex = pattern: loader: {
      matches = file: match pattern file != null;
      loader = inputs: file: loader (match pattern (baseNameOf file)) inputs file;
    };
    toml = extension "toml" (_: lib.importTOML);
  };

  # What the files of a folder have under `from` moves up to the folder, and is `to` at the root.
  # `combine` gets the name it has there and what each file adds to it.
  hoist =
    combine: from: to: position: folder:
    let
      target = if position == [ ] then to else from;
      hasIt = value: value ? ${from};
      added =
        name: value: lib.optional (hasIt value || name == target) { ${name} = value.${from} or value; };
    in
    builtins.mapAttrs (_: value: if hasIt value then removeAttrs value [ from ] else value) folder
    // lib.optionalAttrs (lib.any hasIt (builtins.attrValues folder)) {
      ${target} = combine target (lib.concatLists (lib.mapAttrsToList added folder));
    };

  transformers = {
    hoistAttrs = hoist (
      target: lib.foldl' (all: added: lib.recursiveUpdate all (added.${target} or added)) { }
    );
    hoistLists = hoist (_: lib.concatMap (added: head (builtins.attrValues added)));
    liftDefault =
      _: folder:
      lib.attrsets.unionOfDisjoint (removeAttrs folder [ "default" ]) (folder.default or { });
    prependUnderscore =
      _:
      lib.mapAttrs' (
        name: value: {
          name = if match "[A-Za-z_].*" name == null then "_${name}" else name;
          inherit value;
        }
      );
  };
in
{
  lib = {
    inherit
      load
      loaders
      matchers
      transformers
      ;
  };
}
