//! The examples of docs/generate.md, followed as a person would.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::string_slice, clippy::panic)]

mod sealed;
mod walkthrough;

use std::fs;

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
