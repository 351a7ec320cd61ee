# lib.hm.generators: text of settings in the formats of programs, and settings in an order of their own.
lib:
let
  inherit (lib) concatStringsSep elem mapAttrsToList;
  inherit (lib.hm) dag;

  kind = builtins.typeOf;
  lines = concatStringsSep "\n";
  indented = texts: lib.concatMapStringsSep "\n" (line: "\t" + line) (lib.splitString "\n" (lines texts));
  block = texts: "{\n${indented texts}\n}";
  escaped = pairs: builtins.replaceStrings (lib.attrNames pairs) (lib.attrValues pairs);

  # A value that is no set or list, where the format has its kind.
  literal =
    kinds: string: value:
    let
      known = {
        string = string value;
        bool = lib.boolToString value;
        null = "null";
      };
    in
    if elem (kind value) kinds then
      known.${kind value} or (toString value)
    else
      throw "the format has no literal for ${kind value}";
  numbers = [ "int" "float" "string" "bool" ];

  toHyprconf =
    {
      attrs,
      indentLevel ? 0,
      importantPrefixes ? [ "$" ],
    }:
    let
      isFirst = name: _: lib.any (prefix: lib.hasPrefix prefix name) importantPrefixes;
      isSection = _: value: elem (kind value) [ "set" "list" ];

      write =
        indent: settings:
        let
          fields = lib.generators.toKeyValue {
            inherit indent;
            listsAsDuplicateKeys = true;
          };
          section =
            name: value:
            if lib.isList value then
              lib.concatMapStringsSep (if lib.all lib.isAttrs value then "\n" else "") (section name) value
            else if lib.isAttrs value then
              "${indent}${name} {\n${write ("  " + indent) value}${indent}}\n"
            else
              fields { ${name} = value; };
          first = lib.filterAttrs isFirst settings;
          rest = removeAttrs settings (lib.attrNames first);
          sections = lib.filterAttrs isSection rest;
        in
        fields first + lines (mapAttrsToList section sections) + fields (removeAttrs rest (lib.attrNames sections));
    in
    write (lib.strings.replicate indentLevel "  ") attrs;

  toKDL =
    {
      escapeBackslashes ? false,
      escapeTabs ? false,
    }:
    let
      escapes = {
        "\n" = "\\n";
        "\"" = "\\\"";
      }
      // lib.optionalAttrs escapeBackslashes { "\\" = "\\\\"; }
      // lib.optionalAttrs escapeTabs { "\t" = "\\t"; };
      write = literal (numbers ++ [ "null" ]) (text: ''"${escaped escapes text}"'');
      isNested = value: elem (kind value) [ "set" "list" ];

      # What a node holds beside its name.
      parts = [ "_args" "_children" "_props" ];
      ofSet =
        set:
        let
          children = lib.concatMap nodes (set._children or [ ]) ++ nodes (removeAttrs set parts);
        in
        map write (set._args or [ ])
        ++ mapAttrsToList (name: value: "${name}=${write value}") (set._props or { })
        ++ lib.optional (children != [ ]) (block children);
      ofList = list: if lib.any isNested list then block (map (node "-") list) else concatStringsSep " " (map write list);

      node =
        name: value:
        if kind value == "set" then
          concatStringsSep " " ([ name ] ++ ofSet value)
        else if kind value == "list" && name == "_children" then
          lines (map (child: lines (nodes child)) value)
        else
          name + " " + (if kind value == "list" then ofList value else write value);
      nodes = mapAttrsToList node;
    in
    document: lines (nodes document) + "\n";

  toSCFG =
    _:
    let
      escapes = {
        "\"" = "\\\"";
        "\\" = "\\\\";
        "\r" = "\\r";
        "\n" = "\\n";
        "\t" = "\\t";
      };
      isPlain = text: text != "" && builtins.match "[^\"\\\r\n\t '{}]+" text != null;
      write = literal numbers (text: if isPlain text then text else ''"${escaped escapes text}"'');

      # A directive of which only nulls are said is none.
      isEmpty =
        directive:
        (directive ? params || directive ? children)
        && (directive.params or [ null ]) == [ null ]
        && (directive.children or [ ]) == [ ];
      line =
        directive:
        let
          given = part: (directive.${part} or null) != null;
        in
        write directive.name
        + lib.optionalString (given "params") (" " + concatStringsSep " " (map write directive.params))
        + lib.optionalString (given "children") (" " + block (directives directive.children));
      directives = list: map line (lib.filter (directive: !isEmpty directive) list);
    in
    list: if list == [ ] then "" else lines (directives list) + "\n";

  # Sets whose attributes may be entries of an order (lib.hm.dag).
  isDAGEntryWithOrdering = value: dag.isEntry value && value.before ++ value.after != [ ];
  hasDAGEntryWithOrdering = set: lib.any isDAGEntryWithOrdering (lib.attrValues set);
  ordered =
    { cycleErrorMessage ? "Dependency cycle in DAG entries" }:
    isEntry: set:
    let
      entry = _: value: if isEntry value then value else dag.entryAnywhere value;
      sorted = dag.topoSort (lib.mapAttrs entry set);
      pair = { name, data }: lib.nameValuePair name data;
    in
    map pair (sorted.result or (abort cycleErrorMessage));

  sortDAGEntries = settings: ordered settings dag.isEntry;
  toDAGOrderedAttrs =
    settings: set: if hasDAGEntryWithOrdering set then ordered settings isDAGEntryWithOrdering set else lib.attrsToList set;

  toDAGOrderedText =
    {
      renderAttrs,
      renderList,
      renderValue,
      ...
    }@settings:
    let
      order = toDAGOrderedAttrs (lib.intersectAttrs { cycleErrorMessage = null; } settings);
      render =
        value:
        if lib.isList value then
          renderList (map render value)
        else if lib.isAttrs value && !lib.isDerivation value then
          renderAttrs (map (pair: pair // { value = render pair.value; }) (order value))
        else
          renderValue value;
    in
    render;

  keyValue =
    order:
    {
      indent ? "",
      listToValue ? null,
      listsAsDuplicateKeys ? false,
      mkKeyValue ? lib.generators.mkKeyValueDefault { } "=",
      ...
    }:
    set:
    let
      values =
        value:
        if !lib.isList value || !listsAsDuplicateKeys && listToValue == null then
          [ value ]
        else if listsAsDuplicateKeys then
          value
        else
          [ (listToValue value) ];
      written = { name, value }: lib.concatMapStrings (one: indent + mkKeyValue name one + "\n") (values value);
    in
    assert !listsAsDuplicateKeys || listToValue == null;
    lib.concatMapStrings written (order set);

  orderOf = settings: message: toDAGOrderedAttrs { cycleErrorMessage = settings.cycleErrorMessage or message; };
  toDAGOrderedKeyValue = settings: keyValue (orderOf settings "Dependency cycle in DAG entries") settings;
  toDAGOrderedINI =
    settings:
    let
      order = orderOf settings "Dependency cycle in INI sections";
      title = settings.mkSectionName or (lib.escape [ "[" "]" ]);
      section = { name, value }: "[${title name}]\n" + keyValue order (removeAttrs settings [ "indent" ]) value;
    in
    sections: lines (map section (order sections));

  # Formats of pkgs.formats that write entries in their order.
  mkDAGOrderedFormat =
    {
      pkgs,
      format,
      generator,
      nativeBuildInputs ? [ ],
      buildCommand ? "cp \"$valuePath\" \"$out\"\n",
      cycleErrorMessage ? null,
    }:
    let
      message = name: if cycleErrorMessage == null then "Dependency cycle in ${name}" else cycleErrorMessage;
      text = name: generator { cycleErrorMessage = message name; };
      build = name: value: { inherit nativeBuildInputs; value = text name value; passAsFile = [ "value" ]; };
    in
    format // { generate = name: value: pkgs.runCommandLocal name (build name value) buildCommand; };

  # `convert`: the program that makes the format of JSON, of which package.
  ofJSON =
    name: package: buildCommand:
    { pkgs, cycleErrorMessage ? null, ... }@settings:
    mkDAGOrderedFormat {
      inherit pkgs cycleErrorMessage buildCommand;
      format = settings."${name}Format" or (pkgs.formats.${name} { });
      nativeBuildInputs = [ pkgs.buildPackages.${package} ];
      generator = message: toDAGOrderedText (message // {
        renderValue = builtins.toJSON;
        renderList = values: "[" + concatStringsSep "," values + "]";
        renderAttrs = pairs: "{" + lib.concatMapStringsSep "," (pair: builtins.toJSON pair.name + ":" + pair.value) pairs + "}";
      });
    };

  ofText =
    name: write: formats:
    { pkgs, cycleErrorMessage ? null, ... }@settings:
    mkDAGOrderedFormat {
      inherit pkgs cycleErrorMessage;
      format = settings."${name}Format" or (pkgs.formats.${name} (lib.genAttrs formats (option: settings.${option} or null)));
      generator = message: write (settings // message);
    };
in
{
  inherit
    hasDAGEntryWithOrdering
    isDAGEntryWithOrdering
    mkDAGOrderedFormat
    sortDAGEntries
    toDAGOrderedAttrs
    toDAGOrderedINI
    toDAGOrderedKeyValue
    toDAGOrderedText
    toHyprconf
    toKDL
    toSCFG
    ;
  mkDAGOrderedJsonFormat = ofJSON "json" "jq" "jq . \"$valuePath\" > \"$out\"\n";
  mkDAGOrderedTomlFormat = ofJSON "toml" "remarshal" "json2toml \"$valuePath\" \"$out\"\n";
  mkDAGOrderedYamlFormat = ofJSON "yaml" "remarshal" "json2yaml \"$valuePath\" \"$out\"\n";
  mkDAGOrderedKeyValueFormat = ofText "keyValue" toDAGOrderedKeyValue [ "listsAsDuplicateKeys" "listToValue" ];
  mkDAGOrderedIniFormat = ofText "ini" toDAGOrderedINI [ "atomsCoercedToLists" "listsAsDuplicateKeys" "listToValue" ];
}
