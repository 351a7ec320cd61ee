# pdtpartners/globset, as its README documents it: file sets by patterns.
{ lib, ... }:
let
  inherit (lib) fileset removePrefix;

  # Between slashes `**` is any folders, elsewhere a star is anything but a slash.
  expression =
    pattern:
    let
      segments = lib.splitString "/" pattern;
      last = builtins.length segments - 1;
      segment =
        index: text:
        if text != "**" then
          literal text + lib.optionalString (index != last) "/"
        else if index != last then
          "([^/]*/)*"
        else
          ".*";
    in
    lib.concatStrings (lib.imap0 segment segments);

  # A backslash takes its meaning from what follows it.
  literal =
    text:
    let
      piece = part: if builtins.isList part then special (builtins.head part) else lib.escapeRegex part;
      special = part: if lib.hasPrefix "\\" part then lib.escapeRegex (removePrefix "\\" part) else "[^/]*";
    in
    lib.concatMapStrings piece (builtins.split "(\\\\.|\\*+)" text);

  # The expression is made once a pattern, not once a file.
  match =
    pattern:
    let
      whole = expression pattern;
    in
    name: builtins.match whole name != null;

  globs =
    root: patterns:
    let
      apply =
        chosen: pattern:
        if lib.hasPrefix "!" pattern then
          (builtins.partition (matches (removePrefix "!" pattern)) chosen).wrong
        else
          chosen ++ builtins.filter (matches pattern) files;
      matches =
        pattern:
        let
          fits = match (removePrefix "/" pattern);
        in
        file: fits file.name;
      files = map (path: {
        inherit path;
        name = removePrefix "./" (lib.path.removePrefix root path);
      }) (lib.filesystem.listFilesRecursive root);
    in
    fileset.unions (map (file: file.path) (builtins.foldl' apply [ ] patterns));
in
{
  lib = {
    inherit globs match;
    glob = root: pattern: globs root [ pattern ];
  };
}
