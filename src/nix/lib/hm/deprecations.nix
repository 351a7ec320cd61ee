# lib.hm.deprecations: options and values that were renamed.
lib:
let
  removed = "deprecated and will be\nremoved in a future release. Please use";
in
{
  mkDeprecatedOptionValueWarning =
    {
      option,
      old,
      replacement,
      details ? "",
    }:
    "Using `${lib.showOption option}` as ${old} is ${removed} ${replacement} instead.\n"
    + lib.optionalString (details != "") "\n${details}\n";

  mkDeprecatedOptionValueRenameWarning =
    {
      option,
      old,
      replacement,
    }:
    "The value ${old} for `${lib.showOption option}` is ${removed} ${replacement} instead.\n";

  # A module for each old option; its new name is the old one transformed, where none is given.
  mkSettingsRenamedOptionModules =
    old: new:
    {
      transform ? lib.hm.strings.toSnakeCase,
    }:
    let
      module =
        option:
        let
          path = lib.toList (option.old or option);
          to = if builtins.isAttrs option then lib.toList option.new else map transform path;
        in
        lib.mkRenamedOptionModule (old ++ path) (new ++ to);
    in
    map module;

  # The names in a value that fit are transformed, at every depth.
  remapAttrsRecursive =
    {
      pred,
      transform,
      ignore ? [ ],
    }:
    let
      renamed = name: if lib.elem name ignore || !pred name then name else transform name;
      remap =
        value:
        if lib.isList value then
          map remap value
        else if lib.isAttrs value then
          lib.mapAttrs' (name: inner: lib.nameValuePair (renamed name) (remap inner)) value
        else
          value;
    in
    _path: remap;

  # A default that depends on home.stateVersion.
  mkStateVersionOptionDefault =
    {
      optionPath,
      legacy,
      current,
      since,
      stateVersion,
      options ? null,
      config ? null,
      deferWarningToConfig ? false,
      shouldWarn ? null,
      warningPriority ? 1500,
      extraWarning ? "",
    }:
    let
      text = value: value.text or (lib.generators.toPretty { } value.value);
      name = lib.showOption optionPath;
      old = lib.versionOlder stateVersion since;
      deferred = config != null && options != null;
      optionInfo = if deferred then lib.getAttrFromPath optionPath options else { };
      optionUsesDefaultPriority = deferred && optionInfo.highestPrio >= warningPriority;
      effectiveDefault = (if old then legacy else current).value;
      asked = if lib.isFunction shouldWarn then shouldWarn { inherit optionInfo optionUsesDefaultPriority; } else optionUsesDefaultPriority;
      advice = [
        "The default value of `${name}` has changed from `${text legacy}` to `${text current}`."
        "You are currently using the legacy default (`${text legacy}`) because `home.stateVersion` is less than \"${since}\"."
        "To silence this warning and keep legacy behavior, set:"
        "  ${name} = ${text legacy};"
        "To adopt the new default behavior, set:"
        "  ${name} = ${text current};"
      ];
    in
    if deferWarningToConfig && !deferred then
      throw "a warning that is deferred needs config and options"
    else
      {
        inherit effectiveDefault optionUsesDefaultPriority;
        default = if deferWarningToConfig then current.value else effectiveDefault;
        defaultText = lib.literalExpression "if lib.versionAtLeast config.home.stateVersion \"${since}\" then ${text current} else ${text legacy}\n";
        shouldWarn = deferWarningToConfig && old && legacy.value != current.value && asked;
        warning = lib.concatLines advice + lib.optionalString (extraWarning != "") ("\n" + extraWarning);
      };

  # Whether an entry of a list has one field and lacks another.
  mkListEntryOmittedFieldPredicate =
    {
      omittedField,
      triggerField,
      triggerPredicate ? (value: !lib.elem value [ null "" ]),
    }:
    { value, ... }:
    lib.isAttrs value && !(value ? ${omittedField}) && value ? ${triggerField} && triggerPredicate value.${triggerField};

  mkStateVersionListSubmoduleWarnings =
    {
      stateVersion,
      since,
      baseWarning,
      definitions,
      shouldWarnEntry,
      describeEntry ? (_: "an entry"),
      extraEntryWarning ? (_: ""),
    }:
    let
      entriesOf =
        { file, value, ... }:
        lib.imap1 (index: entry: { inherit index; value = entry; file = baseNameOf "${toString file}"; }) value;
      where = entry: "defined in `${entry.file}` at list index ${toString entry.index}.";
      warning =
        entry:
        lib.concatStringsSep "\n" (lib.remove "" [
          (lib.removeSuffix "\n" baseWarning)
          "Triggered by ${describeEntry entry} ${where entry}"
          (extraEntryWarning entry)
        ]);
      found = lib.filter shouldWarnEntry (lib.concatMap entriesOf definitions);
    in
    if lib.versionOlder stateVersion since then map warning found else [ ];
}
