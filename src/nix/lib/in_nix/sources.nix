# lib.sources: names of what is fetched, and which files are not worth copying.
lib:
let
  repositories = [
    ".svn"
    "CVS"
    ".hg"
    ".jj"
    ".pijul"
    "_darcs"
  ];

  archives = "t?(bz|bz2|gz|xz)|git|lzma|tar|zip|zstd";

  withoutEndings =
    name:
    let
      rest = builtins.match "(.*)\\.(${archives})" name;
    in
    if rest == null then name else withoutEndings (lib.head rest);

  named = parts: lib.concatStringsSep "-" (lib.remove null parts);
in
rec {
  inherit (lib.filesystem) pathIsDirectory pathIsRegularFile pathType;

  cleanSourceFilter =
    path: type:
    let
      name = baseNameOf path;
      is = pattern: builtins.match pattern name != null;
      left = {
        directory = lib.elem name repositories;
        symlink = lib.hasPrefix "result" name;
        unknown = true;
      };
    in
    !(left.${type} or false || name == ".git" || is ".*~" || is "(\\..*)?\\.sw[a-z]" || is ".*\\.s?o");

  urlToName =
    url:
    let
      place = lib.last (lib.splitString ":" (toString url));
    in
    withoutEndings (baseNameOf (lib.removeSuffix "/" place));

  shortRev =
    revision:
    let
      name = baseNameOf (toString revision);
      version = builtins.match "([A-Za-z]+[-_. ]?)*([0-9.]+.*)" name;
    in
    if builtins.match "[0-9a-f]+" name != null then
      lib.substring 0 7 name
    else if version != null then
      lib.last version
    else
      name;

  revOrTag = revision: tag: lib.findFirst (given: given != null) "HEAD" [ tag revision ];

  repoRevToName =
    kind:
    let
      name =
        repository: revision: fetcher:
        named [ (urlToName repository) (lib.mapNullable shortRev revision) fetcher "source" ];
      kinds = {
        source = _: _: _: "source";
        versioned = repository: revision: _: name repository revision null;
        full = name;
      };
    in
    kinds.${kind} or (throw "a source is named in one of three ways: source, versioned, full");
}
