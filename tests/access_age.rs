//! The promise: `why`, `who`, `matrix` and `hosts` say of age files too who can read them, as far as a header tells.

use std::fs;

use serde_json::{Value, json};

use crate::support::scratch::{Run, Scratch, fixtures};

fn said(run: &Run) -> String {
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{}", run.stdout);
    run.stdout.clone()
}

/// `fixtures/agenix/literal` with hosts that declare its files.
fn literal(rules: impl Fn(&str) -> String) -> Scratch {
    let scratch = Scratch::copy_of(&fixtures().join("agenix/literal"), &["expected.json"], &[]);
    let host = |name: &str, secrets: &str| {
        format!(
            "    nixosConfigurations.{name} = nixpkgs.lib.nixosSystem {{\n      system = \"x86_64-linux\";\n      modules = [ \
             agenix.nixosModules.default {{ services.openssh.enable = true; age.secrets = {{ {secrets} }}; }} ];\n    }};\n"
        )
    };
    let atlas =
        host("atlas", "wifi.file = ./wifi.age; password.file = ./db/password.age; drifted.file = ./drifted.age;");
    let borealis = host("borealis", "own.file = ./borealis-only.age; password.file = ./db/password.age;");
    let flake = format!(
        "{{\n  inputs = {{ nixpkgs.url = \"github:NixOS/nixpkgs\"; agenix.url = \"github:ryantm/agenix\"; }};\n  outputs = {{ \
         nixpkgs, agenix, ... }}: {{\n{atlas}{borealis}  }};\n}}\n"
    );
    fs::write(scratch.path().join("flake.nix"), flake).unwrap();
    let path = scratch.path().join("secrets.nix");
    let written = rules(&fs::read_to_string(&path).unwrap());
    fs::write(&path, written).unwrap();
    scratch.git(&["add", "flake.nix", "secrets.nix"]);
    scratch
}

/// Every answer of `fixtures/agenix/literal`, whose files age 1.1 sealed: `drifted.age` for alice and atlas, the others
/// as the rules say.
#[test]
fn what_a_person_sees_of_age_files() {
    let scratch = literal(str::to_owned);
    for (name, arguments) in [
        ("hosts", &["hosts"][..]),
        ("matrix", &["matrix"]),
        ("why_fits", &["why", "wifi.age"]),
        ("why_declared_but_closed", &["why", "db/password.age"]),
        ("why_drifted", &["why", "drifted.age"]),
        ("why_missing", &["why", "missing.age"]),
        ("why_without_an_entry", &["why", "unruled.age"]),
        ("why_broken", &["why", "broken.age"]),
        ("who_host", &["who", "borealis"]),
        ("who_person", &["who", "alice"]),
    ] {
        insta::assert_snapshot!(name, said(&scratch.sealnix(arguments)));
    }
}

#[test]
fn what_programs_see_of_age_files() {
    let scratch = literal(str::to_owned);
    let why = scratch.sealnix(&["why", "drifted.age", "--format", "json"]).json().unwrap();
    assert_eq!((&why["version"], &why["state"], &why["decision"]), (&json!(1), &json!("sealed"), &json!("entry")));
    assert_eq!((&why["config"], &why["entry"]), (&json!("secrets.nix"), &json!("drifted.age")));
    let keys = |what: &str| -> Vec<String> {
        why[what].as_array().unwrap().iter().map(|key| key.as_str().unwrap().split_at(74).1.to_owned()).collect()
    };
    assert_eq!(keys("missing"), ["Wxw3mn"]);
    assert_eq!(keys("stale"), ["wQp04r"]);
    assert_eq!(why["command"], "agenix --rekey");
    let matrix = scratch.sealnix(&["matrix", "--format", "json"]).json().unwrap();
    let wifi = matrix["files"].as_array().unwrap().iter().find(|file| file["path"] == "wifi.age").unwrap();
    assert_eq!((&wifi["config"], &wifi["rule"]), (&json!("secrets.nix"), &json!(17)));
    let marks: Vec<&Value> = wifi["cells"].as_array().unwrap().iter().map(|cell| &cell["mark"]).collect();
    assert_eq!(marks, ["reads"; 4]);
}

/// An age1… recipient leaves no name in a header: where the number does not fit, it is not known whether it is one.
#[test]
fn what_a_header_does_not_tell_is_not_guessed() {
    let other = "age1uwtl6pp4py55xr2zq35p0n35kr0p5pvzav8y0g73zcxnhl9k8d7qp8mehf";
    let scratch = literal(|rules| {
        let rules = rules.replace("  people = [\n", &format!("  carol = \"{other}\";\n  people = [\n    carol\n"));
        assert!(rules.contains("carol\n"), "{rules}");
        rules
    });
    let why = said(&scratch.sealnix(&["why", "wifi.age"]));
    assert!(
        why.contains("Can read it:    alice, atlas, borealis and 1 recipient that the file does not name"),
        "{why}"
    );
    assert!(why.contains("Should but cannot: 1 of its age1… recipients, the file does not tell which"), "{why}");
    let csv = said(&scratch.sealnix(&["matrix", "--format", "csv"]));
    let line = csv.lines().find(|line| line.starts_with("wifi.age")).unwrap();
    assert_eq!(csv.lines().next(), Some("file,atlas,borealis,alice,backup,carol"));
    assert_eq!(line, "wifi.age,reads,reads,reads,\"in rule, unknown\",\"in rule, unknown\"");
}

/// agenix opens with the ssh key itself; the age key made of it opens nothing there.
#[test]
fn a_converted_key_is_not_the_ssh_key() {
    let atlas = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIN3ropoYPB6Hz0PB3BeE3SGfIpfr2hMaEyEotPwQp04r";
    let made = sealnix::keys::ssh::PublicKey::parse(atlas).unwrap().age.unwrap();
    let scratch = literal(|rules| {
        rules.replace(
            "\"db/password.age\" = {\n    publicKeys = people ++ [ atlas ]",
            &format!("\"db/password.age\" = {{\n    publicKeys = people ++ [ \"{made}\" ]"),
        )
    });
    let csv = said(&scratch.sealnix(&["matrix", "--format", "csv"]));
    let line = csv.lines().find(|line| line.starts_with("db/password.age")).unwrap();
    // The file itself is still sealed for the ssh key.
    assert!(line.starts_with("db/password.age,\"reads, not in rule\","), "{csv}");
}

#[test]
fn what_agenix_rekey_makes() {
    let scratch = Scratch::copy_of(&fixtures().join("agenix/rekey"), &["by-nix.json"], &[]);
    let hosts = said(&scratch.sealnix(&["hosts"]));
    assert!(hosts.contains("its public key file") && hosts.contains("its configuration says so"), "{hosts}");
    let csv = said(&scratch.sealnix(&["matrix", "--format", "csv"]));
    let rekeyed = csv.lines().find(|line| line.contains("rekeyed/atlas") && line.contains("wifi")).unwrap();
    let (path, marks) = rekeyed.split_once(',').unwrap();
    insta::assert_snapshot!("rekey_matrix_line", marks);
    insta::assert_snapshot!("rekey_why", said(&scratch.sealnix(&["why", path])));
}
