//! What the evaluator says of small flakes: the facts of `sealnix manifest`. The expected values are
//! what the modules of nixpkgs, home-manager and sops-nix make of the same files; each test says
//! which.

use serde_json::Value;

use crate::support::small_flake::{host, manifest_of};

/// nixpkgs' `users.users.NAME` of a service takes its group from the service's `group` option.
#[test]
fn the_group_of_a_service_is_what_its_option_says() {
    let host = host(
        r#"{
          services.sabnzbd = { enable = true; group = "media"; };
          services.radarr.enable = true;
          services.authelia.instances = { main.enable = true; other = { enable = true; group = "web"; }; };
          sops.secrets.a.owner = "sabnzbd";
          sops.secrets.b.owner = "radarr";
          sops.secrets.c.owner = "authelia-main";
          sops.secrets.d.owner = "authelia-other";
        }"#,
    );
    assert_eq!(host["sops"]["secrets"]["c"]["group"], "authelia-main");
    assert_eq!(host["sops"]["secrets"]["d"]["group"], "web");
    assert_eq!(host["sops"]["secrets"]["a"]["group"], "media");
    assert_eq!(host["sops"]["secrets"]["b"]["group"], "radarr");
}

/// nixpkgs names users and groups after their attribute, units after it and their kind
/// (nixos/modules/config/users-groups.nix, nixos/lib/systemd-lib.nix).
#[test]
fn instances_are_named_after_their_attribute() {
    let host = host(
        r#"{ config, ... }: {
          systemd.services.backup.script = "true";
          systemd.timers.backup = { };
          sops.secrets.a = {
            owner = config.users.users.ann.name;
            group = config.users.groups.systemd-journal.name;
            restartUnits = [ config.systemd.services.backup.name config.systemd.timers.backup.name ];
          };
        }"#,
    );
    let secret = &host["sops"]["secrets"]["a"];
    assert_eq!(secret["owner"], "ann");
    assert_eq!(secret["group"], "systemd-journal");
    assert_eq!(secret["restartUnits"], serde_json::json!(["backup.service", "backup.timer"]));
    assert_eq!(secret["certainty"], "certain", "how a secret is placed does not make it less sure");
}

/// The unit of a service runs as the service's user (nixpkgs' modules of traefik and gitea).
#[test]
fn a_unit_runs_as_the_user_of_its_service() {
    let host = host(
        r#"{ config, ... }: let userOf = unit: config.systemd.services.${unit}.serviceConfig.User; in {
          services.gitea.user = "git";
          systemd.services.traefik.serviceConfig.LoadCredential = [ "a:/b" ];
          systemd.services.backup.serviceConfig.User = "backup";
          sops.secrets.a.owner = userOf "traefik";
          sops.secrets.b.owner = userOf "gitea";
          sops.secrets.c.owner = userOf "backup";
          sops.secrets.d.owner = userOf "something-else";
        }"#,
    );
    let owner = |secret: &str| host["sops"]["secrets"][secret]["owner"].clone();
    assert_eq!([owner("a"), owner("b"), owner("c")], ["traefik", "git", "backup"]);
    assert_eq!(host["sops"]["secrets"]["a"]["group"], "traefik");
    assert_eq!(owner("d"), Value::Null, "nobody knows");
}

/// home-manager takes `home.homeDirectory` from `users.users.NAME.home`; that of a normal user is
/// below /home.
#[test]
fn the_home_of_a_user_is_that_of_the_host() {
    let host = host(
        r#"{ config, ... }: {
          users.users.ann.isNormalUser = true;
          users.users.bob = { isNormalUser = true; home = "/data/bob"; };
          home-manager.sharedModules = [
            ({ config, ... }: { sops.secrets.token = { sopsFile = ./secrets.yaml; path = "${config.xdg.dataHome}/token"; }; })
            sops-nix.homeManagerModules.sops
          ];
          home-manager.users = { ann = { }; bob = { }; };
        }"#,
    );
    let path = |user: &str| host["homeUsers"][user]["sops"]["secrets"]["token"]["path"].clone();
    assert_eq!(path("ann"), "/home/ann/.local/share/token");
    assert_eq!(path("bob"), "/data/bob/.local/share/token");
}

