//! `nix/manifest.nix`, run by the installed Nix on hosts written by hand: it gives what is recorded, and
//! its keys are those of the Rust types.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::string_slice, clippy::panic)]

mod nix_tool;
mod schema;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use nix_tool::Nix;
use sealnix::manifest::Manifest;
use sealnix::source::Tree;
use serde_json::Value;

/// Set to write what Nix gives instead of comparing it.
const RECORD: &str = "SEALNIX_TEST_RECORD";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn evaluated(nix: &Nix, units: bool) -> Value {
    let Output { status, stdout, stderr } = nix
        .program("nix-instantiate")
        .args(["--store", "dummy://", "--eval", "--strict", "--json", "--arg", "units", &units.to_string()])
        .arg(root().join("fixtures/manifests/mock.nix"))
        .output()
        .unwrap();
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    serde_json::from_slice(&stdout).unwrap()
}

fn recorded() -> Value {
    serde_json::from_str(&fs::read_to_string(root().join("fixtures/manifests/mock.json")).unwrap()).unwrap()
}

#[test]
fn the_recorded_manifests_are_those_that_nix_makes() {
    let scratch = tempfile::tempdir().unwrap();
    let Some(nix) = Nix::with_store_in(scratch.path()) else { return };
    for (file, units) in [("mock.json", true), ("mock-without-units.json", false)] {
        let path = root().join("fixtures/manifests").join(file);
        let made = evaluated(&nix, units);
        if std::env::var_os(RECORD).is_some() {
            fs::write(&path, serde_json::to_string_pretty(&made).unwrap() + "\n").unwrap();
        }
        let recorded: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        assert!(made == recorded, "Nix gives another {file}; with {RECORD}=1 it is written anew");
    }
}

/// Both directions: Nix gives no key that the types do not know, and every one that it can know.
#[test]
fn nix_gives_the_keys_of_the_types() {
    let known = schema::keys(&serde_json::to_value(schema::full()).unwrap());
    let expected: BTreeSet<String> = known.into_iter().filter(|key| schema::is_by_nix(key)).collect();
    let given = schema::keys(&recorded());
    let unknown: Vec<&String> = given.difference(&expected).collect();
    let missing: Vec<&String> = expected.difference(&given).collect();
    assert!(unknown.is_empty() && missing.is_empty(), "no type has {unknown:?}; Nix does not give {missing:?}");
}

/// Nothing is lost on the way: what is read and written again has every key that Nix gave.
#[test]
fn every_key_that_nix_gives_is_read() {
    let given = recorded();
    let manifest = Manifest::from_json(&given.to_string(), "mock.json", &Tree::default()).unwrap();
    let written = schema::keys(&serde_json::to_value(manifest).unwrap());
    let given = schema::keys(&given);
    let lost: Vec<&String> = given.difference(&written).collect();
    assert!(lost.is_empty(), "{lost:?}");
}

/// Every Nix file that is shipped or embedded.
#[test]
fn every_nix_file_is_read_by_nix() {
    let scratch = tempfile::tempdir().unwrap();
    let Some(nix) = Nix::with_store_in(scratch.path()) else { return };
    let mut files: Vec<PathBuf> = ["nix", "src"]
        .iter()
        .flat_map(|folder| walkdir::WalkDir::new(root().join(folder)))
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "nix"))
        .collect();
    files.extend([root().join("flake.nix")].into_iter().filter(|file| file.is_file()));
    let output = nix.program("nix-instantiate").arg("--parse").args(&files).output().unwrap();
    assert!(output.status.success() && files.len() > 10, "{}", String::from_utf8_lossy(&output.stderr));
}
