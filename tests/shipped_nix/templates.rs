//! The templates for a new repository: sealnix says what is left to be done, and finds nothing wrong.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::support::installed_nix::Store;
use crate::support::scratch::{Run, Scratch};

#[test]
fn a_new_repository_is_told_what_is_left_to_do() {
    for template in ["flake", "flake-parts"] {
        let Run { code, stdout, .. } = repository(template).sealnix(&["check"]);
        insta::assert_snapshot!("template", stdout);
        assert_eq!(code, Some(1), "{template}");
    }
}

/// The check says the same, and Nix the rest: both flakes evaluate, with the host's one secret.
#[test]
fn the_flake_of_a_template_has_the_check() {
    let Some(store) = Store::new() else { return };
    for template in ["flake", "flake-parts"] {
        let repository = repository(template);
        let said = store.evaluate(&format!(
            "let check = (import ./fixtures/stubs/outputs.nix {}).checks.x86_64-linux.sealnix; in {{
              inherit (check) name;
              secrets = map (host: builtins.attrNames host.sops.secrets) check.manifest.hosts;
            }}",
            repository.path().display(),
        ));
        assert_eq!(said, json!({ "name": "sealnix", "secrets": [["root-password"]] }), "{template}");
        let findings = repository.sealnix(&["check", "--format", "json"]).json().unwrap();
        assert_eq!(findings["summary"]["unknown"], json!({}), "{template}");
    }
}

/// They differ in their flakes, and a folder is all that a template can be.
#[test]
fn the_templates_are_otherwise_the_same() {
    let files = |template| {
        let mut files = Vec::new();
        collect(&folder(template), &folder(template), &mut files);
        files.retain(|(path, _)| path != Path::new("flake.nix"));
        files.sort();
        files
    };
    assert_eq!(files("flake").len(), 3);
    assert_eq!(files("flake"), files("flake-parts"));
}

fn repository(template: &str) -> Scratch {
    Scratch::copy_of(&folder(template), &[], &[])
}

fn folder(template: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("nix/templates").join(template)
}

/// Every file below a folder, relative to it, with its text.
fn collect(root: &Path, folder: &Path, files: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            files.push((path.strip_prefix(root).unwrap().to_owned(), fs::read_to_string(&path).unwrap()));
        }
    }
}
