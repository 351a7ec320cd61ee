# Where an attribute of an option is written: every definition, with the place of the name and of each field.
{ facts, files }:
let
  inherit (builtins)
    concatMap
    filter
    foldl'
    head
    isAttrs
    mapAttrs
    tryEval
    unsafeGetAttrPos
    ;

  # What is left of a definition once mkIf, mkMerge, mkOverride and mkOrder are taken off it.
  said =
    value:
    if !isAttrs value then
      [ ]
    else if !(value ? _type) then
      [ value ]
    else
      {
        "if" = if value.condition then said value.content else [ ];
        merge = concatMap said value.contents;
        override = said value.content;
        order = said value.content;
      }
      .${value._type} or [ ];

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

  definition =
    name: { file, value }:
    let
      places = set: mapAttrs (field: _: place file (unsafeGetAttrPos field set)) set;
      fields = tryEval (foldl' (all: set: places set // all) { } (said value.${name}));
    in
    {
      file = files.relative file;
      pos = place file (unsafeGetAttrPos name value);
      fields = if fields.success then fields.value else { };
    };
in
{
  # The options of home-manager users are not to be had before nixpkgs 25.11: then there are no definitions.
  of =
    option: name:
    map (definition name) (
      filter ({ value, ... }: isAttrs value && value ? ${name}) (
        map (defined: { inherit (defined) file value; }) option.definitionsWithLocations or [ ]
      )
    );

  # `{ at }`, where any definition has a place.
  at =
    definitions:
    let
      placed = filter (definition: definition.pos != null) definitions;
    in
    if placed == [ ] then { } else { at = (head placed).pos; };
}
