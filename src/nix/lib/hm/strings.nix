# lib.hm.strings
lib:
let
  is = pattern: text: builtins.match pattern text != null;

  toCaseWithSeparator =
    separator: text:
    let
      small = map (letter: separator + lib.toLower letter) lib.upperChars;
    in
    lib.removePrefix separator (builtins.replaceStrings lib.upperChars small text);
in
{
  inherit toCaseWithSeparator;
  toKebabCase = toCaseWithSeparator "-";
  toSnakeCase = toCaseWithSeparator "_";

  isCamelCase = is "[a-z]+([A-Z][a-z0-9]*)+";
  isPascalCase = is "([A-Z][a-z0-9]*)+";
  isSnakeCase = is "[a-z0-9]+(_[a-z0-9]+)*";
  isKebabCase = is "[a-z0-9]+(-[a-z0-9]+)*";
  isScreamingSnakeCase = is "[A-Z0-9]+(_[A-Z0-9]+)*";

  isPathLike =
    value:
    builtins.isPath value
    || builtins.isString value && lib.hasPrefix "${builtins.storeDir}/" value
    || lib.isDerivation value;

  # A name for the store: what is left of a path without the characters that may not be safe there.
  storeFileName =
    path: "hm_" + lib.concatStrings (lib.filter lib.isString (builtins.split "[^a-zA-Z0-9+._?=]" path));
}
