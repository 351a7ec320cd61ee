//! The promise: on a repository as people have them, sealnix finds the five mistakes that were
//! planted, and says nothing else. `fixtures/fleet/expected.json` gives each with its reason.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::string_slice, clippy::panic)]

mod scratch;

use std::fs;
use std::path::Path;

use scratch::{Run, Scratch, fixtures, sealnix_in};
use serde_json::Value;

#[test]
fn the_fleet_has_its_five_mistakes_and_no_other() {
    let fleet = Scratch::copy_of(&fixtures().join("fleet"), &["expected.json"], &[]);
    assert_planted(&fleet.sealnix(&["check", "--format", "json"]));
}

#[test]
fn the_fleet_is_checked_where_it_lies_inside_a_larger_repository() {
    let run = sealnix_in(Path::new(env!("CARGO_MANIFEST_DIR")), &["check", "--format", "json", "fixtures/fleet"]);
    assert_planted(&run);
}

#[test]
fn the_mended_fleet_is_clean() {
    let mended = Scratch::copy_of(&fixtures().join("fleet-mended"), &[], &[]);
    let run = mended.sealnix(&["check", "--format", "json"]);
    let output = run.json().unwrap();
    let bad: Vec<&Value> = output["findings"].as_array().unwrap().iter().filter(|it| it["level"] != "note").collect();
    assert!(bad.is_empty(), "{bad:#?}");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
}

#[test]
fn no_private_key_lies_in_a_fleet() {
    for folder in ["fleet", "fleet-mended"] {
        for entry in walkdir::WalkDir::new(fixtures().join(folder)) {
            let entry = entry.unwrap();
            if entry.file_type().is_file() {
                let text = fs::read_to_string(entry.path()).unwrap();
                let private = ["AGE-SECRET-KEY-", "PRIVATE KEY-----", "PRIVATE KEY BLOCK"];
                assert!(!private.iter().any(|mark| text.contains(mark)), "{}", entry.path().display());
            }
        }
    }
}

/// The findings are those of `expected.json`: each matched once, none left over.
fn assert_planted(run: &Run) {
    let output = run.json().unwrap();
    let mut found: Vec<&Value> = output["findings"].as_array().expect("findings[]").iter().collect();
    let expected: Value =
        serde_json::from_str(&fs::read_to_string(fixtures().join("fleet/expected.json")).unwrap()).unwrap();
    let mut missing = Vec::new();
    for planted in expected["findings"].as_array().unwrap() {
        match found.iter().position(|finding| is_planted(planted, finding)) {
            Some(at) => drop(found.remove(at)),
            None => missing.push(planted),
        }
    }
    assert!(missing.is_empty() && found.is_empty(), "not found as expected: {missing:#?}\nnot expected: {found:#?}");
    assert_eq!(run.code, Some(1), "{}", run.stderr);
}

fn is_planted(planted: &Value, finding: &Value) -> bool {
    let given = ["rule", "level", "hosts", "secret", "key", "suggestion", "file"];
    let same = given.iter().all(|field| planted.get(field).is_none_or(|value| *value == finding[field]));
    let certainty = finding["certainty"].as_str().unwrap_or("certain");
    same && certainty == "certain" && primary_line(finding).is_some_and(|line| lines(planted).contains(&line))
}

fn lines(planted: &Value) -> std::ops::RangeInclusive<u64> {
    planted["lines"][0].as_u64().unwrap()..=planted["lines"][1].as_u64().unwrap()
}

fn primary_line(finding: &Value) -> Option<u64> {
    let places = finding["places"].as_array()?;
    places.iter().find(|place| place["primary"] == true)?["start"]["line"].as_u64()
}
