# Systems within a host. A specialisation is the host once more, with changes; a guest of microvm.nix is a system of its
# own. What they declare is not in the manifest; that they do is said. (Containers have a part of their own.)
{ facts }:
let
  inherit (builtins)
    any
    attrNames
    filter
    head
    tryEval
    ;
  inherit (facts) text;

  # What tells where a secret comes from, and what a template is made of.
  ofSops = secret: [
    (text secret.sopsFile)
    (text secret.key)
    (text secret.format)
  ];
  ofAgenix = secret: text secret.file;
  ofTemplate = template: text (template.content or "");

  # Whether something declares what the host does not, or otherwise. What does not evaluate may.
  differs =
    convert: host: inner:
    let
      same = name: host ? ${name} && convert inner.${name} == convert host.${name};
      tried = tryEval (any (name: !same name) (attrNames inner));
    in
    !tried.success || tried.value;

  secretsDiffer =
    host: inner:
    differs ofSops (host.sops.secrets or { }) (inner.sops.secrets or { })
    || differs ofAgenix (host.age.secrets or { }) (inner.age.secrets or { });
  templatesDiffer = host: inner: differs ofTemplate (host.sops.templates or { }) (inner.sops.templates or { });

  # Those of a set of systems that declare something, or may.
  declaring =
    declares: systems:
    filter (
      name:
      let
        tried = tryEval (declares systems.${name});
      in
      !tried.success || tried.value
    ) (attrNames systems);

  declares = what: kind: name: "${kind} `${name}` declares ${what} of its own, which are not looked at";
in
config:
let
  specialisations = config.specialisation or { };
  withSecrets = declaring (inner: secretsDiffer config inner.configuration) specialisations;
  withTemplates = declaring (inner: templatesDiffer config inner.configuration) specialisations;
  # One without `config` runs another flake's host.
  guests = declaring (
    guest:
    let
      given = guest.config or null;
      inner = given.config or { };
    in
    given != null && (secretsDiffer { } inner || templatesDiffer { } inner)
  ) (config.microvm.vms or { });

  said = what: names: map (declares what "specialisation") names;
  complete = reasons: if reasons == [ ] then true else head reasons;
  unknown = field: map (why: { inherit field why; });
in
{
  # Of the host itself: true, or why it is not complete.
  secrets = complete (said "secrets" withSecrets);
  templates = complete (said "templates" withTemplates);
  part = facts.nothing // {
    unknowns =
      unknown "secrets" (said "secrets" withSecrets ++ map (declares "secrets" "microvm guest") guests)
      ++ unknown "templates" (said "templates" withTemplates);
  };
}
