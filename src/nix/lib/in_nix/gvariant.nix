# lib.gvariant: values of GVariant, which dconf keeps. As a string, each is written as GVariant's text
# format has it (https://docs.gtk.org/glib/gvariant-text-format.html), annotated with its type where Nix
# cannot tell.
lib:
let
  # A value of a GVariant type, and how it is written.
  of = type: write: value: {
    inherit type value;
    _type = "gvariant";
    __toString = self: write self.type self.value;
  };

  annotated = type: value: "@${type} ${toString value}";
  plain = _: toString;
  items = lib.concatMapStringsSep "," toString;
  types = lib.concatMapStrings (value: value.type);

  whole = name: letter: min: max: {
    inherit name min max;
    type = letter;
  };

  self = {
    type = {
      string = "s";
      variant = "v";
      boolean = "b";
      double = "d";
      int16 = "n";
      int32 = "i";
      int64 = "x";
      uchar = "y";
      uint16 = "q";
      uint32 = "u";
      uint64 = "t";
      maybeOf = inner: "m" + inner;
      arrayOf = inner: "a" + inner;
      tupleOf = inner: "(" + lib.concatStrings inner + ")";
      dictionaryEntryOf = key: value: "{" + key + value + "}";
    };

    # The whole numbers, from which a plain one is not told; null is where Nix has no larger number.
    intConstructors = [
      (whole "mkInt32" "i" (-2147483648) 2147483647)
      (whole "mkUint32" "u" 0 4294967295)
      (whole "mkInt64" "x" null null)
      (whole "mkUint64" "t" 0 null)
      (whole "mkInt16" "n" (-32768) 32767)
      (whole "mkUint16" "q" 0 65535)
      (whole "mkUchar" "y" 0 255)
    ];

    isGVariant = value: (value._type or null) == "gvariant";

    mkValue =
      value:
      let
        make = {
          bool = self.mkBoolean;
          float = self.mkDouble;
          string = self.mkString;
          list = self.mkArray;
        };
        kind = builtins.typeOf value;
      in
      if make ? ${kind} then
        make.${kind} value
      else if self.isGVariant value then
        value
      else
        throw "the GVariant type of ${kind} is not clear: lib.gvariant has a function for each type";

    mkArray =
      list:
      let
        made = map self.mkValue list;
        inner = (lib.head made).type;
        alike = lib.all (value: value.type == inner) made;
      in
      if list == [ ] then
        throw "an empty array needs mkEmptyArray, which is told its type"
      else
        of (self.type.arrayOf (if alike then inner else throw "the elements of an array have several types")) (
          type: value: "@${type} [${items value}]"
        ) made;

    mkEmptyArray = inner: of (self.type.arrayOf inner) (type: _: "@${type} []") [ ];

    mkVariant = value: of "v" (_: inner: "<${toString inner}>") (self.mkValue value);

    mkDictionaryEntry =
      name: value:
      let
        pair = map self.mkValue [
          name
          value
        ];
      in
      of "{${types pair}}" (type: _: "@${type} {${items pair}}") { inherit name value; };

    mkMaybe =
      inner:
      of (self.type.maybeOf inner) (type: value: if value == null then "@${type} nothing" else "just ${toString value}");
    mkNothing = inner: self.mkMaybe inner null;
    mkJust =
      value:
      let
        made = self.mkValue value;
      in
      self.mkMaybe made.type made;

    mkTuple =
      list:
      let
        made = map self.mkValue list;
      in
      of "(${types made})" (type: value: "@${type} (${items value})") made;

    mkBoolean = of "b" (_: lib.boolToString);
    mkDouble = of "d" plain;
    mkString = of "s" (
      _: text:
      let
        escaped = builtins.replaceStrings [ "'" "\\" "\n" ] [ "\\'" "\\\\" "\\n" ] text;
      in
      "'${escaped}'"
    );
    mkObjectpath = of "s" (_: text: "objectpath '${lib.escape [ "'" ] text}'");

    mkInt32 = of "i" plain;
    mkUchar = of "y" annotated;
    mkInt16 = of "n" annotated;
    mkUint16 = of "q" annotated;
    mkUint32 = of "u" annotated;
    mkInt64 = of "x" annotated;
    mkUint64 = of "t" annotated;
  };
in
self
