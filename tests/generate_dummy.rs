//! `sealnix generate dummy`: where it and its identity may stand, and what --dry-run says of that.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::string_slice, clippy::panic)]

mod scratch;
mod sealed;

use std::fs;
use std::path::PathBuf;

use scratch::{Run, Scratch};
use tempfile::TempDir;

/// A repository with the file `real.yaml`, and these to be ignored.
fn repository(ignored: &str) -> Scratch {
    let folder = TempDir::new().unwrap();
    let write = |path: &str, text: &str| fs::write(folder.path().join(path), text).unwrap();
    write("real.yaml", &sealed::yaml("token: STR\n"));
    write("flake.nix", "{ outputs = _: { }; }\n");
    write(".gitignore", ignored);
    Scratch::copy_of(folder.path(), &[], &[])
}

fn dummy(repository: &Scratch, arguments: &[&str]) -> Run {
    repository.sealnix(&[&["generate", "dummy", "real.yaml"], arguments].concat())
}

/// Every file but git's own.
fn files(repository: &Scratch) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(repository.path()).sort_by_file_name().into_iter().map(Result::unwrap);
    entries.map(|entry| entry.path().to_owned()).filter(|path| !path.iter().any(|name| name == ".git")).collect()
}

#[test]
fn no_printed_line_leads_an_identity_into_git() {
    let repository = repository("dummy.yaml\n");
    let before = files(&repository);
    let refused = dummy(&repository, &["--out", "t/dummy.yaml"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""));
    assert!(
        refused.stderr.contains("t/dummy.yaml.agekey") && refused.stderr.contains("an identity"),
        "{}",
        refused.stderr
    );
    assert_eq!(files(&repository), before);
    let elsewhere = TempDir::new().unwrap();
    let key = elsewhere.path().join("key");
    let run = dummy(&repository, &["--out", "t/dummy.yaml", "--key", key.to_str().unwrap()]);
    assert!(run.code == Some(0) && run.stdout.contains(&format!("age-keygen -o {}", key.display())), "{}", run.stderr);
    let tracked = dummy(&repository, &["--out", "t/dummy.yaml", "--tracked"]);
    assert!(tracked.stdout.contains("age-keygen -o t/dummy.yaml.agekey"), "{}", tracked.stderr);
    fs::write(repository.path().join(".gitignore"), "dummy.yaml\n*.agekey\n").unwrap();
    assert_eq!(dummy(&repository, &["--out", "t/dummy.yaml"]).code, Some(0));
}

#[test]
fn the_identity_is_never_what_it_opens() {
    let repository = repository("*\n");
    let identity = "AGE-SECRET-KEY-of-a-test\n";
    fs::write(repository.path().join("same.yaml"), identity).unwrap();
    fs::create_dir(repository.path().join("below")).unwrap();
    let refused = |out: &str, key: &str| {
        for more in [&["--run-sops"][..], &[], &["--dry-run"]] {
            let run = dummy(&repository, &[&["--out", out, "--key", key, "--force"], more].concat());
            assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{out} {key} {more:?}");
            assert!(run.stderr.contains("cannot be both"), "{}", run.stderr);
        }
    };
    refused("same.yaml", "same.yaml");
    refused("same.yaml", "below/../same.yaml");
    refused("new.yaml", "below/../new.yaml");
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        symlink("same.yaml", repository.path().join("link")).unwrap();
        symlink(repository.path(), repository.path().join("below/up")).unwrap();
        refused("same.yaml", "link");
        refused("below/up/new.yaml", "new.yaml");
    }
    assert_eq!(fs::read_to_string(repository.path().join("same.yaml")).unwrap(), identity);
}

/// What it says is what the real run then does.
#[test]
fn a_dry_run_says_what_would_happen() {
    let repository = repository("*\n");
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("d.yaml");
    let out = out.to_str().unwrap();
    let new = dummy(&repository, &["--out", out, "--dry-run"]);
    // git itself names such a file `b/tmp/…` (git diff --no-index /dev/null /tmp/…).
    assert_eq!(new.stdout, format!("--- /dev/null\n+++ b{out}\n@@ -0,0 +1 @@\n+token: dummy-token\n"));
    let sealed = dummy(&repository, &["--out", out, "--dry-run", "--run-sops"]);
    assert_eq!(sealed.stdout, format!("{out} would be made, sealed; {out}.agekey would be made to open it.\n"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);

    fs::write(out, "password: hunter2\n").unwrap();
    fs::write(format!("{out}.agekey"), "").unwrap();
    for more in [&[][..], &["--run-sops"]] {
        let arguments = [&["--out", out], more].concat();
        let (shown, real) =
            (dummy(&repository, &[&arguments[..], &["--dry-run"]].concat()), dummy(&repository, &arguments));
        assert_eq!((shown.code, shown.stdout, shown.stderr), (real.code, real.stdout, real.stderr));
        assert_eq!(real.code, Some(2));
    }
    let forced = dummy(&repository, &["--out", out, "--dry-run", "--force"]);
    assert_eq!(forced.stdout, format!("{out} is there; all of it would be replaced by:\n\ntoken: dummy-token\n"));
    let forced = dummy(&repository, &["--out", out, "--dry-run", "--force", "--run-sops"]);
    assert_eq!(forced.stdout, format!("{out} would be replaced, sealed; {out}.agekey opens it.\n"));
    fs::write(out, "token: dummy-token\n").unwrap();
    let same = dummy(&repository, &["--out", out, "--dry-run"]);
    assert_eq!((same.code, same.stdout.as_str()), (Some(0), ""));
}
