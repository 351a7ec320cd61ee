# vic/import-tree, as its documentation describes it: called with folders it is a module that imports
# every Nix file below them but those with a `_` before a name. Each method gives it anew with one
# setting changed.
{ lib, ... }:
let
  is = kind: value: builtins.isAttrs value && value ? ${kind};
  isPathLike = value: builtins.isPath value || builtins.isString value || is "outPath" value;
  isFolder = value: isPathLike value && builtins.readFileType value == "directory";
  both = first: second: value: first value && second value;
  not = predicate: value: !predicate value;

  isModuleFile = path: lib.hasSuffix ".nix" path && !lib.hasInfix "/_" path;

  # What a path, a folder, another tree or a module stands for.
  leavesOf =
    value:
    if is "files" value then
      value.files
    else if is "outPath" value then
      leavesOf value.outPath
    else if isFolder value then
      lib.filesystem.listFilesRecursive value
    else
      [ value ];

  filesBelow =
    settings: folders:
    let
      given = lib.flatten [
        settings.paths
        folders
      ];
      roots = map toString (builtins.filter isFolder given);
      # Filters see a path from the folder that it was found in.
      relative =
        path:
        let
          text = toString path;
          root = lib.findFirst (root: lib.hasPrefix root text) "" roots;
        in
        lib.removePrefix root text;
      keep =
        leaf:
        if isPathLike leaf then
          both settings.first settings.filter (relative leaf)
        else
          (settings.first == isModuleFile || settings.first leaf) && settings.filter leaf;
    in
    map settings.map (builtins.filter keep (lib.concatMap leavesOf given));

  tree =
    settings:
    let
      this = self // builtins.mapAttrs (_: method: method this) settings.api;
      change = new: tree (settings // new);
      withFilter = filter: change { filter = both settings.filter filter; };
      matches = pattern: path: builtins.match pattern path != null;
      self = {
        __functor =
          _: given:
          let
            files = filesBelow settings (if is "options" given then [ ] else given);
          in
          if settings.pipe == null then { imports = files; } else settings.pipe files;
        addAPI = api: change { api = settings.api // api; };
        addPath = path: change { paths = settings.paths ++ [ path ]; };
        files = filesBelow settings [ ];
        filter = withFilter;
        filterNot = filter: withFilter (not filter);
        initFilter = first: change { inherit first; };
        leafs = change { pipe = files: files; };
        map = function: change { map = leaf: function (settings.map leaf); };
        match = pattern: withFilter (matches pattern);
        matchNot = pattern: withFilter (not (matches pattern));
        new = tree initial;
        pipeTo = pipe: change { inherit pipe; };
        result = self.__functor self [ ];
        withLib = _: this;
      };
    in
    this;

  initial = {
    api = { };
    filter = _: true;
    first = isModuleFile;
    map = leaf: leaf;
    paths = [ ];
    pipe = null;
  };
in
tree initial
