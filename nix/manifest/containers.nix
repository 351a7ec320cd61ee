# NixOS containers: their own secrets, and where they see the host's files.
{
  facts,
  sops,
  agenix,
}:
let
  inherit (builtins) mapAttrs listToAttrs attrValues tryEval;

  # By the container's own path. Where no path of the host is named, it is the same.
  mount = given: {
    name = facts.text given.mountPoint;
    value.hostPath = facts.text (if given.hostPath == null then given.mountPoint else given.hostPath);
  };

  container =
    name: given:
    let
      # One that is made elsewhere (`path`) has no configuration; of the others the options are not kept.
      config = tryEval (given.config or { });
      inside = {
        kind = "nixos";
        config = if config.success then config.value else { };
        options = { };
      };
      parts = {
        sops = sops inside;
        agenix = agenix inside;
      };
      own = facts.part (field: { inherit field; }) {
        bindMounts = listToAttrs (map mount (attrValues given.bindMounts or { }));
      } { };
      beneath =
        unknown:
        removeAttrs unknown [ "secret" ]
        // {
          field = "containers.${name}.${if unknown ? secret then "secrets.${unknown.secret}." else ""}${unknown.field}";
        };
    in
    facts.within beneath {
      json = mapAttrs (_: part: part.json) parts // own.json;
      unknowns = facts.unknownsOf (parts // { inherit own; });
    };
in
scope: facts.gather (mapAttrs container scope.config.containers or { })
