# A specialisation is a system of its own within the host, with the host's secrets and its own. The own ones are not
# in the manifest: of a host that has such it is not known which secrets there are.
let
  inherit (builtins)
    any
    attrNames
    filter
    head
    tryEval
    ;

  declaresMore =
    host: inner:
    any (name: !((host.sops.secrets or { }) ? ${name})) (attrNames (inner.sops.secrets or { }))
    || any (name: !((host.age.secrets or { }) ? ${name})) (attrNames (inner.age.secrets or { }));
in
# Whether the secrets are complete: true, or why they are not.
config:
let
  specialisations = config.specialisation or { };
  # One that does not evaluate may.
  mayDeclareMore =
    name:
    let
      more = tryEval (declaresMore config specialisations.${name}.configuration);
    in
    !more.success || more.value;
  own = filter mayDeclareMore (attrNames specialisations);
in
if own == [ ] then
  true
else
  "specialisation `${head own}` declares secrets of its own, which are not looked at"
