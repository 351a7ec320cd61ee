# lib.modules: what becomes of the definitions of one option, and of what they are wrapped in.
lib:
let
  inherit (lib)
    concatMap
    head
    isAttrs
    length
    showOption
    ;
  inherit (lib.modules) defaultOrderPriority defaultOverridePriority;

  # The kind of wrapper that a value is.
  wrapper = value: value._type or "";

  # The content of a wrapper that is looked into here; the value itself for anything else.
  unwrapped = kind: value: if wrapper value == kind then value.content else value;

  priorityOf =
    kind: default: value:
    if wrapper value == kind then value.priority else default;
in
rec {
  # What counts of a definition: `mkMerge` and `mkIf` taken off.
  dischargeProperties =
    definition:
    {
      merge = concatMap dischargeProperties definition.contents;
      "if" =
        if !builtins.isBool definition.condition then
          throw "the condition of an mkIf is no Boolean"
        else
          lib.optionals definition.condition (dischargeProperties definition.content);
    }
    .${wrapper definition} or [ definition ];

  # The sets that a definition of a set stands for, with its wrappers around each attribute.
  pushDownProperties =
    config:
    let
      around = wrap: map (set: if isAttrs set then builtins.mapAttrs (_: wrap) set else set);
      below = pushDownProperties config.content;
    in
    {
      merge = concatMap pushDownProperties config.contents;
      "if" = around (lib.mkIf config.condition) below;
      override = around (lib.mkOverride config.priority) below;
    }
    .${wrapper config} or [ config ];

  # The definitions of the strongest priority.
  filterOverrides = definitions: (filterOverrides' definitions).values;
  filterOverrides' =
    definitions:
    let
      priority = definition: priorityOf "override" defaultOverridePriority definition.value;
      # Of one definition it counts, weaker than any that may be there or not.
      weakest = if length definitions == 1 then priority (head definitions) else 9999;
      highestPrio = lib.foldl' lib.min weakest (map priority definitions);
      strongest = lib.filter (definition: priority definition == highestPrio) definitions;
      bare = definition: definition // { value = unwrapped "override" definition.value; };
    in
    {
      inherit highestPrio;
      values = map (definition: if wrapper definition.value == "override" then bare definition else definition) strongest;
    };

  sortProperties =
    let
      bare =
        definition:
        if wrapper definition.value == "order" then
          definition // { inherit (definition.value) priority; value = definition.value.content; }
        else
          definition;
      order = definition: definition.priority or defaultOrderPriority;
    in
    definitions: lib.sort (a: b: order a < order b) (map bare definitions);

  mapDefinitionValue =
    function:
    let
      mapped =
        definition:
        let
          inside = definition // { content = mapped definition.content; };
        in
        {
          merge = definition // { contents = map mapped definition.contents; };
          "if" = inside;
          override = inside;
          order = inside;
          definition = definition // { value = mapped definition.value; };
        }
        .${definition._type or ""} or (function definition);
    in
    mapped;

  # What definitions come to as a value of a type.
  mergeDefinitions =
    location: type: definitions:
    let
      located =
        definition: value:
        if wrapper value == "definition" then
          value
        else
          {
            inherit (definition) file;
            inherit value;
          };
      counting = concatMap (
        definition: map (located definition) (dischargeProperties definition.value)
      ) definitions;
      strongest = filterOverrides' counting;
      ordered = lib.any (definition: wrapper definition.value == "order") strongest.values;
      wrong = lib.filter (definition: !type.check definition.value) defsFinal;
      option = "the option ${showOption location}";
      defsFinal' = strongest // {
        values = if ordered then sortProperties strongest.values else strongest.values;
      };
      defsFinal = defsFinal'.values;
      isDefined = defsFinal != [ ];
      mergedValue =
        if !isDefined then
          type.emptyValue.value or (throw "${option} is used but not defined")
        else if wrong != [ ] then
          throw "${option} has a definition that is not of the type ${type.description}:${lib.options.showDefs wrong}"
        else
          type.merge location defsFinal;
    in
    {
      inherit
        defsFinal
        defsFinal'
        isDefined
        mergedValue
        ;
      checkedAndMerged = {
        headError = null;
        value = mergedValue;
        valueMeta = { };
      };
      optionalValue = lib.optionalAttrs isDefined { value = mergedValue; };
    };

  # An option with its value and what is known of its definitions.
  evalOptionValue =
    location: option: definitions:
    let
      byDefault = {
        file = head option.declarations;
        value = lib.mkOptionDefault option.default;
      };
      all = lib.optional (option ? default) byDefault ++ definitions;
      merged =
        if option.readOnly or false && length all > 1 then
          throw "the option ${showOption location} is read-only and set several times"
        else
          mergeDefinitions location option.type all;
    in
    option
    // {
      value = (option.apply or lib.id) merged.mergedValue;
      inherit (merged.defsFinal') highestPrio;
      inherit (merged.checkedAndMerged) valueMeta;
      inherit (merged) isDefined;
      definitions = lib.getValues merged.defsFinal;
      files = lib.getFiles merged.defsFinal;
      definitionsWithLocations = merged.defsFinal;
      __toString = _: showOption location;
    };

  # The value and the priority of each attribute that the definitions of an option give.
  mergeAttrDefinitionsWithPrio =
    option:
    assert lib.elem option.type.name [ "attrsOf" "lazyAttrsOf" ];
    let
      single = definition: map (builtins.mapAttrs (_: value: definition // { inherit value; })) (
        pushDownProperties definition.value
      );
      merged =
        name: definitions:
        let
          result = mergeDefinitions (option.loc ++ [ name ]) option.type.nestedTypes.elemType definitions;
        in
        {
          value = result.mergedValue;
          inherit (result.defsFinal') highestPrio;
        };
    in
    builtins.mapAttrs merged (lib.zipAttrs (concatMap single option.definitionsWithLocations));

  # Several declarations of an option as one: what an earlier one says stands.
  mergeOptionDecls =
    location:
    let
      twice = throw "the option ${showOption location} is declared twice";
      add =
        known: declaration:
        let
          more = declaration.options;
          both = name: known ? ${name} && more ? ${name};
          type = known.type.typeMerge more.type.functor;
          position =
            if declaration.pos or null != null then
              declaration.pos
            else
              {
                file = declaration._file;
                line = null;
                column = null;
              };
          submodules = more.type.getSubModules or null;
        in
        if lib.any both [ "default" "example" "description" "apply" ] then
          twice
        else
          more
          // known
          // {
            declarations = known.declarations ++ [ declaration._file ];
            declarationPositions = known.declarationPositions ++ [ position ];
            options =
              lib.optionals (submodules != null) (map (lib.setDefaultModuleLocation declaration._file) submodules)
              ++ known.options;
          }
          // lib.optionalAttrs (both "type") { type = if type == null then twice else type; };
    in
    lib.foldl' add {
      loc = location;
      declarations = [ ];
      declarationPositions = [ ];
      options = [ ];
    };

  # An option whose type has the submodules of all its declarations.
  fixupOptionType =
    _: option:
    option
    // (
      if option.type.getSubModules or null == null then
        { type = option.type or lib.types.unspecified; }
      else
        {
          type = option.type.substSubModules option.options;
          options = [ ];
        }
    );

  # A module that is a function, called with the arguments that it names.
  applyModuleArgsIfFunction =
    _: module: arguments:
    let
      named = builtins.mapAttrs (
        name: _: arguments.${name} or arguments.config._module.args.${name}
      ) (lib.functionArgs module);
    in
    if lib.isFunction module then module (arguments // named) else module;

  # A module with all its parts.
  unifyModuleSyntax =
    file: key: module:
    let
      beside = [
        "_class"
        "_file"
        "key"
        "disabledModules"
        "imports"
        "freeformType"
      ];
      structured = module ? config || module ? options;
      stray = lib.attrNames (
        removeAttrs module (
          beside
          ++ [
            "options"
            "config"
            "meta"
          ]
        )
      );
      config =
        if structured then module.config or { } else removeAttrs module (beside ++ [ "require" ]);
      wrapped =
        lib.optional (structured && module ? meta) { inherit (module) meta; };
      withMeta = if wrapped == [ ] then config else lib.mkMerge ([ config ] ++ wrapped);
      freeform = { _module.freeformType = module.freeformType; };
    in
    if !isAttrs module then
      throw "the module ${key} is no module"
    else if structured && stray != [ ] then
      throw "the module ${key} has `${head stray}` beside `config` or `options`"
    else
      {
        _file = toString module._file or file;
        _class = module._class or null;
        key = toString module.key or key;
        disabledModules = module.disabledModules or [ ];
        imports = lib.optionals (!structured) module.require or [ ] ++ module.imports or [ ];
        options = if structured then module.options or { } else { };
        config = if module ? freeformType then lib.mkMerge [ withMeta freeform ] else withMeta;
      };

  # Gone from nixpkgs since 23.05.
  fixMergeModules =
    modules: args:
    lib.evalModules {
      inherit modules args;
      check = false;
    };
}
