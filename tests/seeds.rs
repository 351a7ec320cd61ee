//! The styles of repository that people copy from the web: every mistake in them is found, and nothing else.
//!
//! `fixtures/seeds/<style>/expected.json` lists the errors and warnings, each with its reason, and says in `silent`
//! what is right and must be left alone. Notes are not compared.

use std::fs;

use serde_json::Value;

use crate::support::scratch::{Scratch, fixtures};

#[test]
fn every_mistake_of_the_platforms_secrets() {
    assert_as_expected("1-platform-secrets");
}

#[test]
fn every_mistake_of_the_common_host_user_layout() {
    assert_as_expected("2-common-host-user");
}

#[test]
fn every_mistake_of_the_server_template() {
    assert_as_expected("3-server-template");
}

#[test]
fn every_mistake_of_the_patterns() {
    assert_as_expected("4-patterns");
}

fn assert_as_expected(seed: &str) {
    let folder = fixtures().join("seeds").join(seed);
    let expected: Value = serde_json::from_str(&fs::read_to_string(folder.join("expected.json")).unwrap()).unwrap();
    let repository = Scratch::copy_of(&folder.join("repo"), &[], &[]);
    let run = repository.sealnix(&["check", "--format", "json"]);
    let output = run.json().unwrap();
    let findings = output["findings"].as_array().expect("findings[]");
    let mut found: Vec<&Value> = findings.iter().filter(|finding| finding["level"] != "note").collect();
    let mut missing = Vec::new();
    for wanted in expected["findings"].as_array().unwrap() {
        match found.iter().position(|finding| is_wanted(wanted, finding)) {
            Some(at) => drop(found.remove(at)),
            None => missing.push(wanted),
        }
    }
    assert!(missing.is_empty() && found.is_empty(), "not found as expected: {missing:#?}\nnot expected: {found:#?}");
    assert_eq!(run.code, Some(1), "{}", run.stderr);
}

fn is_wanted(wanted: &Value, finding: &Value) -> bool {
    let given = ["rule", "level", "hosts", "secret", "file"];
    let same = given.iter().all(|field| wanted.get(field).is_none_or(|value| *value == finding[field]));
    let [first, last] = [0, 1].map(|end| wanted["lines"][end].as_u64().unwrap());
    same && primary_line(finding).is_some_and(|line| (first..=last).contains(&line))
}

fn primary_line(finding: &Value) -> Option<u64> {
    let places = finding["places"].as_array()?;
    places.iter().find(|place| place["primary"] == true)?["start"]["line"].as_u64()
}
