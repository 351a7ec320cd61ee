//! `sealnix unknowns`: what stopped the evaluator, the most harmful first, with what would help.

use serde_json::{Value, json};

use crate::support::scratch::{Scratch, fixtures};

fn repository() -> Scratch {
    Scratch::copy_of(&fixtures().join("unknowns"), &[], &[])
}

/// `harm`, what the reason names, the hosts, how many secrets and templates.
fn rows(found: &Value) -> Vec<Value> {
    let row = |obstacle: &Value| {
        let words =
            ["more", "private", "frobnicate.mode", "frobnicate.user", "frobnicate.text", "package", "recipient"];
        let why = obstacle["why"].as_str().unwrap();
        let named = words.iter().find(|word| why.contains(*word)).unwrap();
        json!([obstacle["harm"], named, obstacle["hosts"], obstacle["secrets"], obstacle["templates"]])
    };
    found["unknowns"].as_array().unwrap().iter().map(row).collect()
}

#[test]
fn reasons_are_listed_once_and_the_most_harmful_first() {
    let found = repository().sealnix(&["unknowns", "--format", "json"]).json().unwrap();
    assert_eq!(found["version"], 1);
    let both = ["mail", "web"];
    let expected = [
        // `more.hosts // { … }` may hold any further host.
        json!(["hosts", "more", [], 0, 0]),
        // A module of a private input may declare secrets: only `mail` imports it.
        json!(["incomplete", "private", ["mail"], 0, 0]),
        // `mkIf` on a version of a package.
        json!(["conditional", "package", both, 2, 0]),
        // `wifi` on both hosts; then `certificate`, whose group follows from its owner.
        json!(["secret", "frobnicate.mode", both, 2, 0]),
        json!(["secret", "frobnicate.user", both, 2, 0]),
        // What else the content holds hides which placeholders are in it.
        json!(["template", "frobnicate.text", both, 0, 2]),
        // There is no `.sops.yaml` and no key file.
        json!(["keys", "recipient", both, 0, 0]),
    ];
    assert_eq!(rows(&found), expected);
    let user = &found["unknowns"][4];
    assert_eq!(user["fields"], json!(["group", "owner"]));
    assert_eq!((&user["place"]["file"], &user["place"]["line"]), (&json!("web.nix"), &json!(4)));
    assert_eq!(user["help"], "set `services.frobnicate.user` in the repository");
}

#[test]
fn for_people_each_reason_is_a_paragraph() {
    let run = repository().sealnix(&["unknowns"]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    insta::assert_snapshot!("unknowns", run.stdout);
}

#[test]
fn one_host_alone_can_be_asked_for() {
    let repository = repository();
    let found = repository.sealnix(&["unknowns", "web", "--format", "json"]).json().unwrap();
    let harms: Vec<_> = found["unknowns"].as_array().unwrap().iter().map(|one| one["harm"].clone()).collect();
    assert_eq!(harms, ["conditional", "secret", "secret", "template", "keys"]);
    let nobody = repository.sealnix(&["unknowns", "wbe"]);
    assert_eq!(nobody.code, Some(2));
    assert!(
        nobody.stderr.contains("there is no host `wbe`") && nobody.stderr.contains("did you mean `web`?"),
        "{}",
        nobody.stderr
    );
}

#[test]
fn a_repository_that_is_known_wholly_says_so() {
    let fleet = Scratch::copy_of(&fixtures().join("fleet"), &["expected.json"], &[]);
    let run = fleet.sealnix(&["unknowns"]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), "nothing that was looked for is unknown\n"));
}
