# The derivation of a check. The program itself is the builder, so that nothing else is needed: no shell, no nixpkgs.
{ wrong }:
let
  inherit (builtins)
    appendContext
    attrNames
    attrValues
    concatMap
    concatStringsSep
    filter
    hasContext
    head
    isPath
    isString
    listToAttrs
    match
    pathExists
    placeholder
    split
    storeDir
    toFile
    toJSON
    typeOf
    ;

  # The repository as a build sees it: the folder to look at, and the root around it, which differ where a flake
  # lies in a subfolder.
  sourceOf =
    src:
    if src ? outPath then
      {
        folder = "${src}";
        root = "${src.sourceInfo or src}";
      }
    else if isPath src || (isString src && !hasContext src) then
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
      wrong "`src` is the repository: a flake such as `self`, a path or a string, but not ${typeOf src}";

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
in
{
  package,
  system,
  src,
  inputs,
  manifest,
  name,
  extraArgs,
}:
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
  # It takes less than to ask a cache for it.
  allowSubstitutes = false;
}
// {
  inherit manifest;
  meta.description = "Checks that every secret that the hosts declare is in a file that they can open";
}
