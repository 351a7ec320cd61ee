# Home-manager's users inside a host.
{
  facts,
  sops,
  agenix,
}:
let
  inherit (builtins) mapAttrs;
in
scope:
let
  user =
    name: config:
    let
      home = {
        kind = "home";
        inherit config;
        # Only nixpkgs from 25.11 on keeps the options of a submodule.
        options = scope.options.home-manager.users.valueMeta.attrs.${name}.configuration.options or { };
      };
      parts = {
        sops = sops home;
        agenix = agenix home;
      };
    in
    facts.within (unknown: { user = name; } // unknown) (facts.gather parts);
in
facts.gather (mapAttrs user scope.config.home-manager.users or { })
