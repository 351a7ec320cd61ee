//! The promise: the two JSON contracts stay as they are. A change of either snapshot is a change of
//! what other programs read: it needs a new version, or must only add.

use crate::support::scratch::{Scratch, fixtures};

fn contract() -> Scratch {
    Scratch::copy_of(&fixtures().join("contract"), &[], &[])
}

#[test]
fn manifest() {
    let run = contract().sealnix(&["manifest"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(run.json().unwrap()["version"], 1);
    insta::assert_snapshot!(run.stdout);
}

#[test]
fn findings() {
    let run = contract().sealnix(&["check", "--format", "json"]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert_eq!(run.json().unwrap()["version"], 1);
    insta::assert_snapshot!(run.stdout);
}