/// Arguments of modules are no settings: a flake that is handed on is not looked through, although
/// every host's secrets are in it.
#[test]
fn arguments_of_modules_use_nothing() {
    let host = host(
        r#"{ config, ... }: {
          sops.secrets.token = { };
          home-manager.extraSpecialArgs = { inherit config; outputs = self.outputs; };
          _module.args.path = config.sops.secrets.token.path;
          services.nginx.settings.file = config.sops.secrets.token.path;
        }"#,
    );
    let options: Vec<_> = host["uses"].as_array().unwrap().iter().map(|used| used["option"].clone()).collect();
    assert_eq!(options, ["services.nginx.settings.file"]);
}

/// `options.x.definitions` holds what modules give, `mkIf` off; an option with a default is defined
/// (nixpkgs, lib/modules.nix: evalOptionValue).
#[test]
fn options_say_their_definitions() {
    let host = host(
        r#"{ lib, options, ... }: {
          options.my.user = lib.mkOption { type = lib.types.attrs; default = { }; };
          options.my.port = lib.mkOption { type = lib.types.int; default = 1; };
          config = {
            my.user = lib.mkIf true { isNormalUser = true; home = "/data/ann"; group = "staff"; };
            users.users.ann = lib.mkAliasDefinitions options.my.user;
            sops.secrets = lib.mkIf options.my.port.isDefined { a.owner = "ann"; };
            sops.defaultSopsKey = toString options.my.port.value;
          };
        }"#,
    );
    assert_eq!(host["sops"]["secrets"]["a"]["group"], "staff");
    assert_eq!(host["sops"]["secrets"]["a"]["certainty"], "certain");
    assert_eq!(host["sops"]["secrets"]["a"]["key"], "1");
}

/// A function that cannot say its result was given the whole `config`: not everything in it is used.
#[test]
fn looking_something_up_in_config_is_no_use_of_it() {
    let host = host(
        r#"{ config, lib, ... }: {
          sops.secrets.token = { };
          environment.etc.a.text = config.sops.secrets.token.path;
          environment.etc.b.text = toString (lib.attrByPath [ "services" "nobody" "knows" ] [ ] config);
        }"#,
    );
    let options: Vec<_> = host["uses"].as_array().unwrap().iter().map(|used| used["option"].clone()).collect();
    assert_eq!(options, ["environment.etc.a.text"]);
}

/// numtide/flake-utils puts the system below each output; what stands beside stays as it is.
#[test]
fn flake_utils_leaves_the_other_outputs_alone() {
    let flake = r#"{
      inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
      inputs.flake-utils.url = "github:numtide/flake-utils";
      outputs = { self, nixpkgs, flake-utils }:
        flake-utils.lib.eachDefaultSystem (system: { packages.tool = nixpkgs.legacyPackages.${system}.hello; })
        // { nixosConfigurations.web = nixpkgs.lib.nixosSystem { system = "x86_64-linux"; modules = [ ]; }; };
    }"#;
    let manifest = manifest_of(flake);
    assert_eq!(manifest["hosts"][0]["name"], "web");
    assert_eq!(manifest["unknowns"].as_array().map_or(0, Vec::len), 0, "{}", manifest["unknowns"]);
}

