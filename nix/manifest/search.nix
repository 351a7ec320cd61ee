# Texts in texts, by replaceStrings: a regular expression over a long script may exhaust Nix's stack.
let
  inherit (builtins)
    filter
    genList
    replaceStrings
    stringLength
    substring
    ;

  # What may stand next to a path's end and be part of another path.
  letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./";
  characters = genList (at: substring at 1 letters) (stringLength letters);

  containsAny = parts: text: replaceStrings parts (map (_: "") parts) text != text;
  contains = part: text: part != "" && containsAny [ part ] text;

  # Whether a path stands in a text as a whole: not `/run/secrets/a` in `/run/secrets/ab` or `/mnt/run/secrets/a`.
  containsPath =
    path: text:
    let
      longer =
        map (before: before + path) characters ++ map (after: path + after) (characters ++ [ "-" ]);
    in
    contains path (replaceStrings longer (map (_: " ") longer) text);
in
{
  inherit contains;

  # Those of a list of `{ path, … }` whose path stands in a text. Most texts hold none, which one look tells.
  pathsIn =
    things:
    let
      paths = map (thing: thing.path) things;
    in
    text: if containsAny paths text then filter (thing: containsPath thing.path text) things else [ ];
}
