//! How sure the evaluator is of what small flakes declare, and of what they do not. The expected
//! answers follow from what nixpkgs' own modules, or others that are not here, may add; each test
//! says which.

use serde_json::Value;

use crate::support::small_flake::{host, repository};

/// No user is written anywhere, yet nixpkgs makes that of a service.
#[test]
fn users_that_nobody_writes_may_be_there() {
    let host = host(r#"{ sops.secrets.a.owner = "paperless"; sops.secrets.b.owner = "someone"; }"#);
    assert_eq!(host["sops"]["secrets"]["a"]["group"], "paperless");
    assert_eq!(host["sops"]["secrets"]["b"]["group"], Value::Null, "nobody knows");
}

/// nixpkgs' own modules add to lists that nobody here sets, so nothing is known not to be in one.
#[test]
fn lists_of_nixpkgs_may_hold_more() {
    let host = host(
        r#"{ config, lib, ... }: {
          sops.secrets = lib.mkIf (lib.elem "tun" config.boot.kernelModules) { vpn = { }; };
          boot.kernelParams = [ "quiet" ];
          sops.defaultSopsKey = lib.mkIf (lib.elem "quiet" config.boot.kernelParams) "quiet";
        }"#,
    );
    assert_eq!(host["sops"]["secrets"]["vpn"]["certainty"], "conditional");
    assert_eq!(host["sops"]["secrets"]["vpn"]["key"], "quiet");
}

/// Containers that cannot be read may declare secrets: that is said, where there is a reason to.
#[test]
fn containers_that_cannot_be_read_are_said() {
    let said = |module: &str| -> Vec<String> {
        let host = host(module);
        let unknowns = host["unknowns"].as_array().cloned().unwrap_or_default();
        let of_secrets = unknowns.iter().filter(|unknown| unknown["field"] == "secrets");
        of_secrets.map(|unknown| unknown["why"].as_str().unwrap().to_owned()).collect()
    };
    let why = "a container may declare some: the flake input home-manager is not here";
    assert_eq!(said("{ inputs, ... }: { containers = inputs.home-manager.containers; }"), [why]);
    assert!(matches!(said(r#"{ containers = throw "x"; }"#).as_slice(), [why] if why.starts_with("a container may")));
    assert_eq!(said("{ containers.web.config = { }; }"), [""; 0]);
}

/// A definition of an old option that may not count is one of the new option that may not count.
#[test]
fn old_options_hand_on_their_doubts() {
    let host = host(
        r#"{ config, lib, pkgs, ... }: {
          imports = [
            (lib.mkRenamedOptionModule [ "my" "secrets" ] [ "sops" "secrets" ])
            (lib.mkAliasOptionModule [ "my" "group" ] [ "users" "users" "ann" "group" ])
          ];
          my.secrets = lib.mkMerge [
            { a.owner = "ann"; }
            (lib.mkIf (pkgs.hello.version == "1") { b = { }; })
          ];
          my.group = "staff";
          sops.secrets.c.key = config.my.secrets.a.key;
        }"#,
    );
    let secrets = &host["sops"]["secrets"];
    assert_eq!((&secrets["a"]["certainty"], &secrets["a"]["group"]), (&"certain".into(), &"staff".into()));
    assert_eq!(secrets["b"]["certainty"], "conditional");
    assert_eq!(secrets["c"]["key"], "a");
}

/// A default is gone once a stronger definition counts: what rests on it is assumed.
#[test]
fn a_default_that_may_be_replaced_is_not_certain() {
    let host = host(
        r#"{ config, lib, pkgs, ... }: {
          options.my.names = lib.mkOption { type = lib.types.listOf lib.types.str; default = [ "a" ]; };
          config.my.names = lib.mkIf (pkgs.hello.version == "1") [ "b" ];
          config.sops.secrets = lib.genAttrs config.my.names (name: { });
        }"#,
    );
    assert_ne!(host["sops"]["secrets"]["a"]["certainty"], "certain");
}

/// One of two exclusive definitions makes the secret: that it is there is no reason for either's
/// owner. Those under one condition stand together.
#[test]
fn of_exclusive_definitions_neither_is_certain() {
    let host = host(
        r#"{ lib, pkgs, ... }: let new = pkgs.hello.version == "1"; in {
          sops.secrets = lib.mkMerge [
            (lib.mkIf new { a.owner = "ann"; b.key = "new"; })
            (lib.mkIf (!new) { a = { }; })
            (lib.mkIf new (lib.mkMerge [ { c.key = "one"; } { c.mode = "0444"; } ]))
          ];
        }"#,
    );
    let secrets = &host["sops"]["secrets"];
    assert_eq!(secrets["a"]["owner"], Value::Null, "{}", secrets["a"]);
    assert_eq!(secrets["b"]["key"], "new");
    assert_eq!((&secrets["c"]["key"], &secrets["c"]["mode"]), (&"one".into(), &"0444".into()));
}

