# What agenix is told: null where its module is not imported.
{
  facts,
  files,
  definitions,
}:
let
  secret =
    scope: name: given:
    let
      file = facts.part (field: { field = "agenix.secrets.${name}.${field}"; }) (facts.read {
        file = files.sopsFile;
      } given) { };
    in
    file // { json = file.json // definitions.at (definitions.of scope.options.age.secrets or { } name); };
in
scope:
let
  secrets = facts.gather (builtins.mapAttrs (secret scope) scope.config.age.secrets);
  own = facts.part (field: { field = "agenix.${field}"; }) (facts.read {
    identityPaths = facts.texts;
  } scope.config.age) { };
in
if scope.config ? age.secrets then
  {
    json = own.json // { secrets = secrets.json; };
    unknowns = own.unknowns ++ secrets.unknowns;
  }
else
  facts.nothing // { json = null; }
