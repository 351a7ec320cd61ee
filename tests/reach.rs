//! What reaches units and containers, and what restarts them when it changes: the rules on whole repositories.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::scratch::{Scratch, fixtures};

/// What `check` says of one host with secret `k` in `secrets/web.yaml` and these modules, and what the owner denies.
fn check(module: &str, deny: &str) -> Value {
    let folder = TempDir::new().unwrap();
    let fixture = fixtures().join("rules/key-missing/fires");
    fs::create_dir(folder.path().join("secrets")).unwrap();
    for file in ["flake.nix", ".sops.yaml", "secrets/web.yaml"] {
        fs::copy(fixture.join(file), folder.path().join(file)).unwrap();
    }
    let module = format!(
        "{{ config, pkgs, ... }}: {{\n  networking.hostName = \"web\";\n  sops.age.keyFile = \"/k\";\n  sops.secrets.k.sopsFile = \
         ./secrets/web.yaml;\n{module}\n}}\n"
    );
    fs::write(folder.path().join("configuration.nix"), module).unwrap();
    if !deny.is_empty() {
        let policy = format!("[[policy.deny]]\nsecrets = [\"k\"]\nto = {deny}\n");
        fs::write(folder.path().join("sealnix.toml"), policy).unwrap();
    }
    Scratch::copy_of(folder.path(), &[], &[]).sealnix(&["check", "--format", "json"]).json().unwrap()
}

/// The messages of one rule.
fn said(report: &Value, rule: &str) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter().filter(|finding| finding["rule"] == rule);
    findings.map(|finding| finding["message"].as_str().unwrap().to_owned()).collect()
}

/// A package that a `let` gives to several options is a use of each.
#[test]
fn a_script_that_two_options_share_is_read_by_both() {
    let module = |with: &str| {
        format!(
            "imports = let s = pkgs.writeShellScript \"x\" \"cat ${{config.sops.secrets.k.path}}\"; in [ {{ {with} \
             systemd.services.web.serviceConfig.ExecStart = s; }} ];"
        )
    };
    for with in ["", "systemd.services.aaa.serviceConfig.ExecStart = s;", "environment.systemPackages = [ s ];"] {
        let report = check(&module(with), "[\"unit:web\"]");
        assert_eq!(said(&report, "denied-by-policy").len(), 1, "{with}");
        let restarted = said(&report, "restart-units-missing");
        assert!(restarted.iter().any(|message| message.contains("`web`")), "{with}: {restarted:?}");
    }
}

#[test]
fn what_a_container_is_given_is_what_the_host_has() {
    let container = |setting: &str| format!("containers.c = {{ config = {{ }}; {setting} }};");
    let oci = |setting: &str| format!("virtualisation.oci-containers.containers.c = {{ image = \"x\"; {setting} }};");
    let unit = |setting: &str| format!("systemd.services.c = {{ script = \"x\"; serviceConfig = {{ {setting} }}; }};");
    let given = [
        container("bindMounts.x = { mountPoint = \"/s\"; hostPath = \"/run/secrets\"; };"),
        container("bindMounts.x.mountPoint = \"/run/secrets\";"),
        container("bindMounts.x = { hostPath = null; mountPoint = \"/run/secrets\"; };"),
        container("extraFlags = [ \"--bind-ro=/run/secrets\" ];"),
        oci("extraOptions = [ \"--mount=type=bind,src=/run/secrets,dst=/s\" ];"),
        oci("volumes = [ \"/run/secrets:/s\" ];"),
        unit("LoadCredential = [ \"d:/run/secrets\" ];"),
        unit("BindReadOnlyPaths = [ \"/run/secrets:/s\" ];"),
    ];
    for module in given {
        let report = check(&module, "[\"containers\", \"unit:c\"]");
        assert_eq!(said(&report, "denied-by-policy").len(), 1, "{module}");
    }
    let not_given = [
        container("bindMounts.x = { mountPoint = \"/run/secrets\"; hostPath = \"/srv\"; };"),
        container("bindMounts.\"/run/secrets\".mountPoint = \"/s\";"),
        oci("cmd = [ \"--key\" \"/run/secrets/k\" ];"),
        oci("extraOptions = [ \"--mount=type=bind,src=/srv,dst=/run/secrets\" ];"),
        oci("volumes = [ \"/srv:/run/secrets\" ];"),
        unit("BindReadOnlyPaths = [ \"/srv:/run/secrets\" ];"),
    ];
    for module in not_given {
        let report = check(&module, "[\"containers\", \"unit:c\"]");
        assert_eq!(said(&report, "denied-by-policy"), [""; 0], "{module}");
    }
}

