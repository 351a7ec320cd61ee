//! The walk-throughs of the documentation, with the real sops and age.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::string_slice, clippy::panic)]

mod installed;
mod walkthrough;

#[test]
fn the_walkthroughs_are_true() {
    if !installed::SOPS.is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    // The second begins where the first ends.
    walkthrough::follow("a-new-host.md", folder.path());
    walkthrough::follow("from-file-to-service.md", folder.path());
}

#[test]
fn the_page_about_access_is_true() {
    if installed::SOPS.is_here() {
        walkthrough::follow("access.md", tempfile::tempdir().unwrap().path());
    }
}
