//! Files whose names say another format than the one that a secret declares, and that sops-nix so reads them in: every
//! command sees that they are sealed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::string_slice, clippy::panic)]

#[allow(dead_code, reason = "not all of it is used here")]
mod scratch;

use std::fs;

use scratch::{Scratch, fixtures};
use tempfile::TempDir;

/// A repository whose host declares secrets of these files of `secrets/`, each in a format.
fn repository(files: &[(&str, &str, String)]) -> Scratch {
    let folder = TempDir::new().unwrap();
    let good = fixtures().join("rules/key-missing/fires");
    fs::create_dir(folder.path().join("secrets")).unwrap();
    for file in ["flake.nix", ".sops.yaml", "secrets/web.yaml"] {
        fs::copy(good.join(file), folder.path().join(file)).unwrap();
    }
    let mut module = "{\n  networking.hostName = \"web\";\n  sops.age.keyFile = \"/k\";\n".to_owned();
    for (index, (name, format, content)) in files.iter().enumerate() {
        module += &format!(
            "  sops.secrets.s{index} = {{ sopsFile = ./secrets/{name}; format = \"{format}\"; key = \"key\"; }};\n"
        );
        fs::write(folder.path().join("secrets").join(name), content).unwrap();
    }
    fs::write(folder.path().join("configuration.nix"), module + "}\n").unwrap();
    Scratch::copy_of(folder.path(), &[], &[])
}

fn vector(path: &str) -> String {
    fs::read_to_string(fixtures().join("vectors").join(path)).unwrap()
}

#[test]
fn the_summary_counts_them() {
    let repository = repository(&[("app.env", "yaml", vector("01-yaml-flat/enc.yaml"))]);
    let report = repository.sealnix(&["check", "--format", "json"]).json().unwrap();
    assert_eq!(report["summary"]["files"], 2, "{report:#}");
}
