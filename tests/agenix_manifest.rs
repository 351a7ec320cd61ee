//! What hosts tell agenix and agenix-rekey, found statically, beside what real Nix says of the same
//! repositories: `fixtures/agenix/{fleet,rekey,darwin}/by-nix.json` were made by `nix/manifest.nix` with the real
//! modules (fixtures/README.md names the revisions).

use serde_json::{Value, json};

use crate::support::scratch::{Scratch, fixtures};

fn repository(name: &str) -> Scratch {
    Scratch::copy_of(&fixtures().join("agenix").join(name), &[], &[])
}

fn json_of(scratch: &Scratch, arguments: &[&str]) -> Value {
    serde_json::from_str(&scratch.sealnix(arguments).stdout).unwrap()
}

fn host<'m>(manifest: &'m Value, name: &str) -> &'m Value {
    manifest["hosts"].as_array().unwrap().iter().find(|host| host["name"] == name).unwrap()
}

#[test]
fn every_secret_is_what_nix_says() {
    // The hosts of each, its secrets, and those of which something is unknown: a group of a user that nobody makes, a path
    // that holds that of a package.
    for (name, hosts, total, unknown) in [("fleet", 3, 13, 1), ("rekey", 3, 15, 0), ("darwin", 1, 3, 1)] {
        let scratch = repository(name);
        let compared = json_of(&scratch, &["manifest", ".", "--compare", "by-nix.json", "--format", "json"]);
        let totals = &compared["totals"];
        assert_eq!(totals["hosts"], json!({"equal": hosts, "total": hosts}));
        let agenix = &totals["agenix"];
        assert_eq!((&agenix["total"], &agenix["equal"]), (&json!(total), &json!(total - unknown)), "{name}");
        assert_eq!((&agenix["unknown"], &agenix["invented"]), (&json!(unknown), &json!(0)));
        assert_eq!(totals["at"]["equal"], totals["at"]["total"]);
        // The host's name and system, agenix' identities, and agenix-rekey's keys.
        assert_eq!(totals["fields"]["equal"], totals["fields"]["total"]);
        assert!(totals["fields"]["total"].as_u64().unwrap() >= 2 * hosts);
    }
}

#[test]
fn a_difference_is_told() {
    let scratch = repository("fleet");
    let path = scratch.path().join("bare.nix");
    let changed = std::fs::read_to_string(&path).unwrap().replace("age.secrets.only.file", "age.secrets.other.file");
    std::fs::write(path, changed.replace("/root/key", "/root/other")).unwrap();
    let run = scratch.sealnix(&["manifest", ".", "--compare", "by-nix.json"]);
    assert_eq!(run.code, Some(1));
    assert!(run.stdout.contains("missing     agenix secret `only`"), "{}", run.stdout);
    assert!(run.stdout.contains("invented    agenix secret `other`"), "{}", run.stdout);
    assert!(run.stdout.contains("differs     `agenix.identityPaths`"), "{}", run.stdout);
}

/// `file` is unset where its only definition is off; a group follows from a user that the repository makes,
/// and is not known of one that it does not.
#[test]
fn what_is_not_known_says_why() {
    let manifest = json_of(&repository("fleet"), &["manifest", "."]);
    let atlas = host(&manifest, "atlas");
    let unknowns: Vec<&str> =
        atlas["unknowns"].as_array().unwrap().iter().map(|unknown| unknown["field"].as_str().unwrap()).collect();
    assert_eq!(unknowns, ["agenix.secrets.ghost.group", "agenix.secrets.off.file"]);
    assert_eq!(atlas["complete"]["secrets"], true);
    let secrets = &atlas["agenix"]["secrets"];
    assert_eq!((&secrets["db"]["group"], &secrets["wifi"]["group"]), (&json!("apps"), &json!("0")));
    // A generated name was made from a literal.
    assert_eq!(secrets["wifi"]["origin"]["line"], 3);
    assert_eq!(atlas["sops"], Value::Null);
}