/// What real Nix makes of `lib.evalModules { modules = MODULES; }`, seen through READ: recorded with
/// `nix-instantiate --eval --strict --json` 2.8.0 and nixpkgs' lib 26.11pre.
const EVALUATED: &[(&str, &str, &str)] = &[
    // Old options.
    (
        r#"[ (mkRenamedOptionModule [ "old" ] [ "a" "new" ]) { options.a.new = mkOption { type = types.int; }; } { old = 3; } ]"#,
        "[ config.a.new config.old ]",
        r#"[3,3]"#,
    ),
    (
        r#"[ (mkAliasOptionModule [ "old" ] [ "new" ]) { options.new = mkOption { type = types.int; default = 1; }; } ]"#,
        "[ config.new config.old ]",
        r#"[1,1]"#,
    ),
    (
        r#"[ (mkAliasOptionModule [ "old" ] [ "new" ]) { options.new = mkOption { type = types.int; }; } { old = mkDefault 3; } { new = 4; } ]"#,
        "config.old",
        r#"4"#,
    ),
    (
        r#"[ (mkAliasOptionModule [ "old" ] [ "new" ]) { options.new = mkOption { type = types.int; }; } { old = mkForce 3; new = 4; } ]"#,
        "config.new",
        r#"3"#,
    ),
    (
        r#"[ (mkAliasOptionModule [ "old" ] [ "new" ]) { options.new = mkOption { type = types.listOf types.int; }; } { old = [ 1 ]; } { new = [ 2 ]; } ]"#,
        "config.old",
        r#"[2,1]"#,
    ),
    (
        r#"[ (mkRenamedOptionModuleWith { sinceRelease = 9999; from = [ "s" "old" ]; to = [ "s" "new" ]; }) { options.s.new = mkOption { type = types.attrsOf types.int; }; } { s.old = mkIf true { x = 1; }; s.new.y = 2; } ]"#,
        "config.s.new",
        r#"{"x":1,"y":2}"#,
    ),
    (
        r#"[ (mkChangedOptionModule [ "old" ] [ "new" ] (config: config.old * 2)) { options.warnings = mkOption { }; options.new = mkOption { type = types.int; default = 1; }; } { old = 3; } ]"#,
        "config.new",
        r#"6"#,
    ),
    (
        r#"[ (mkChangedOptionModule [ "old" ] [ "new" ] (config: config.old * 2)) { options.warnings = mkOption { }; options.new = mkOption { type = types.int; default = 1; }; } ]"#,
        "config.new",
        r#"1"#,
    ),
    (
        r#"[ (mkMergedOptionModule [ [ "a" ] [ "b" "c" ] ] [ "new" ] (config: [ config.a config.b.c ])) { options.warnings = mkOption { }; options.new = mkOption { type = types.listOf types.anything; }; } { a = 1; b.c = 2; } ]"#,
        "config.new",
        r#"[1,2]"#,
    ),
    (
        r#"[ (mkRemovedOptionModule [ "old" ] "") { options.assertions = mkOption { }; options.new = mkOption { default = 1; }; } { old = 3; } ]"#,
        "config.new",
        r#"1"#,
    ),
    // Disabled modules.
    (
        r#"[ { imports = [ { key = "b"; imports = [ { key = "c"; x = [ 3 ]; } ]; x = [ 2 ]; } { key = "d"; x = [ 4 ]; } ]; options.x = mkOption { type = types.listOf types.int; }; } { disabledModules = [ { key = "b"; } ]; x = [ 1 ]; } ]"#,
        "config.x",
        r#"[4,1]"#,
    ),
    (
        r#"[ { imports = [ { key = "b"; imports = [ { key = "c"; x = [ 3 ]; } ]; x = [ 2 ]; } { key = "d"; imports = [ { key = "c"; x = [ 3 ]; } ]; x = [ 4 ]; } ]; options.x = mkOption { type = types.listOf types.int; }; } { disabledModules = [ { key = "b"; } ]; x = [ 1 ]; } ]"#,
        "config.x",
        r#"[3,4,1]"#,
    ),
    (
        r#"[ { imports = [ { key = "b"; disabledModules = [ { key = "d"; } ]; } { key = "d"; x = [ 4 ]; } ]; options.x = mkOption { type = types.listOf types.int; }; } { disabledModules = [ { key = "b"; } ]; x = [ 1 ]; } ]"#,
        "config.x",
        r#"[1]"#,
    ),
    // Defaults.
    (
        r#"[ { options.x = mkOption { type = types.listOf types.int; default = [ 1 ]; }; } { x = mkOptionDefault [ 2 ]; } ]"#,
        "config.x",
        r#"[1,2]"#,
    ),
    (
        r#"[ { options.x = mkOption { type = types.attrsOf types.int; default = { a = 1; }; }; } { x = mkOptionDefault { b = 2; }; } ]"#,
        "config.x",
        r#"{"a":1,"b":2}"#,
    ),
    (
        r#"[ { options.x = mkOption { type = types.listOf types.int; default = [ 1 ]; }; } { x = mkDefault [ 2 ]; } ]"#,
        "config.x",
        r#"[2]"#,
    ),
    (
        r#"[ ({ options, ... }: { options.x = mkOption { type = types.int; default = 1; }; options.y = mkOption { }; config.y = options.x.highestPrio; }) { x = mkDefault 2; } ]"#,
        "config.y",
        r#"1000"#,
    ),
    (
        r#"[ { options.x = mkOption { type = types.port; }; } { x = 8080; } ]"#,
        "[ config.x (types.port.check 65535) (types.port.check 65536) ]",
        r#"[8080,true,false]"#,
    ),
    // Functions.
    (
        r#"[ { options.f = mkOption { type = types.functionTo (types.listOf types.int); }; } { f = n: [ n ]; } { f = n: [ (n + 1) ]; } ]"#,
        "config.f 3",
        r#"[4,3]"#,
    ),
    (
        r#"[ { options.f = mkOption { type = types.functionTo (types.attrsOf types.int); }; } { f = n: { a = n; }; } { f = n: mkIf (n > 2) { b = n; }; } ]"#,
        "config.f 3",
        r#"{"a":3,"b":3}"#,
    ),
    (
        r#"[ { options.f = mkOption { type = types.functionTo types.int; default = n: n; }; } { f = n: 2; } ]"#,
        "config.f 3",
        r#"2"#,
    ),
    // Priorities: the outermost decides.
    (
        r#"[ { options.x = mkOption { type = types.int; }; config = mkOverride 100 { x = mkForce 1; }; } { x = mkOverride 90 2; } ]"#,
        "config.x",
        r#"2"#,
    ),
];

