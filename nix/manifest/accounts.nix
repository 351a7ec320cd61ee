# Users and groups. Home-manager has none; a user of nix-darwin has no group.
{ facts }:
let
  inherit (builtins) mapAttrs tryEval;

  # The system's name for it, where the attribute is another.
  called =
    name: given:
    let
      said = tryEval (given.name or name);
    in
    if said.success && said.value == name then { } else { name = facts.text given.name; };

  each =
    option: conversions: scope:
    let
      account =
        name: given:
        facts.part (field: { field = "${option}.${name}.${field}"; }) (
          facts.read conversions given // called name given
        ) { };
    in
    if scope.kind == "home" then
      facts.nothing
    else
      # A user that is not enabled is not made.
      facts.gather (mapAttrs account (facts.select (given: given.enable or true) scope.config.users.${option}));
in
{
  users = each "users" {
    group = facts.nullable;
    hashedPasswordFile = facts.nullable;
  };
  groups = each "groups" { members = facts.texts; };
}
