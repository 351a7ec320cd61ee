//! What is written is written as a whole or not at all.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use sealnix::generate::change::{ChangeError, Effect, Plan, effect, write_one};

/// Every file and folder below one, with the files' texts.
fn tree(root: &Path) -> BTreeMap<String, Option<String>> {
    let entries = walkdir::WalkDir::new(root).min_depth(1).into_iter().map(Result::unwrap);
    let path = |entry: &walkdir::DirEntry| entry.path().strip_prefix(root).unwrap().to_str().unwrap().to_owned();
    entries.map(|entry| (path(&entry), fs::read_to_string(entry.path()).ok())).collect()
}

#[test]
fn files_and_their_folders_are_made() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("old"), "before\nsame\n").unwrap();
    let mut plan = Plan::new(root.path());
    plan.create("a/b/new", "text\n".into(), false).unwrap();
    plan.write("old", "after\nsame\n".into()).unwrap();
    assert_eq!(
        plan.diff(),
        "--- /dev/null\n+++ b/a/b/new\n@@ -0,0 +1 @@\n+text\n--- a/old\n+++ b/old\n@@ -1,2 +1,2 @@\n-before\n+after\n same\n"
    );
    plan.apply().unwrap();
    assert_eq!(fs::read_to_string(root.path().join("a/b/new")).unwrap(), "text\n");
    assert_eq!(fs::read_to_string(root.path().join("old")).unwrap(), "after\nsame\n");
    assert_eq!(tree(root.path()).len(), 4, "nothing else is left");
}

#[test]
fn a_file_that_is_there_stays_unless_it_is_forced() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("mine"), "by hand").unwrap();
    let mut plan = Plan::new(root.path());
    let refused = plan.create("mine", "generated".into(), false).unwrap_err();
    assert!(matches!(refused, ChangeError::Exists { .. }), "{refused}");
    assert!(plan.is_empty());
    plan.create("mine", "by hand".into(), false).unwrap();
    assert!(plan.is_empty(), "the same text is no change");
    plan.create("mine", "generated".into(), true).unwrap();
    plan.apply().unwrap();
    assert_eq!(fs::read_to_string(root.path().join("mine")).unwrap(), "generated");
}

#[test]
fn a_run_that_fails_half_way_leaves_everything_as_it_was() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("a"), "a before").unwrap();
    fs::write(root.path().join("b"), "b before").unwrap();
    let mut plan = Plan::new(root.path());
    plan.write("a", "a after".into()).unwrap();
    plan.write("b", "b after".into()).unwrap();
    // Where a folder must be no file can be, and that shows only once `a` and `b` are replaced.
    plan.write("n", "text".into()).unwrap();
    plan.write("n/file", "text".into()).unwrap();
    let before = tree(root.path());
    let refused = plan.apply().unwrap_err();
    assert!(matches!(&refused, ChangeError::Write { path, .. } if path == "n"), "{refused}");
    assert_eq!(tree(root.path()), before);
}

#[test]
fn where_a_file_cannot_be_nothing_is_written() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("b"), "a file").unwrap();
    fs::create_dir(root.path().join("z")).unwrap();
    let mut plan = Plan::new(root.path());
    plan.write("b/c", "text".into()).unwrap_err();
    plan.write("z", "text".into()).unwrap_err();
    assert!(plan.is_empty());
}

#[test]
fn what_somebody_else_wrote_meanwhile_is_not_lost() {
    let root = tempfile::tempdir().unwrap();
    let mut plan = Plan::new(root.path());
    plan.create("new", "ours".into(), false).unwrap();
    fs::write(root.path().join("new"), "theirs").unwrap();
    assert!(matches!(plan.apply().unwrap_err(), ChangeError::Meanwhile { .. }));
    assert_eq!(fs::read_to_string(root.path().join("new")).unwrap(), "theirs");
}

#[test]
fn nothing_is_written_outside() {
    let root = tempfile::tempdir().unwrap();
    let mut plan = Plan::new(root.path());
    for path in ["", "/etc/passwd", "../x", "a/../../x"] {
        assert!(matches!(plan.write(path, String::new()), Err(ChangeError::Outside { .. })), "{path}");
    }
}

