# NixOS containers: their own secrets, and where they see the host's files.
{
  facts,
  sops,
  agenix,
}:
let
  inherit (builtins)
    attrValues
    listToAttrs
    mapAttrs
    tryEval
    ;

  # By the container's own path. Where no path of the host is named, it is the same.
  mount = given: {
    name = facts.text given.mountPoint;
    value.hostPath = facts.text (if given.hostPath == null then given.mountPoint else given.hostPath);
  };

  container =
    name: given:
    let
      # One that is built elsewhere (`path`) has no configuration here; of none are the options kept.
      config = tryEval given.config;
      inside = {
        kind = "nixos";
        config = config.value;
        options = { };
      };
      parts =
        if config.success then
          {
            sops = sops inside;
            agenix = agenix inside;
          }
        else
          { };
      own = facts.part (field: { inherit field; }) {
        bindMounts = listToAttrs (map mount (attrValues given.bindMounts or { }));
      } { };
      elsewhere = {
        field = "config";
        why = "the container is built elsewhere";
      };
      secretOf = unknown: if unknown ? secret then "secrets.${unknown.secret}." else "";
      beneath =
        unknown:
        removeAttrs unknown [ "secret" ]
        // {
          field = "containers.${name}.${secretOf unknown}${unknown.field}";
        };
    in
    facts.within beneath {
      json = mapAttrs (_: part: part.json) parts // own.json;
      unknowns =
        facts.unknownsOf (parts // { inherit own; }) ++ (if config.success then [ ] else [ elsewhere ]);
    };
in
scope: facts.gather (mapAttrs container scope.config.containers or { })