/// One of two exclusive definitions counts; where they say the same, that is the value.
#[test]
fn exclusive_definitions_may_agree() {
    let host = host(
        r#"{ config, lib, pkgs, ... }: let new = pkgs.hello.version == "1"; in {
          options.my.key = lib.mkOption { type = lib.types.str; };
          config.my.key = lib.mkMerge [ (lib.mkIf new "same") (lib.mkIf (!new) "same") ];
          config.sops.secrets.a.key = config.my.key;
        }"#,
    );
    assert_eq!(host["sops"]["secrets"]["a"]["key"], "same", "{}", host["unknowns"]);
}

/// The first line of every generated hardware-configuration.nix; `modulesPath` is a special argument,
/// so `imports` may use it. nixpkgs' own modules declare no secrets.
#[test]
fn a_module_of_nixpkgs_leaves_the_host_complete() {
    let host = host(
        r#"{ modulesPath, ... }: {
          imports = [ (modulesPath + "/installer/scan/not-detected.nix") ];
          sops.secrets.token = { };
        }"#,
    );
    assert_eq!(host["complete"]["secrets"], true, "{}", host["unknowns"]);
}

/// A module of another repository of the owner may declare anything; a stranger's declares no secret.
#[test]
fn another_repository_of_the_owner_leaves_a_host_incomplete() {
    let flake = r#"{
  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs";
    modules.url = "github:ann/modules";
  };
  outputs = { nixpkgs, modules, ... }: {
    nixosConfigurations.web = nixpkgs.lib.nixosSystem { modules = [ modules.nixosModules.default ]; };
  };
}"#;
    let complete = |remote: &str| {
        let scratch = repository(flake);
        scratch.git(&["remote", "add", "origin", remote]);
        let manifest = scratch.sealnix(&["manifest"]).json().expect("a manifest");
        manifest["hosts"][0]["complete"]["secrets"].clone()
    };
    assert_eq!(complete("https://github.com/bob/machines"), true);
    assert_eq!(complete("git@github.com:Ann/machines.git"), "the flake input modules is not here");
}

/// A flake is evaluated purely (Nix manual, `--pure-eval`): no variable is set, unless one says `--impure`.
#[test]
fn a_flake_sees_no_environment() {
    let host = host(r#"{ sops.secrets.a.key = "token${builtins.getEnv "USER"}"; }"#);
    let secret = &host["sops"]["secrets"]["a"];
    assert_eq!(secret["key"], "token");
    assert_eq!(secret["certainty"], "assumed");
}

/// `services.nginx.enable` is off unless someone sets it, which a module of nixpkgs may do
/// (nixos/modules/services/web-apps/nextcloud.nix does): what rests on that says so. Options of the
/// repository itself are known.
#[test]
fn what_an_unset_enable_leaves_out_is_said() {
    let host = host(
        r#"{ config, lib, ... }: {
          options.my.mail.enable = lib.mkEnableOption "mail";
          config = lib.mkMerge [
            { sops.secrets.always = { }; }
            (lib.mkIf config.services.nginx.enable { sops.secrets = { certificate = { }; always = { }; }; })
            { sops.secrets.key = lib.mkIf config.services.openssh.enable { }; }
            { sops.secrets = lib.optionalAttrs config.services.gitea.enable { hidden = { }; }; }
            (lib.mkIf config.my.mail.enable { sops.secrets.mail = { }; })
            (lib.mkIf (config.my.mail.enable && config.services.nginx.enable) { sops.secrets.both = { }; })
          ];
        }"#,
    );
    let sops = &host["sops"];
    assert_eq!(sops["secrets"].as_object().unwrap().keys().collect::<Vec<_>>(), ["always"]);
    let absent = sops["assumedAbsent"].as_array().expect("assumptions");
    let said = |absent: &Value| format!("{} {}", absent["secrets"], absent["why"].as_str().unwrap());
    let mut said: Vec<_> = absent.iter().map(said).collect();
    said.sort();
    assert_eq!(
        said,
        [
            r#"["certificate"] it depends on services.nginx.enable, which no module of the repository sets"#,
            r#"["key"] it depends on services.openssh.enable, which no module of the repository sets"#,
            r#"[] it depends on services.gitea.enable, which no module of the repository sets"#,
        ]
    );
    assert!(absent.iter().all(|absent| absent["at"]["file"] == "flake.nix"));
}