#[cfg(unix)]
mod on_unix {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_link_stays_one_and_does_not_lead_out() {
        let (root, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(root.path().join("real"), "before").unwrap();
        symlink("real", root.path().join("link")).unwrap();
        symlink(outside.path(), root.path().join("out")).unwrap();
        let mut plan = Plan::new(root.path());
        plan.write("link", "after".into()).unwrap();
        assert!(matches!(plan.write("out/file", String::new()), Err(ChangeError::Outside { .. })));
        plan.apply().unwrap();
        assert_eq!(fs::read_to_string(root.path().join("real")).unwrap(), "after");
        assert!(fs::symlink_metadata(root.path().join("link")).unwrap().is_symlink());
    }

    /// A pipe without a writer would never be read to its end.
    #[test]
    fn only_regular_files_are_read_and_replaced() {
        let root = tempfile::tempdir().unwrap();
        let place = |name: &str| root.path().join(name);
        assert!(std::process::Command::new("mkfifo").arg(place("pipe")).status().unwrap().success());
        fs::create_dir(place("folder")).unwrap();
        symlink("/dev/null", place("null")).unwrap();
        symlink("nowhere", place("dangling")).unwrap();
        fs::write(place("file"), "before").unwrap();
        symlink("file", place("link")).unwrap();
        let links = ["null", "dangling", "link"].map(place);
        for path in [Path::new("/dev/null").to_owned(), place("pipe"), place("folder")].iter().chain(&links) {
            for refused in [write_one(path, "text", true), effect(path, None, true).map(drop)] {
                assert!(matches!(refused, Err(ChangeError::NotAFile { .. })), "{}", path.display());
            }
        }
        assert_eq!(fs::read_to_string(place("file")).unwrap(), "before");
        assert_eq!(effect(&place("file"), Some("before"), false).unwrap(), Effect::Nothing);
        assert_eq!(effect(&place("file"), Some("after"), true).unwrap(), Effect::Replaces);
        let mut plan = Plan::new(root.path());
        for path in ["pipe", "folder"] {
            assert!(matches!(plan.text(path), Err(ChangeError::NotAFile { .. })), "{path}");
            assert!(matches!(plan.create(path, "text".into(), true), Err(ChangeError::NotAFile { .. })), "{path}");
        }
    }

    #[test]
    fn a_file_keeps_its_permissions() {
        let root = tempfile::tempdir().unwrap();
        let old = root.path().join("old");
        fs::write(&old, "before").unwrap();
        fs::set_permissions(&old, fs::Permissions::from_mode(0o640)).unwrap();
        // What a new file gets here is the umask's to say.
        fs::write(root.path().join("usual"), "").unwrap();
        let mut plan = Plan::new(root.path());
        plan.write("old", "after".into()).unwrap();
        plan.create("new", String::new(), false).unwrap();
        plan.create_executable("run", "#!/bin/sh\n".into()).unwrap();
        plan.apply().unwrap();
        assert_eq!(mode(&old), 0o640);
        assert_eq!(mode(&root.path().join("new")), mode(&root.path().join("usual")));
        assert_ne!(mode(&root.path().join("run")) & 0o100, 0);
    }
}

#[test]
fn an_edit_of_a_text_that_was_read_long_ago_does_not_undo_what_came_since() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("mine"), "since").unwrap();
    let mut plan = Plan::new(root.path());
    plan.edit("mine", "read", "edited".into());
    let refused = plan.apply().unwrap_err();
    assert!(matches!(refused, ChangeError::Meanwhile { .. }), "{refused}");
    fs::write(root.path().join("mine"), "read").unwrap();
    plan.apply().unwrap();
    assert_eq!(fs::read_to_string(root.path().join("mine")).unwrap(), "edited");
    plan.edit("other", "same", "same".into());
    assert_eq!(plan.files().count(), 1);
}
