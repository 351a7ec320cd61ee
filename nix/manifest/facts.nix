# A field that does not evaluate is absent, and noted. A part of the manifest is `{ json; unknowns; }`.
let
  inherit (builtins)
    attrNames
    attrValues
    concatMap
    deepSeq
    filter
    intersectAttrs
    mapAttrs
    match
    removeAttrs
    replaceStrings
    toString
    tryEval
    unsafeDiscardStringContext
    ;
in
rec {
  nothing = {
    json = { };
    unknowns = [ ];
  };

  # `toString` copies no path to the store; a context would make a build of what is only mentioned.
  text = value: unsafeDiscardStringContext (toString value);
  texts = map text;
  nullable = value: if value == null then null else text value;
  same = value: value;

  # The conversions applied to those attributes that are there: which options there are depends on the module's
  # version, on darwin and on home-manager.
  read = conversions: set: mapAttrs (name: convert: convert set.${name}) (intersectAttrs set conversions);

  # The fields that evaluate. `about` says what an unknown is of; `refused` names fields that must not be forced,
  # as their error could not be caught (only `throw` and `assert` can), with the reason.
  part =
    about: fields: refused:
    let
      tried = mapAttrs (_: value: tryEval (deepSeq value value)) (removeAttrs fields (attrNames refused));
      failed = filter (name: !tried.${name}.success) (attrNames tried);
      unknown = why: field: about field // { inherit why; };
    in
    {
      json = mapAttrs (_: field: field.value) (removeAttrs tried failed);
      unknowns =
        map (unknown "Nix could not evaluate it") failed
        ++ attrValues (mapAttrs (field: why: unknown why field) (intersectAttrs fields refused));
    };

  # An attribute set of parts as one part.
  gather = parts: {
    json = mapAttrs (_: part: part.json) parts;
    unknowns = unknownsOf parts;
  };
  unknownsOf = parts: concatMap (part: part.unknowns) (attrValues parts);

  # A part beneath another.
  within = change: part: part // { unknowns = map change part.unknowns; };

  select = isWanted: set: removeAttrs set (filter (name: !isWanted set.${name}) (attrNames set));
  selectNames = isWanted: set: removeAttrs set (filter (name: !isWanted name) (attrNames set));

  # A name as one writes it in an attribute path.
  attribute =
    name:
    if match "[a-zA-Z_][a-zA-Z0-9_'-]*" name != null then
      name
    else
      "\"${replaceStrings [ "\\" "\"" ] [ "\\\\" "\\\"" ] name}\"";
}
