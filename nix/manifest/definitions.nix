# Where an attribute of an option is written: every definition, with the place of the name and of each field.
{ facts, files }:
let
  inherit (builtins)
    concatMap
    deepSeq
    filter
    foldl'
    head
    isAttrs
    mapAttrs
    tryEval
    unsafeGetAttrPos
    ;

  # What a definition comes to once mkIf, mkMerge, mkOverride and mkOrder are taken off it, with its priority.
  said =
    priority: value:
    if !(isAttrs value && value ? _type) then
      [ { inherit priority value; } ]
    else
      {
        "if" = if value.condition then said priority value.content else [ ];
        merge = concatMap (said priority) value.contents;
        override = said value.priority value.content;
        order = said priority value.content;
      }
      .${value._type} or [ { inherit priority value; } ];

  # The definitions that count: of several priorities only the strongest, which has the lowest number.
  strongest =
    definitions:
    let
      priorities = concatMap (definition: map (part: part.priority) definition.parts) definitions;
      lowest = foldl' (a: b: if b < a then b else a) (head priorities) priorities;
      counts = part: part.priority == lowest;
    in
    filter (definition: definition.parts != [ ]) (
      map (definition: definition // { parts = filter counts definition.parts; }) definitions
    );

  # A name that a function of nixpkgs' lib generated has its place there: that is none. One that lies beside the
  # module, in another input, is.
  place =
    module: position:
    if
      position == null || !(files.isInRepository position.file || files.isBeside module position.file)
    then
      null
    else
      {
        file = files.relative position.file;
        inherit (position) line column;
      };

  written =
    name:
    { file, value, parts }:
    let
      places = set: mapAttrs (field: _: place file (unsafeGetAttrPos field set)) set;
      sets = filter isAttrs (map (part: part.value) parts);
    in
    {
      file = files.relative file;
      pos = place file (unsafeGetAttrPos name value);
      fields = foldl' (all: set: places set // all) { } sets;
    };
in
{
  # The options of home-manager users are not to be had before nixpkgs 25.11: then there are no definitions.
  of =
    option: name:
    let
      naming = filter ({ value, ... }: isAttrs value && value ? ${name}) (
        map (defined: { inherit (defined) file value; }) option.definitionsWithLocations or [ ]
      );
      counting = strongest (
        map (definition: definition // { parts = said 100 definition.value.${name}; }) naming
      );
      # A condition may throw where the secret itself is never asked for.
      evaluated = tryEval (
        deepSeq (map (definition: map (part: part.priority) definition.parts) counting) counting
      );
    in
    map (written name) (
      if evaluated.success then evaluated.value else map (definition: definition // { parts = [ ]; }) naming
    );

  # `{ at }`, where any definition has a place.
  at =
    definitions:
    let
      placed = filter (definition: definition.pos != null) definitions;
    in
    if placed == [ ] then { } else { at = (head placed).pos; };
}