#[test]
fn modules_merge_as_in_nixpkgs() {
    for (modules, read, expected) in EVALUATED {
        let module = format!(
            "{{ lib, ... }}: with lib; let config = (evalModules {{ modules = {modules}; }}).config; in {{
              sops.secrets.read.key = builtins.toJSON ({read});
            }}"
        );
        let key = host(&module)["sops"]["secrets"]["read"]["key"].clone();
        let read: Value = key.as_str().and_then(|key| serde_json::from_str(key).ok()).unwrap_or(Value::Null);
        let expected: Value = serde_json::from_str(expected).unwrap();
        assert_eq!(read, expected, "{modules}");
    }
}

/// nixpkgs evaluates a submodule with the lib that its type is of: `lib.extend`
/// makes `types` anew over the extended lib, and `submodule` calls that lib's `evalModules`.
#[test]
fn submodules_know_an_extended_lib() {
    let flake = r#"{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  inputs.sops-nix.url = "github:Mic92/sops-nix";
  outputs = { nixpkgs, sops-nix, ... }:
    let lib = nixpkgs.lib.extend (_: _: { own = "mine"; }); in
    {
      nixosConfigurations.web = nixpkgs.lib.nixosSystem {
        specialArgs = { inherit lib; };
        modules = [
          sops-nix.nixosModules.sops
          ({ lib, config, ... }: {
            options.x = lib.mkOption {
              type = lib.types.submodule ({ lib, ... }: {
                options.y = lib.mkOption { type = lib.types.str; default = lib.own; };
              });
              default = { };
            };
            config.sops.defaultSopsFile = ./secrets.yaml;
            config.sops.secrets.token.key = config.x.y;
          })
        ];
      };
    };
}"#;
    let host = &manifest_of(flake)["hosts"][0];
    assert_eq!(host["sops"]["secrets"]["token"]["key"], "mine", "{}", host["unknowns"]);
}

/// `modulesPath` is one of `specialArgs` (nixpkgs, nixos/lib/eval-config.nix), which an input may add to.
#[test]
fn special_arguments_as_a_module_argument() {
    let flake = r#"{
  outputs = { nixpkgs, sops-nix, other, ... }: {
    nixosConfigurations.web = nixpkgs.lib.nixosSystem {
      specialArgs = other.arguments // { own = "mine"; };
      modules = [
        sops-nix.nixosModules.sops
        ({ specialArgs, ... }: {
          sops.secrets = {
            a.key = specialArgs.own;
            b.key = baseNameOf specialArgs.modulesPath;
            c.key = specialArgs.more;
          };
        })
      ];
    };
  };
}"#;
    let host = &manifest_of(flake)["hosts"][0];
    let secrets = &host["sops"]["secrets"];
    assert_eq!(secrets["a"]["key"], "mine", "{}", host["unknowns"]);
    assert_eq!(secrets["b"]["key"], "modules", "{}", host["unknowns"]);
    let unknown = host["unknowns"].as_array().unwrap().iter();
    let why: Vec<_> = unknown.filter(|it| it["field"] == "key").map(|it| [&it["secret"], &it["why"]]).collect();
    assert_eq!(why, [["c", "the flake input other is not here"]]);
}