#[test]
fn each_use_of_a_secret_is_recorded() {
    let manifest = json_of(&repository("fleet"), &["manifest", "."]);
    let uses = host(&manifest, "atlas")["uses"].as_array().unwrap();
    let told: Vec<String> = uses
        .iter()
        .map(|used| {
            let name = used["name"].as_str().unwrap_or("-");
            format!(
                "{} {} {} {}",
                used["at"]["line"],
                used["kind"].as_str().unwrap(),
                name,
                used["option"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "24 AgeSecretPath wifi users.users.alice.hashedPasswordFile",
            "27 AgeSecretPath db systemd.services.app.serviceConfig.EnvironmentFile",
            "28 AgeSecretPath wifi systemd.services.app.script",
            "29 LiteralPath - systemd.services.app.environment.LIT",
            "31 AgeReadAtEval elsewhere environment.etc.x.text",
            "32 NotDeclared nope environment.etc.y.text",
            "22 AgeSecretPath token home.sessionVariables.TOKEN_FILE",
        ]
    );
    assert_eq!(uses[5]["of"], "ageSecrets");
    // The user's own secret; its path is shell text as a whole.
    assert_eq!((&uses[6]["user"], &uses[6]["embedded"]), (&json!("alice"), &json!(false)));
    assert_eq!((&uses[0]["embedded"], &uses[2]["embedded"]), (&json!(false), &json!(true)));
}

#[test]
fn a_condition_that_is_not_known_makes_a_secret_conditional() {
    let scratch = repository("fleet");
    let module = "{ config, lib, ... }: {
      age.secrets = lib.mkIf config.services.unheard-of.level { maybe.file = ./secrets/wifi.age; };
      containers.inner.config.age.secrets.deep.file = ./secrets/wifi.age;
    }";
    std::fs::write(scratch.path().join("service.nix"), module).unwrap();
    let manifest = json_of(&scratch, &["manifest", "."]);
    let atlas = host(&manifest, "atlas");
    let maybe = &atlas["agenix"]["secrets"]["maybe"];
    assert_eq!(maybe["certainty"], "conditional");
    // Systems within are not looked at, and that is said.
    let why = atlas["complete"]["secrets"].as_str().unwrap();
    assert!(why.contains("container `inner` declares agenix secrets of its own"), "{why}");
}

#[test]
fn what_agenix_rekey_makes_is_named_before_it_is_there() {
    let scratch = repository("rekey");
    let manifest = json_of(&scratch, &["manifest", "."]);
    let atlas = &host(&manifest, "atlas")["agenix"];
    let made = "secrets/rekeyed/atlas/3e5e67e8488fc354254fe2ea3ef8514f-wifi.age";
    assert_eq!(atlas["secrets"]["wifi"]["file"]["path"], made);
    assert!(scratch.path().join(made).exists());
    assert_eq!(atlas["secrets"]["wifi"]["rekeyFile"]["path"], "secrets/wifi.age");
    assert_eq!(atlas["secrets"]["plain"]["rekeyFile"], Value::Null);
    assert!(atlas["secrets"]["between"].get("file").is_none());
    let rekey = &atlas["rekey"];
    assert!(rekey["hostPubkey"].as_str().unwrap().ends_with("root@atlas"));
    assert_eq!((&rekey["hostPubkeyAt"]["file"], &rekey["hostPubkeyAt"]["line"]), (&json!("flake.nix"), &json!(13)));
    assert_eq!(rekey["masterIdentities"][2]["identity"], "keys/m.age");
    // Without a key the host's files are built; so they are where they are to be a derivation.
    for name in ["borealis", "derived"] {
        let other = &host(&manifest, name)["agenix"];
        assert!(other["secrets"]["wifi"].get("file").is_none());
        assert_eq!(other["secrets"]["wifi"]["rekeyFile"]["path"], "secrets/wifi.age");
    }
}

#[test]
fn age_files_are_counted() {
    let scratch = repository("fleet");
    let report = json_of(&scratch, &["check", ".", "--format", "json"]);
    assert_eq!((&report["summary"]["secrets"], &report["summary"]["ageFiles"]), (&json!(13), &json!(3)));
    let human = scratch.sealnix(&["check", "."]).stdout;
    assert!(human.contains("0 sops files, 3 age files"), "{human}");
}

#[test]
fn rules_that_are_configured_must_be_there() {
    let scratch = repository("ragenix");
    let toml = scratch.path().join("sealnix.toml");
    std::fs::write(&toml, "[agenix]\nrules = [\"secrets/gone.nix\"]\n").unwrap();
    std::fs::write(scratch.path().join("flake.nix"), "{ outputs = _: { nixosConfigurations = { }; }; }").unwrap();
    scratch.git(&["add", "-A"]);
    let run = scratch.sealnix(&["check", "."]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("sealnix.toml:2: there is no file `secrets/gone.nix`"), "{}", run.stderr);
    std::fs::write(&toml, "[agenix]\nrule = [\"x\"]\n").unwrap();
    assert!(scratch.sealnix(&["check", "."]).stderr.contains("did you mean `rules`?"));
}
