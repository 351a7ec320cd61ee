//! `sealnix generate dummy`: where it and its identity may stand, and what --dry-run says of that.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::support::installed;
use crate::support::scratch::{Run, Scratch};
use crate::support::sealed;

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

/// Makes a file of two identities; their recipients.
fn two_identities(key: &Path) -> Vec<String> {
    let made = || Command::new("age-keygen").output().unwrap().stdout;
    fs::write(key, [made(), made()].concat()).unwrap();
    let recipients = Command::new("age-keygen").arg("-y").arg(key).output().unwrap().stdout;
    String::from_utf8(recipients).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn every_identity_of_a_key_file_opens_what_is_sealed() {
    if !installed::SOPS.is_here() {
        return;
    }
    let repository = repository("*\n");
    let key = repository.path().join("two keys");
    let recipients = two_identities(&key);
    assert_eq!(recipients.len(), 2);
    let printed = dummy(&repository, &["--out", "by-hand.yaml", "--key", "two keys"]).stdout;
    let lines: Vec<&str> = printed.lines().filter_map(|line| line.strip_prefix("    ")).collect();
    let shell = Command::new("sh").args(["-ec", &lines.join("\n")]).current_dir(repository.path()).output().unwrap();
    assert!(shell.status.success(), "{lines:?}: {}", String::from_utf8_lossy(&shell.stderr));
    let run = dummy(&repository, &["--out", "at-once.yaml", "--key", "two keys", "--run-sops"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    for path in ["by-hand.yaml", "at-once.yaml"] {
        let sealed = fs::read_to_string(repository.path().join(path)).unwrap();
        assert!(recipients.iter().all(|recipient| sealed.contains(recipient)), "{path}: {sealed}");
    }
}

/// What a signal would leave behind while sops runs.
#[cfg(unix)]
#[test]
fn neither_plaintext_nor_identity_is_in_a_scratch_file() {
    use std::os::unix::fs::PermissionsExt;
    if !installed::SOPS.is_here() {
        return;
    }
    let repository = repository("*\n");
    let (scratch, programs) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let sops = programs.path().join("sops");
    fs::write(&sops, "#!/bin/sh\nls -A \"$TMPDIR\" . >\"$SEEN\"\nPATH=$REAL exec sops \"$@\"\n").unwrap();
    fs::set_permissions(&sops, fs::Permissions::from_mode(0o755)).unwrap();
    let before = fs::read_dir(repository.path()).unwrap().count();
    let path = std::env::var("PATH").unwrap();
    let seen = programs.path().join("seen");
    let run = Run::of(
        Command::new(env!("CARGO_BIN_EXE_sealnix"))
            .args(["generate", "dummy", "real.yaml", "--out", "d.yaml", "--run-sops"])
            .current_dir(repository.path())
            .env("PATH", format!("{}:{path}", programs.path().display()))
            .env("REAL", &path)
            .env("SEEN", &seen)
            .env("TMPDIR", scratch.path()),
    );
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let seen = fs::read_to_string(seen).unwrap();
    // Two headings and a blank line between the folders.
    assert_eq!(seen.lines().count(), before + 3, "{seen}");
    assert_eq!(fs::metadata(repository.path().join("d.yaml.agekey")).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0);
}
