//! A definition that cannot be evaluated may say more of a secret that another definition declares:
//! what the other leaves to defaults is assumed, and what contradicts the assumption is not reported.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::scratch::{Scratch, fixtures};

/// A host whose default file holds the key `db_password` and no other, with these definitions.
fn repository(module: &str) -> Scratch {
    let folder = TempDir::new().unwrap();
    let fixture = fixtures().join("rules/key-missing/silent");
    fs::create_dir(folder.path().join("secrets")).unwrap();
    for file in ["flake.nix", "secrets/web.yaml"] {
        fs::copy(fixture.join(file), folder.path().join(file)).unwrap();
    }
    let configuration = format!(
        "{{ lib, pkgs, ... }}: {{ imports = [ {module} ]; sops.age.keyFile = \"/key\"; sops.defaultSopsFile = ./secrets/web.yaml; }}"
    );
    fs::write(folder.path().join("configuration.nix"), configuration).unwrap();
    Scratch::copy_of(folder.path(), &[], &[])
}

fn secret(repository: &Scratch, name: &str) -> Value {
    repository.sealnix(&["manifest"]).json().unwrap()["hosts"][0]["sops"]["secrets"][name].clone()
}

/// The ids of the rules that found something.
fn findings(repository: &Scratch) -> Vec<String> {
    let report = repository.sealnix(&["check", "--format", "json"]).json().unwrap();
    let findings = report["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| finding["rule"].as_str().unwrap().to_owned())
        .filter(|id| id == "key-missing")
        .collect()
}

/// Names and files read from a file that only a build could read.
const READ_BY_A_BUILD: &str = r#"{ sops.secrets = lib.mapAttrs (_: _: { sopsFile = ./other.yaml; })
    (builtins.fromJSON (builtins.readFile (pkgs.runCommand "names" { } "read"))); }"#;

#[test]
fn without_it_a_missing_key_is_reported() {
    let repository = repository("{ sops.secrets.token.owner = \"web\"; }");
    assert_eq!(findings(&repository), ["key-missing"]);
    assert_eq!(secret(&repository, "token").get("complete"), None);
}

#[test]
fn a_definition_of_all_secrets() {
    let repository = repository(&format!("{READ_BY_A_BUILD} {{ sops.secrets.token.owner = \"web\"; }}"));
    assert_eq!(findings(&repository), Vec::<String>::new());
    let secret = secret(&repository, "token");
    assert_eq!(secret["sopsFile"]["path"], "secrets/web.yaml", "assumed, not unknown: {secret}");
    assert_eq!(secret["certainty"], "assumed");
    assert_eq!(secret["complete"], "it depends on a package");
}

#[test]
fn a_definition_of_the_secret_itself() {
    let repository = repository(
        "{ sops.secrets.token = pkgs.settings.token; } { sops.secrets.token = { owner = \"web\"; mode = \"0440\"; }; }",
    );
    assert_eq!(findings(&repository), Vec::<String>::new());
    let secret = secret(&repository, "token");
    assert_eq!(secret.get("sopsFile"), None, "the other definition may say it");
    assert_eq!(secret["mode"], json!("0440"));
}

#[test]
fn a_file_that_is_said_is_looked_into() {
    let repository = repository(&format!("{READ_BY_A_BUILD} {{ sops.secrets.token.sopsFile = ./secrets/web.yaml; }}"));
    assert_eq!(findings(&repository), ["key-missing"]);
}
