//! The walk-throughs of the documentation, with the real sops and age.

use crate::support::installed;
use crate::support::walkthrough;

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
