# lib.hm.zsh: what zsh reads.
lib:
let
  quoted = text: ''"${text}"'';

  toZshValue =
    value:
    let
      written = {
        bool = lib.boolToString value;
        string = quoted (lib.escape [ "`" "\"" "\\" ] value);
        list = "(" + lib.hm.shell.formatShellArrayContent (map toString value) + ")";
      };
    in
    written.${builtins.typeOf value} or (quoted (toString value));

  define = name: value: name + "=" + toZshValue value;
  export = name: value: "export " + define name value;
in
{
  inherit define export toZshValue;

  defineAll = variables: lib.concatStringsSep "\n" (lib.mapAttrsToList define variables);

  exportAll =
    variables:
    {
      indent ? "",
    }:
    lib.concatStringsSep ("\n" + indent) (
      lib.mapAttrsToList export (lib.filterAttrs (_: value: value != null) variables)
    );
}
