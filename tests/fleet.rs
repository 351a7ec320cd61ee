//! The promise: on a repository as people have them, sealnix finds the five mistakes that were
//! planted, and says nothing else. `fixtures/fleet/expected.json` gives each with its reason.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::scratch::{Run, Scratch, fixtures, sealnix_in};

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
fn the_same_is_found_when_nix_gives_the_declarations() {
    let fleet = Scratch::copy_of(&fixtures().join("fleet"), &["expected.json"], &[]);
    let by_nix = fixtures().join("fleet-by-nix.json");
    assert_planted(&fleet.sealnix(&["check", "--format", "json", "--manifest", by_nix.to_str().unwrap()]));
}

#[test]
fn the_declarations_are_those_of_nix() {
    let fleet = Scratch::copy_of(&fixtures().join("fleet"), &["expected.json"], &[]);
    let said = fleet.sealnix(&["manifest"]).json().unwrap();
    let by_nix = read_json("fleet-by-nix.json");
    assert_eq!(declared(&said), declared(&by_nix));
    for (said, truth) in said["hosts"].as_array().unwrap().iter().zip(by_nix["hosts"].as_array().unwrap()) {
        assert_eq!(said["hostName"], truth["hostName"]);
        let (said, truth) = (&said["sops"], &truth["sops"]);
        for part in ["age", "gnupg", "validateSopsFiles"] {
            assert_eq!(said[part], truth[part]);
        }
        assert_eq!(said["defaultSopsFile"]["path"], truth["defaultSopsFile"]["path"]);
        for (name, truth) in truth["secrets"].as_object().unwrap() {
            assert_same_secret(name, &said["secrets"][name], truth);
        }
        assert_eq!(keys(&said["templates"]), keys(&truth["templates"]));
        for (name, template) in truth["templates"].as_object().unwrap() {
            assert_eq!(said["templates"][name]["path"], template["path"], "{name}");
            assert_eq!(said["templates"][name]["placeholders"], template["placeholders"], "{name}");
        }
    }
}

#[test]
fn the_mended_fleet_is_clean() {
    let mended = Scratch::copy_of(&fixtures().join("fleet-mended"), &[], &[]);
    // The same declarations are there to be judged; only what they lead to was mended.
    let said = mended.sealnix(&["manifest"]).json().unwrap();
    assert_eq!(declared(&said), declared(&read_json("fleet-by-nix.json")));
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

fn assert_same_secret(name: &str, said: &Value, truth: &Value) {
    for field in ["name", "key", "format", "path", "mode", "owner", "neededForUsers", "restartUnits", "reloadUnits"] {
        assert_eq!(said[field], truth[field], "{name}.{field}");
    }
    assert_eq!(said["sopsFile"]["path"], truth["sopsFile"]["path"], "{name}.sopsFile");
    // nixpkgs decides which group a normal user has, so this one may be unknown.
    if let Some(group) = said.get("group") {
        assert_eq!(group, &truth["group"], "{name}.group");
    }
    // Of a generated name Nix gives no place in the repository.
    if let Some(written) = truth.get("at") {
        assert_eq!((&said["at"]["file"], &said["at"]["line"]), (&written["file"], &written["line"]), "{name}");
    }
}

/// Every host with the names of its secrets.
fn declared(manifest: &Value) -> Vec<(String, BTreeSet<&String>)> {
    let hosts = manifest["hosts"].as_array().unwrap().iter();
    hosts.map(|host| (host["name"].to_string(), keys(&host["sops"]["secrets"]))).collect()
}

/// The names in an attribute set, sorted.
fn keys(set: &Value) -> BTreeSet<&String> {
    set.as_object().unwrap().keys().collect()
}

fn read_json(fixture: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(fixtures().join(fixture)).unwrap()).unwrap()
}

/// The findings are those of `expected.json`: each matched once, none left over.
fn assert_planted(run: &Run) {
    let output = run.json().unwrap();
    let mut found: Vec<&Value> = output["findings"].as_array().expect("findings[]").iter().collect();
    let expected = read_json("fleet/expected.json");
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

#[test]
fn the_screen_of_the_readme_is_what_is_printed() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let (_, block) = readme.split_once("-- check fixtures/fleet\n").unwrap();
    let (screen, _) = block.split_once("\n```").unwrap();
    let printed = sealnix_in(std::path::Path::new(env!("CARGO_MANIFEST_DIR")), &["check", "fixtures/fleet"]).stdout;
    for part in screen.split("\n…\n") {
        assert!(printed.contains(part.trim_matches('\n')), "not printed:\n{part}\nbut\n{printed}");
    }
}
