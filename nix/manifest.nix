# The manifest (docs/manifest.md) of evaluated hosts, with `builtins` alone.
#
# It may run while the hosts that it reads are built, so it leaves no trace: no string context leaves it, nothing
# is copied to the store (`"${path}"` and a path in `toJSON` would), no derivation is built.
{
  # What paths are relative to: a flake's `self`, a path, or a string.
  root,
  # The flake's inputs: their files are written `input:NAME/rest`. Asked only for files outside the root.
  inputs ? { },
  # What `nixosSystem` and its like give, by name: `config`, `options`, `pkgs`.
  nixosConfigurations ? { },
  darwinConfigurations ? { },
  homeConfigurations ? { },
  # Whether systemd's units are read: every service is evaluated then, which takes several times as long.
  units ? true,
}:
let
  facts = import ./manifest/facts.nix;
  files = import ./manifest/files.nix { inherit facts root inputs; };
  definitions = import ./manifest/definitions.nix { inherit facts files; };
  agenix = import ./manifest/agenix.nix { inherit facts files definitions; };
  search = import ./manifest/search.nix;
  sops = import ./manifest/sops.nix {
    inherit
      facts
      files
      definitions
      search
      ;
  };
  homes = import ./manifest/homes.nix { inherit facts sops agenix; };
  containers = import ./manifest/containers.nix { inherit facts sops agenix; };
  accounts = import ./manifest/accounts.nix { inherit facts; };
  nestedIn = import ./manifest/nested.nix { inherit facts; };
  unitsOf = import ./manifest/units.nix { inherit facts search; };

  inherit (builtins) attrValues mapAttrs;

  hostOf =
    kind: output: name: host:
    let
      inherit (host) config;
      scope = {
        inherit kind config;
        options = host.options or { };
      };
      readsUnits = units && kind == "nixos";
      parts = {
        sops = sops scope;
        agenix = agenix scope;
        homeUsers = homes scope;
        containers = containers scope;
        users = accounts.users scope;
        groups = accounts.groups scope;
        units = if readsUnits then unitsOf config else facts.nothing;
      };
      nested = nestedIn config;
      own = facts.part (field: { inherit field; }) (
        {
          system = facts.text (
            host.pkgs.stdenv.hostPlatform.system or config.nixpkgs.hostPlatform.system or config.nixpkgs.system
              or (throw "nothing says it")
          );
        }
        // (if kind == "home" then { } else { hostName = facts.nullable config.networking.hostName; })
      ) { };
    in
    mapAttrs (_: part: part.json) parts
    // own.json
    // {
      inherit name kind;
      attr = "${output}.${facts.attribute name}";
      complete = {
        secrets = if kind == "nixos" then nested.secrets else true;
        templates = if kind == "nixos" then nested.templates else true;
        users = if kind == "home" then "home-manager does not say which users there are" else true;
        units =
          if readsUnits then
            true
          else if kind == "nixos" then
            "Nix was not asked for the units"
          else
            "only NixOS' units are listed";
      };
      unknowns = map (unknown: { host = name; } // unknown) (
        facts.unknownsOf (
          parts // { inherit own; } // (if kind == "nixos" then { nested = nested.part; } else { })
        )
      );
    };

  hostsOf =
    kind: output: configurations:
    attrValues (mapAttrs (hostOf kind output) configurations);
in
{
  version = 1;
  hosts =
    hostsOf "nixos" "nixosConfigurations" nixosConfigurations
    ++ hostsOf "darwin" "darwinConfigurations" darwinConfigurations
    ++ hostsOf "home" "homeConfigurations" homeConfigurations;
}
