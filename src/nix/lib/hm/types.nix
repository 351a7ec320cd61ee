# lib.hm.types: types of options.
lib:
let
  inherit (lib) mkOption mkOptionType types;
  inherit (lib.hm) gvariant;

  values = lib.catAttrs "value";
  optional = type: mkOption { type = types.nullOr type; default = null; };

  # A value that may be an entry of an order; what is none may stand anywhere.
  dagEntryOf =
    type:
    let
      names = mkOption { type = types.listOf types.str; };
      entry = types.submodule (
        { name, ... }:
        {
          options = {
            data = mkOption { inherit type; };
            before = names;
            after = names;
          };
          config = lib.mkIf (type.name == "submodule") { data._module.args.dagName = name; };
        }
      );
      ordered = definition: if definition ? priority then lib.mkOrder definition.priority else lib.id;
      asEntry =
        { file, value, ... }@definition:
        {
          inherit file;
          value = if lib.hm.dag.isEntry value then value else lib.hm.dag.entryAnywhere (ordered definition value);
        };
    in
    mkOptionType {
      name = "dagEntryOf";
      description = "DAG entry of " + type.description;
      merge = place: definitions: entry.merge place (map asEntry definitions);
    };

  dagOf =
    type:
    let
      entries = types.attrsOf (dagEntryOf type);
    in
    mkOptionType {
      inherit (entries) check emptyValue merge;
      inherit (type) getSubModules;
      name = "dagOf";
      description = "DAG of " + type.description;
      getSubOptions = place: type.getSubOptions (place ++ [ "<name>" ]);
      substSubModules = modules: dagOf (type.substSubModules modules);
      functor = lib.defaultFunctor "dagOf" // { wrapped = type; };
      nestedTypes.elemType = type;
    };

  gvariantType = mkOptionType {
    name = "gvariant";
    description = "GVariant value";
    check = value: gvariant.mkValue value != null;
    merge =
      place: definitions:
      let
        made = map (definition: definition // { value = gvariant.mkValue definition.value; }) definitions;
        kinds = lib.unique (map (definition: definition.value.type) made);
        kind = lib.head kinds;
        inner = map (definition: definition // { inherit (definition.value) value; }) made;
        single = lib.any (is: is kind) [ gvariant.isTuple gvariant.isMaybe gvariant.isDictionaryEntry ];
      in
      if lib.length kinds > 1 then
        throw "the definitions have several types of GVariant"
      else if gvariant.isArray kind then
        gvariant.mkValue ((types.listOf gvariantType).merge place inner) // { type = kind; }
      else if single || kind == "v" then
        lib.mergeOneOption place definitions
      else if kind == "s" then
        types.str.merge place definitions
      else if kind == "d" then
        types.float.merge place definitions
      else
        lib.mergeDefaultOption place definitions;
  };

  nushellValue =
    let
      of = kind: type: type // { description = "${kind} of Nushell values"; descriptionClass = "name"; };
      inline = mkOptionType {
        check = lib.hm.nushell.isNushellInline;
        descriptionClass = "name";
        description = "Nushell inline value";
        name = "nushell";
      };
      plain = with types; [ bool int float str path ];
      nested = [ (of "attribute set" (types.attrsOf nushellValue)) (of "list" (types.listOf nushellValue)) ];
    in
    types.nullOr (types.oneOf ([ inline ] ++ plain ++ nested));

  sourceFile =
    folder: name:
    types.submodule (
      { config, ... }:
      {
        options = {
          source = optional types.path;
          text = mkOption { type = types.lines; default = ""; };
          recursive = lib.mkEnableOption "links to each file of a folder";
          target = mkOption { type = types.singleLineStr; internal = true; readOnly = true; };
        };
        config.target =
          if config.source != null && lib.pathIsDirectory config.source then folder else "${folder}/${name}";
      }
    );
in
{
  inherit dagOf nushellValue sourceFile;
  gvariant = gvariantType;
  SCFGDirectives = types.anything;

  selectorFunction = mkOptionType {
    check = lib.isFunction;
    name = "selectorFunction";
    description = "Function that takes an attribute set and returns a list containing a selection of the values of the input set";
    merge = _: definitions: set: lib.concatMap (select: select set) (values definitions);
  };

  overlayFunction = mkOptionType {
    check = lib.isFunction;
    name = "overlayFunction";
    description = "An overlay function, takes self and super and returns an attribute set overriding the desired attributes.";
    merge = _: definitions: final: previous: lib.mergeAttrsList (map (overlay: overlay final previous) (values definitions));
  };

  fontType = types.submodule {
    options = {
      name = mkOption { type = types.str; };
      package = optional types.package;
      size = optional types.number;
    };
  };

  # A file, or the text of one.
  sourceFileOrLines =
    folder: name:
    let
      file = sourceFile folder name;
      asFile =
        definition:
        if types.lines.check definition.value then
          { inherit (definition) file; value = { text = definition.value; source = null; recursive = false; }; }
        else
          definition;
    in
    types.either types.lines file // { merge = place: definitions: file.merge place (map asFile definitions); };
}
