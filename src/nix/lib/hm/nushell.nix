# lib.hm.nushell: values of nushell.
lib:
let
  isNushellInline = lib.isType "nushell-inline";

  # A name of nushell holds no operator; home-manager allows no capital or digit either.
  isName = name: builtins.match "[$]?[^+-\\*({|!&^]+" name != null;

  toNushell =
    {
      indent ? "",
      multiline ? true,
      asBindings ? false,
    }@settings:
    value:
    let
      deeper = indent + "    ";
      before = if multiline then "\n" + deeper else " ";
      after = if multiline then "\n" + indent else " ";
      inner = toNushell (settings // { asBindings = false; indent = if asBindings then indent else deeper; });
      field = name: item: "${builtins.toJSON name}: ${inner item}";
      between =
        begin: end: items:
        if items == [ ] then begin + end else begin + before + lib.concatStringsSep before items + after + end;
      binding =
        name: item:
        if isName name then "${indent}let ${name} = ${inner item}\n" else throw "this is no name of a variable in nushell";
      written = {
        list = between "[" "]" (map inner value);
        set =
          if isNushellInline value then
            "(${value.expr})"
          else if lib.isDerivation value then
            toString value
          else
            between "{" "}" (lib.mapAttrsToList field value);
        null = "null";
        lambda = throw "nushell has no functions of Nix";
        path = throw "nushell has no paths of Nix";
      };
    in
    if asBindings then
      lib.concatStrings (lib.mapAttrsToList binding value)
    else
      written.${builtins.typeOf value} or (builtins.toJSON value);
in
{
  inherit isNushellInline toNushell;
  mkNushellInline = expr: lib.setType "nushell-inline" { inherit expr; };
}
