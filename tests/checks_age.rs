//! What `sealnix check` says of age files: `fixtures/agenix/literal`, whose files age 1.1 sealed. `drifted.age` is sealed
//! for alice and atlas, the others as the rules say.

use std::fs;

use serde_json::Value;

use crate::support::scratch::{Scratch, fixtures};

const FLAKE: &str = r#"{
  inputs = { nixpkgs.url = "github:NixOS/nixpkgs"; agenix.url = "github:ryantm/agenix"; };
  outputs = { nixpkgs, agenix, ... }: {
    nixosConfigurations.borealis = nixpkgs.lib.nixosSystem {
      system = "x86_64-linux";
      modules = [ agenix.nixosModules.default ./borealis.nix ];
    };
  };
}
"#;

/// The rules that find something, with file and secret; `rules` changes `secrets.nix`.
fn found(secrets: &str, rules: impl Fn(&str) -> String) -> Vec<(String, String, Option<String>)> {
    let scratch = Scratch::copy_of(&fixtures().join("agenix/literal"), &["expected.json"], &[]);
    let module = format!("{{ services.openssh.enable = true; age.secrets = {{ {secrets} }}; }}\n");
    fs::write(scratch.path().join("flake.nix"), FLAKE).unwrap();
    fs::write(scratch.path().join("borealis.nix"), module).unwrap();
    let path = scratch.path().join("secrets.nix");
    let written = rules(&fs::read_to_string(&path).unwrap());
    fs::write(&path, written).unwrap();
    scratch.git(&["add", "."]);
    let report = scratch.sealnix(&["check", "--format", "json"]).json().unwrap();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let findings = report["findings"].as_array().unwrap().iter();
    let of_age = findings.filter(|finding| finding["rule"].as_str().unwrap().starts_with("age-"));
    let mut found: Vec<_> = of_age
        .map(|finding| (text(&finding["rule"]).unwrap(), text(&finding["file"]).unwrap(), text(&finding["secret"])))
        .collect();
    found.sort();
    found
}

fn is(rule: &str, file: &str, secret: Option<&str>) -> (String, String, Option<String>) {
    (rule.to_owned(), file.to_owned(), secret.map(str::to_owned))
}

/// What is wrong with the folder, whoever declares what.
fn of_the_folder() -> Vec<(String, String, Option<String>)> {
    vec![
        is("age-file-missing", "secrets.nix", None),
        is("age-recipients-drifted", "drifted.age", None),
        is("age-rule-missing", "unruled.age", None),
    ]
}

#[test]
fn the_folder_and_its_rules_differ() {
    assert_eq!(found("wifi.file = ./wifi.age; own.file = ./borealis-only.age;", str::to_owned), of_the_folder());
}

#[test]
fn a_host_that_no_entry_names_is_no_recipient() {
    let mut expected = of_the_folder();
    expected.insert(1, is("age-host-not-a-recipient", "secrets.nix", Some("password")));
    assert_eq!(found("password.file = ./db/password.age;", str::to_owned), expected);
    // Its entry names it: the file is older, and that is said once.
    assert_eq!(found("drifted.file = ./drifted.age;", str::to_owned), of_the_folder());
}

/// A missing file that a host declares is shown there, and not at its entry too.
#[test]
fn a_missing_file_is_said_once() {
    let mut expected = of_the_folder();
    expected[0] = is("age-file-missing", "borealis.nix", Some("missing"));
    assert_eq!(found("missing.file = ./missing.age;", str::to_owned), expected);
}

#[test]
fn what_an_entry_does_not_tell_is_not_judged() {
    let open = |rules: &str| {
        rules.replace(
            "\"drifted.age\".publicKeys = [\n",
            "\"drifted.age\".publicKeys = [\n    (builtins.getEnv \"KEY\")\n",
        )
    };
    let mut expected = of_the_folder();
    expected.remove(1);
    assert_eq!(found("", open), expected);
    // Other entries may be there.
    let more = |rules: &str| rules.replace("\nin\n{", "\nin\n(import <private>) // {");
    assert!(found("", more).iter().all(|(rule, ..)| rule != "age-rule-missing"));
}
