//! The promise: a finding is known again when lines move, when the code is reformatted and when its wording changes,
//! and two mistakes are not taken for one.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use sealnix::finding::{Finding, Label, Level};
use sealnix::manifest::Certainty;
use sealnix::source::{Place, Text};

use crate::support::scratch::{Scratch, fixtures};

fn finding() -> Finding {
    let text = Text::new("modules/db.nix".into(), "{\n  a = 1;\n}\n");
    let message = "`db/pasword` is not in `secrets/web.yaml`; `db/password` is.".to_owned();
    Finding {
        hosts: vec!["web".to_owned()],
        secret: Some("db/pasword".to_owned()),
        key: Some("db/pasword".to_owned()),
        names: vec!["secrets/web.yaml".to_owned()],
        suggestion: Some("db/password".to_owned()),
        ..Finding::new("key-missing", Level::Error, Label::new(text.place(4..5), "here"), message)
    }
}

fn fingerprint(change: impl FnOnce(&mut Finding)) -> Vec<String> {
    let mut changed = finding();
    change(&mut changed);
    changed.fingerprints().iter().map(ToString::to_string).collect()
}

/// The example of docs/findings.md, whose hash was computed apart from this program (SHA-256 over each part with its
/// length in 8 bytes before it, big-endian; an absent part is 8 bytes of 0xff). A version that computes another one
/// makes every baseline void.
#[test]
fn the_documented_fingerprint_is_for_ever() {
    let expected = "3be64beb1aeba3cf56937df8a2f9b533";
    assert_eq!(fingerprint(|_| ()), [expected]);
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/findings.md")).unwrap();
    assert!(page.contains(expected));
}

#[test]
fn what_moves_or_is_said_otherwise_is_the_same() {
    let same = fingerprint(|_| ());
    let elsewhere = Text::new("modules/db.nix".into(), "{\n\n\n\n  a = 1;\n}\n");
    assert_eq!(fingerprint(|it| it.primary = Label::new(elsewhere.place(7..8), "there")), same);
    assert_eq!(fingerprint(|it| it.message = "`anything` else".to_owned()), same);
    assert_eq!(fingerprint(|it| (it.help, it.suggestion) = (Some("`x`".to_owned()), None)), same);
    assert_eq!(fingerprint(|it| (it.level, it.certainty) = (Level::Note, Certainty::Assumed("x".into()))), same);
    let names = |names: &[&str]| fingerprint(|it| it.names = names.iter().map(|&name| name.to_owned()).collect());
    assert_eq!(names(&["a", "b"]), names(&["b", "a", "b"]));
}

#[test]
fn another_mistake_is_another_one() {
    let place = |path: &str| Label::new(Place::whole_file(path.into()), "");
    let others = [
        fingerprint(|_| ()),
        fingerprint(|it| it.rule = "value-not-a-string"),
        fingerprint(|it| it.hosts = vec!["db".to_owned()]),
        fingerprint(|it| it.hosts = Vec::new()),
        fingerprint(|it| it.user = Some("ann".to_owned())),
        fingerprint(|it| it.secret = None),
        fingerprint(|it| it.secret = Some("db".to_owned())),
        fingerprint(|it| it.key = None),
        fingerprint(|it| it.primary = place("modules/web.nix")),
        fingerprint(|it| it.names = vec!["secrets/db.yaml".to_owned()]),
        fingerprint(|it| it.template = Some("db.env".to_owned())),
        fingerprint(|it| it.container = Some("lab".to_owned())),
    ];
    let distinct: std::collections::BTreeSet<_> = others.iter().collect();
    assert_eq!(distinct.len(), others.len());
}

#[test]
fn several_hosts_have_one_each() {
    let alone = |host: &str| fingerprint(|it| it.hosts = vec![host.to_owned()]);
    let both = fingerprint(|it| it.hosts = vec!["db".to_owned(), "web".to_owned()]);
    assert_eq!(both, [alone("db"), alone("web")].concat());
}

/// Every fingerprint that a check of the folder gives, with how often.
fn found(scratch: &Scratch) -> BTreeMap<(String, String), usize> {
    let report = scratch.sealnix(&["check", "--format", "json"]).json().unwrap();
    let mut found = BTreeMap::new();
    for finding in report["findings"].as_array().unwrap() {
        for fingerprint in finding["fingerprints"].as_array().unwrap() {
            let rule = finding["rule"].as_str().unwrap().to_owned();
            *found.entry((rule, fingerprint.as_str().unwrap().to_owned())).or_default() += 1;
        }
    }
    found
}

/// Puts lines above all that stands in Nix and YAML files, and reformats Nix.
fn shift(scratch: &Scratch, lines: &str) {
    for entry in walkdir::WalkDir::new(scratch.path()) {
        let entry = entry.unwrap();
        let ending = entry.path().extension().and_then(|ending| ending.to_str());
        if !entry.file_type().is_file() || !matches!(ending, Some("nix" | "yaml")) {
            continue;
        }
        let Ok(text) = fs::read_to_string(entry.path()) else { continue };
        // As a person's own, other layout: nixfmt has to join and to break lines.
        let squeezed = if text.contains("''") || text.contains('#') { text.clone() } else { text.replace('\n', " ") };
        let formatted = match ending {
            Some("nix") => nixfmt_rs::format(&squeezed).unwrap_or(text),
            _ => text,
        };
        fs::write(entry.path(), format!("{lines}{formatted}")).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]
    #[test]
    fn moved_and_reformatted_the_fleet_has_the_same_findings(lines in "(\n|# [a-z ]{0,8}\n){1,5}") {
        let fleet = || Scratch::copy_of(&fixtures().join("fleet"), &["expected.json"], &[]);
        let (before, after) = (fleet(), fleet());
        shift(&after, &lines);
        let before = found(&before);
        prop_assert!(!before.is_empty());
        prop_assert_eq!(before, found(&after));
    }
}

#[test]
fn moved_and_reformatted_every_rule_finds_the_same() {
    for rule in sealnix::checks::rules() {
        let folder = fixtures().join("rules").join(rule.id).join("fires");
        let manifest = folder.with_extension("manifest.json");
        // A manifest says lines; these are not the file's then.
        if manifest.is_file() {
            continue;
        }
        let untracked = fs::read_to_string(folder.with_extension("untracked")).unwrap_or_default();
        let untracked: Vec<&str> = untracked.lines().collect();
        let copy = || Scratch::copy_of(&folder, &[], &untracked);
        let (before, after) = (copy(), copy());
        shift(&after, "# moved\n\n");
        assert_eq!(found(&before), found(&after), "{}", rule.id);
    }
}
