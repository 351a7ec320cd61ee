# lib.misc: what nixpkgs keeps for old code.
lib:
let
  inherit (lib) elem head tail;

  alike = names: function: lib.genAttrs names (_: function);
  inputsOf = package: (package.propagatedBuildInputs or [ ]) ++ (package.propagatedNativeBuildInputs or [ ]);
  without = first: self.uniqListExt { inputList = first; };

  self = {
    imap = lib.imap1;
    mapAttrsFlatten = lib.mapAttrsToList;

    maybeEnv =
      name: default:
      let
        value = builtins.getEnv name;
      in
      if value != "" then value else default;

    maybeAttr = name: lib.attrByPath [ name ];
    maybeAttrNullable = self.maybeAttr;

    # The value where the condition holds, else what is empty of its kind.
    ifEnable =
      condition: value:
      let
        empty = {
          list = [ ];
          set = { };
          bool = false;
        };
      in
      if condition then value else empty.${builtins.typeOf value} or null;

    nixType =
      value:
      let
        kind = builtins.typeOf value;
        named = {
          set = if value ? outPath then "derivation" else "attrs";
          lambda = "function";
        };
        same = elem kind [
          "list"
          "bool"
          "null"
          "int"
        ];
      in
      if lib.isFunction value && kind != "set" then named.lambda else named.${kind} or (if same then kind else "string");

    # Flags: attributes that are true, or names in `flags`.
    checkFlag = set: name: name == "true" || name != "false" && (elem name (set.flags or [ ]) || (set.${name} or false));
    getValue =
      set: defaults: name:
      let
        default = lib.findFirst (pair: head pair == name) [ name null ] defaults;
      in
      set.${name} or (if self.checkFlag set name then true else lib.elemAt default 1);
    checkReqs =
      set: defaults:
      let
        holds = name: !elem (self.getValue set defaults name) [ null false ];
      in
      lib.all (condition: self.checkFlag set (head condition) -> lib.all holds (tail condition));

    # Lists without what is in them twice.
    uniqListExt =
      {
        inputList,
        outputList ? [ ],
        getter ? lib.id,
        compare ? (a: b: a == b),
      }:
      let
        isIn = list: item: lib.any (other: compare (getter other) (getter item)) list;
      in
      lib.foldl' (list: item: if isIn list item then list else list ++ [ item ]) outputList inputList;
    uniqList =
      {
        inputList,
        acc ? [ ],
      }:
      without (lib.filter (item: !elem item acc) inputList);

    # A text and others after it, each behind the condition that stands before it in the list.
    condConcat =
      text: list: holds:
      let
        rest = lib.drop 2 list;
        more = if holds (head list) then lib.elemAt list 1 else "";
      in
      if list == [ ] then text else self.condConcat (text + more) rest holds;

    # What follows from what.
    lazyGenericClosure = closure: lib.reverseList (builtins.genericClosure closure);
    closePropagation = self.closePropagationFast;
    closePropagationFast =
      let
        keyed = packages: map (package: { inherit package; key = package.outPath; }) (lib.remove null packages);
        next = item: lib.optionals (lib.isAttrs item.package) (keyed (inputsOf item.package));
      in
      packages: lib.catAttrs "package" (builtins.genericClosure { startSet = keyed packages; operator = next; });
    closePropagationSlow = packages: without (self.innerClosePropagation [ ] packages);
    innerClosePropagation =
      found: packages:
      let
        package = head packages;
        known = [ package ] ++ found;
        next = self.uniqList { acc = known; inputList = inputsOf package ++ tail packages; };
      in
      if packages == [ ] then
        found
      else if lib.isAttrs package then
        self.innerClosePropagation known next
      else
        self.innerClosePropagation found (tail packages);

    # Sets merged by functions.
    setAttrMerge =
      name: default: set: function:
      set // { ${name} = function (set.${name} or default); };
    mergeAttrsWithFunc =
      function: first: second:
      first // lib.mapAttrs (name: value: function (first.${name} or value) value) second;
    mergeAttrsConcatenateValues = self.mergeAttrsWithFunc (a: b: lib.toList a ++ lib.toList b);
    mergeAttrsNoOverride =
      {
        overrideSnd ? [ "buildPhase" ],
        mergeLists ? [ "buildInputs" "propagatedBuildInputs" ],
      }:
      first: second:
      let
        merged =
          name: value:
          if elem name mergeLists then
            value ++ first.${name}
          else if elem name overrideSnd then
            first.${name}
          else
            throw "an attribute is in both sets";
      in
      first // lib.mapAttrs (name: value: if first ? ${name} then merged name value else value) second;
    mergeAttrByFunc =
      first: second:
      let
        both = first // second;
        rules = { mergeAttrBy = lib.mergeAttrs; } // (first.mergeAttrBy or { }) // (second.mergeAttrBy or { });
        merged = name: rule: if first ? ${name} && second ? ${name} then rule first.${name} second.${name} else both.${name};
      in
      both // lib.mapAttrs merged (lib.intersectAttrs both rules);
    mergeAttrBy =
      alike [ "patches" "prePhases" "postAll" "configureFlags" "buildInputs" "nativeBuildInputs" "propagatedBuildInputs" ] lib.concat
      // alike [ "cfg" "flags" "meta" "passthru" ] lib.mergeAttrs
      // alike [ "postInstall" "preConfigure" ] (a: b: a + "\n" + b);
    mergeAttrsByFuncDefaults = lib.foldl self.mergeAttrByFunc { inherit (self) mergeAttrBy; };
    mergeAttrsByFuncDefaultsClean = sets: removeAttrs (self.mergeAttrsByFuncDefaults sets) [ "mergeAttrBy" ];

    # Functions whose arguments are given in several sets, until null.
    modifySumArgs = function: more: self.innerModifySumArgs function more { };
    innerModifySumArgs =
      function: more: given: next:
      if next == null then function given next // more else self.innerModifySumArgs function more (given // next);

    # Functions of a set that can be called again with more.
    defaultMergeArg = before: change: if lib.isAttrs change then change else change before;
    defaultMerge = before: change: before // self.defaultMergeArg before change;
    foldArgs =
      merge: function: before: change:
      let
        given = merge before (self.defaultMergeArg before change);
        made = function given;
        again = self.foldArgs merge function given;
        passed = made.passthru or { };
      in
      made
      // {
        override = again;
        passthru = passed // {
          function = again;
          args = (passed.args or { }) // change;
        };
      };
  };
in
self
