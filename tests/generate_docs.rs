//! The examples of docs/generate.md, followed as a person would.

use std::fs;

use crate::support::sealed;
use crate::support::walkthrough;

#[test]
fn the_page_is_true() {
    let folder = tempfile::tempdir().unwrap();
    let secrets = folder.path().join("fleet/secrets");
    fs::create_dir_all(&secrets).unwrap();
    fs::create_dir(folder.path().join("fleet/.git")).unwrap();
    let body = "token: STR\ndb:\n    password: STR\n    port: INT\nmail: STR\n";
    fs::write(secrets.join("common.yaml"), sealed::yaml(body)).unwrap();
    walkthrough::follow("generate.md", folder.path());
}
