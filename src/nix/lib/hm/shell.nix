# lib.hm.shell: what shells like Bourne's read.
lib:
let
  export =
    name: value: ''export ${name}="${if lib.isBool value then lib.boolToString value else toString value}"'';

  # Items in lines of at most so many characters.
  wrapLines =
    items: width:
    let
      add =
        lines: item:
        let
          line = lib.last lines;
          longer = if line == "" then item else line + " " + item;
        in
        if lib.stringLength longer > width then lines ++ [ item ] else lib.init lines ++ [ longer ];
      lines = lib.foldl' add [ "" ] items;
    in
    if lib.last lines == "" then lib.init lines else lines;

  # An option of a program that is on where the shell's integration is.
  integration =
    shell:
    {
      config,
      baseName ? shell,
      extraDescription ? "",
    }:
    let
      name = "enable${baseName}Integration";
      more = if extraDescription == "" then "" else "\n\n" + extraDescription;
    in
    lib.mkOption {
      type = lib.types.bool;
      description = "Whether to enable ${shell} integration.${more}";
      default = config.home.shell.${name};
      defaultText = lib.literalMD "[](#opt-home.shell.${name})";
      example = false;
    };
in
{
  inherit export wrapLines;

  exportAll =
    variables:
    lib.concatStringsSep "\n" (lib.attrValues (lib.mapAttrs export (lib.filterAttrs (_: value: value != null) variables)));

  prependToVar =
    separator: name: values:
    lib.concatStringsSep separator values + "\${" + name + ":+" + separator + "}$" + name;

  # What stands between the parentheses of an array.
  formatShellArrayContent =
    items: "\n  " + lib.concatStringsSep "\n  " (wrapLines (map lib.escapeShellArg items) 78) + "\n";

  mkBashIntegrationOption = integration "Bash";
  mkFishIntegrationOption = integration "Fish";
  mkIonIntegrationOption = integration "Ion";
  mkNushellIntegrationOption = integration "Nushell";
  mkZshIntegrationOption = integration "Zsh";
}
