# lib.types: what types are merged by, and attributes whose order counts.
lib:
let
  inherit (lib) types;

  # A definition without the order and the override around it, in whichever order they stand.
  unwrapped =
    item:
    let
      kind = item.value._type or "";
      around = {
        order = { order = item.value.priority; };
        override = { override = item.value.priority; };
      };
      inner = unwrapped (item // { value = item.value.content; });
    in
    if around ? ${kind} then inner // around.${kind} else item;

  # The attributes of a definition: of a set, or of a list of sets of one.
  items =
    { file, value, ... }:
    let
      item = name: value: unwrapped { inherit file name value; order = 1000; override = 100; };
      single =
        given:
        let
          isOrdered = lib.isType "order" given;
          set = if isOrdered then given.content else given;
          found = lib.mapAttrsToList item set;
        in
        if !lib.isAttrs set || lib.length found != 1 then
          throw "an item of an attribute list is a set of one attribute"
        else
          lib.head found // lib.optionalAttrs isOrdered { order = given.priority; };
    in
    if lib.isList value then map single value else lib.mapAttrsToList item value;
in
rec {
  attrListOf = elemType: attrListWith { inherit elemType; };

  attrListWith =
    {
      elemType,
      asAttrs ? false,
      mergeAttrValues ? (_: lib.id),
    }@given:
    let
      isPlain = class: lib.elem class [ "composite" "noun" ];
      merge =
        place: definitions:
        let
          all = lib.concatMap items definitions;
          strongest = name: lib.foldl' (least: item: if item.name == name then lib.min least item.override else least) 100 all;
          counted = lib.filter (item: item.override == strongest item.name) all;
          made = item: {
            inherit (item) name;
            merged = lib.modules.mergeDefinitions (place ++ [ item.name ]) elemType [ { inherit (item) file value; } ];
          };
          ordered = map made (lib.sort (one: other: one.order < other.order) counted);
          defined = lib.filter ({ merged, ... }: merged.optionalValue ? value) ordered;
          list = map ({ name, merged }: { ${name} = merged.optionalValue.value; }) defined;
        in
        if asAttrs then lib.zipAttrsWith mergeAttrValues list else list;
    in
    lib.mkOptionType {
      inherit merge;
      inherit (elemType) getSubModules;
      name = "attrListOf";
      description = "attribute list of " + types.optionDescriptionPhrase isPlain elemType;
      descriptionClass = "composite";
      check = value: lib.isAttrs value || lib.isList value;
      emptyValue.value = if asAttrs then { } else [ ];
      getSubOptions = place: elemType.getSubOptions (place ++ [ "*" ]);
      substSubModules = modules: attrListWith (given // { elemType = elemType.substSubModules modules; });
      nestedTypes.elemType = elemType;
    }
    // { typeMerge = _: null; };

  # How a type merges with another of its name; types have their own where this does not do.
  defaultFunctor = name: {
    inherit name;
    payload = null;
    type = types.${name} or null;
    binOp = _: _: null;
  };

  defaultTypeMerge =
    one: other:
    let
      both = one.binOp one.payload other.payload;
      plain = one.payload == null;
    in
    if one.name != other.name then
      null
    else if plain != (other.payload == null) then
      throw "one of two types of a name has a payload"
    else if plain then
      one.type
    else
      lib.mapNullable one.type both;

  # A module for what is evaluated to document its options alone.
  noCheckForDocsModule = {
    _file = "<built-in module that disables checks for the purpose of documentation generation>";
    config._module.check = lib.mkForce false;
  };
}