/// A package in a template's text is a path of the store; what else is unknown may hold any placeholder.
#[test]
fn placeholders_of_a_text_with_packages_are_known() {
    let host = host(
        r#"{ config, pkgs, lib, ... }: let placeholder = config.sops.placeholder; in {
          sops.secrets = { a = { }; b = { }; };
          sops.templates = {
            git.content = ''
              program = ${pkgs.gnupg}/bin/gpg2
              key = ${placeholder.a} ${"and ${pkgs.hello} ${placeholder.b}"}
            '';
            made.content = "${pkgs.writeText "x" placeholder.a} ${placeholder.b}";
            upper.content = lib.toUpper "${pkgs.gnupg} ${placeholder.a}";
            added.content = "${pkgs.gnupg} ${placeholder.a}" + placeholder.b;
            twice.content = lib.mkMerge [ "${pkgs.gnupg} ${placeholder.a}" placeholder.b ];
            other.content = if "${pkgs.gnupg}" == "" then placeholder.a else placeholder.b;
          };
        }"#,
    );
    let placeholders = |template: &str| host["sops"]["templates"][template]["placeholders"].clone();
    assert_eq!(placeholders("git"), serde_json::json!(["a", "b"]));
    for unknown in ["made", "upper", "added", "twice", "other"] {
        assert_eq!(placeholders(unknown), Value::Null, "{unknown}");
    }
}

/// nixpkgs gives a submodule its name as `_module.args.name` too, and hands `config` out without
/// `_module`; real Nix with nixpkgs' lib says the same of these modules.
#[test]
fn a_submodule_reads_its_name_in_config() {
    let host = host(
        r#"{ lib, config, ... }: {
          options.instances = lib.mkOption {
            type = lib.types.attrsOf (lib.types.submodule (inner: {
              options.user = lib.mkOption { default = inner.config._module.args.name; };
            }));
          };
          config.instances.mail = { };
          config.sops.secrets = lib.mapAttrs' (_: instance: {
            name = "${instance.user}-${toString (builtins.attrNames instance)}";
            value = { };
          }) config.instances;
        }"#,
    );
    let secrets = host["sops"]["secrets"].as_object().expect("secrets");
    assert_eq!(secrets.keys().collect::<Vec<_>>(), ["mail-user"]);
}

/// Where a module of an input is looked up by name with a `throw` beside it, the throw is no module.
#[test]
fn a_throw_is_no_module() {
    let host = host(
        r#"{ inputs, lib, ... }: {
          imports = map (name: lib.attrByPath [ name ] (throw "there is no ${name}") inputs.sops-nix.more) [ "one" ];
          sops.secrets.token = { };
        }"#,
    );
    assert_eq!(host["complete"]["secrets"], true, "{}", host["unknowns"]);
}

/// A user's configuration within a host, offered as one of its own.
#[test]
fn a_home_may_be_that_of_a_host() {
    let flake = r#"{
  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs";
    sops-nix.url = "github:Mic92/sops-nix";
    home-manager.url = "github:nix-community/home-manager";
  };
  outputs = { self, nixpkgs, sops-nix, home-manager }: {
    homeConfigurations.ann = {
      config = (nixpkgs.lib.nixosSystem {
        modules = [
          home-manager.nixosModules.home-manager
          { home-manager.users.ann = { imports = [ sops-nix.homeManagerModules.sops ]; sops.secrets.token = { }; }; }
        ];
      }).config.home-manager.users.ann;
    };
  };
}"#;
    let host = &manifest_of(flake)["hosts"][0];
    assert_eq!(host["sops"]["secrets"]["token"]["key"], "token", "{}", host["unknowns"]);
}
