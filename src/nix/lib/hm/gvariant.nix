# lib.hm.gvariant: lib.gvariant as it was before nixpkgs took it over. A whole number is an int32, an
# array is told the type of its elements, an entry of a dictionary is a list.
lib:
let
  base = lib.gvariant;

  shown = begin: end: self: "@${self.type} ${begin}${lib.concatMapStringsSep "," toString self.value}${end}";
  types = lib.concatMapStrings (value: value.type);

  typeOf =
    value:
    let
      known = {
        bool = "b";
        int = "i";
        float = "d";
        string = "s";
        list = if inner == "" then "" else "a" + inner;
        set = value.type or "";
      };
      inner = if value == [ ] then "" else typeOf (lib.head value);
    in
    known.${builtins.typeOf value} or "";

  mkValue =
    value:
    let
      make = {
        bool = base.mkBoolean;
        int = base.mkInt32;
        float = base.mkDouble;
        string = base.mkString;
        list = self.mkArray (if value == [ ] then "s" else typeOf (lib.head value));
        set = given: if base.isGVariant given then given else null;
      };
    in
    (make.${builtins.typeOf value} or (_: null)) value;

  self = removeAttrs base [ "intConstructors" "mkMaybe" ] // {
    inherit mkValue typeOf;
    type = base.type // {
      dictionaryEntryOf = inner: "{" + lib.concatStrings inner + "}";
    };

    isArray = lib.hasPrefix "a";
    isDictionaryEntry = lib.hasPrefix "{";
    isMaybe = lib.hasPrefix "m";
    isTuple = lib.hasPrefix "(";

    mkArray = inner: list: base.mkEmptyArray inner // { value = map mkValue list; __toString = shown "[" "]"; };
    mkEmptyArray = inner: self.mkArray inner [ ];
    mkTuple = list: base.mkTuple (map mkValue list);
    mkJust = value: base.mkJust (mkValue value);
    mkVariant =
      value: base.mkVariant "" // { value = mkValue value; __toString = self: "@v <${toString self.value}>"; };
    mkDictionaryEntry =
      list:
      let
        made = map mkValue list;
      in
      base.mkTuple made // { type = "{${types made}}"; __toString = shown "{" "}"; };
  };
in
self
