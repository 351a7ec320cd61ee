# lib.options: definitions shown and joined, options listed for their documentation.
lib:
let
  inherit (lib) all isList length showOption;

  # The first lines of a value as Nix code; nothing where it cannot be evaluated.
  shownValue =
    value:
    let
      bounded = lib.generators.withRecursion {
        depthLimit = 10;
        throwOnDepthLimit = false;
      } value;
      attempt = builtins.tryEval (lib.generators.toPretty { } bounded);
      lines = lib.splitString "\n" attempt.value;
      first = lib.take 5 lines ++ lib.optional (length lines > 5) "...";
      before = if length lines > 1 then ":\n    " else ": ";
    in
    lib.optionalString attempt.success (before + lib.concatStringsSep "\n    " first);

  # What an option's documentation says of it; nothing of what it does not have.
  documented =
    option:
    let
      visible = option.visible or true;
      kind = option.type or { };
      byType = kind ? emptyValue.value && kind.getSubModules or null == null;
      default = option.defaultText or option.default or kind.emptyValue.value;
      beneath = kind.getSubOptions option.loc;
      lists = level: if builtins.isBool visible then visible else visible == level;
      entry = {
        inherit (option) loc;
        name = showOption option.loc;
        description = option.description or null;
        declarations = lib.remove lib.options.unknownModule option.declarations;
        internal = option.internal or false;
        readOnly = option.readOnly or false;
        visible = lists "shallow";
        type = kind.description or "unspecified";
        ${if option ? example then "example" else null} = rendered option.example;
        ${if option ? defaultText || option ? default || byType then "default" else null} = rendered default;
        ${if option.relatedPackages or null != null then "relatedPackages" else null} = option.relatedPackages;
      };
    in
    [ entry ] ++ lib.optionals (lists "transparent") (listed beneath);

  listed = options: lib.concatMap documented (lib.collect lib.isOption options);

  rendered =
    value:
    if value ? _type && value ? text then
      value
    else
      lib.literalExpression (
        lib.generators.toPretty {
          multiline = true;
          allowPrettyValues = true;
        } value
      );
in
{
  optionAttrSetToDocList = listed;
  optionAttrSetToDocList' = _: listed;
  renderOptionValue = rendered;

  # Of a package nothing but its name.
  scrubOptionValue =
    let
      scrub =
        value:
        if lib.isDerivation value then
          { type = "derivation"; } // lib.genAttrs [ "drvPath" "outPath" "name" ] (_: value.name)
        else if isList value then
          map scrub value
        else if lib.isAttrs value then
          builtins.mapAttrs (_: scrub) (removeAttrs value [ "_args" ])
        else
          value;
    in
    scrub;

  showDefs = lib.concatMapStrings (definition: "\n- In `${definition.file}'${shownValue definition.value}");

  showOptionWithDefLocs =
    option:
    "${showOption option.loc}, with values defined in:\n"
    + lib.concatMapStringsSep "\n" (file: "  - ${file}") option.files
    + "\n";

  # What an option without a type merges by: the first of these whose kind all definitions are of.
  mergeDefaultOption =
    let
      joined =
        location: values:
        let
          kinds = [
            # That of functions fails in nixpkgs once they are called.
            [ lib.isFunction (_: throw "the functions of the option ${showOption location} do not merge") ]
            [ isList (lib.concatLists values) ]
            [ lib.isAttrs (lib.foldl' lib.mergeAttrs { } values) ]
            [ builtins.isBool (lib.any lib.id values) ]
            [ lib.isString (lib.concatStrings values) ]
            [ (value: builtins.isInt value && value == lib.head values) (lib.head values) ]
          ];
          fitting = lib.findFirst (kind: all (lib.head kind) values) null kinds;
        in
        if length values == 1 then
          lib.head values
        else if fitting == null then
          throw "the definitions of the option ${showOption location} do not merge"
        else
          lib.last fitting;
    in
    location: definitions: joined location (lib.getValues definitions);
}