/// A policy about nobody looks like one that is kept.
#[test]
fn a_denied_unit_that_no_host_has_is_said() {
    let report = check("systemd.services.web.script = \"x\";", "[\"unit:web\", \"unit:wbe\"]").to_string();
    assert!(report.contains("whether there is a unit `wbe`") && !report.contains("there is a unit `web`"), "{report}");
}

/// nixpkgs copies the paths of `restartTriggers` to the store, where they are named by content.
#[test]
fn the_sealed_file_among_the_triggers_restarts_a_unit() {
    let restarted = |trigger: &str| {
        let module = format!(
            "systemd.services.web = {{ script = \"x ${{config.sops.secrets.k.path}}\"; restartTriggers = [ {trigger} ]; }};"
        );
        said(&check(&module, ""), "restart-units-missing").is_empty()
    };
    for trigger in [
        "config.sops.secrets.k.sopsFile",
        "\"${config.sops.secrets.k.sopsFile}\"",
        "./secrets/web.yaml",
        "(builtins.hashFile \"sha256\" ./secrets/web.yaml)",
        "config.sops.secrets.k.sopsFileHash",
    ] {
        assert!(restarted(trigger), "{trigger}");
    }
    for trigger in ["", "./flake.nix", "\"x\""] {
        assert!(!restarted(trigger), "{trigger}");
    }
}

/// systemd restarts no template, only its instances (systemd.unit(5)).
#[test]
fn of_a_template_unit_an_instance_is_to_be_named() {
    let report = check("systemd.services.\"u@\".script = \"x ${config.sops.secrets.k.path}\";", "").to_string();
    assert!(report.contains("u@INSTANCE.service"), "{report}");
}

/// Where a template lies is written nowhere but in its own `path`.
#[test]
fn the_path_of_a_template_is_no_path_written_out() {
    let module =
        "sops.templates.t = { content = \"${config.sops.placeholder.k}\"; path = \"/run/secrets/rendered/tt\"; };";
    assert_eq!(said(&check(module, ""), "hardcoded-secret-path"), [""; 0]);
    let report = check("environment.etc.x.text = \"/run/secrets/k\";", "");
    assert_eq!(said(&report, "hardcoded-secret-path").len(), 1);
}

/// A secret of the system has another `config` than a module of home-manager.
#[test]
fn a_path_in_a_home_is_taken_from_the_system() {
    let flake = crate::support::small_flake::flake(
        r#"{ nixpkgs, sops-nix, home-manager, ... }: {
          nixosConfigurations.web = nixpkgs.lib.nixosSystem {
            system = "x86_64-linux";
            modules = [
              sops-nix.nixosModules.sops
              home-manager.nixosModules.home-manager
              { sops.secrets.a.sopsFile = ./secrets.yaml; }
              { home-manager.users.bo = { programs.git.extraConfig.x = "/run/secrets/a"; home.stateVersion = "24.05"; }; }
            ];
          };
        }"#,
    );
    let report =
        crate::support::small_flake::repository(&flake).sealnix(&["check", "--format", "json"]).json().unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    let found: Vec<_> = findings.filter(|finding| finding["rule"] == "hardcoded-secret-path").collect();
    assert_eq!(found.len(), 1, "{report:#}");
    let help = found[0]["help"].as_str().unwrap();
    assert!(help.contains("write `osConfig.sops.secrets.\"a\".path`"), "{help}");
}
