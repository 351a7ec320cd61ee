//! `check --staged`: what git's index holds is judged, and not what lies in the work tree.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{flake, fleet, repository, write};
use crate::support::scratch::{Run, Scratch, fixtures, sealnix_in};

const STAGED: [&str; 2] = ["check", "--staged"];

fn good() -> String {
    flake("{ }")
}

fn bad() -> String {
    flake("{ sops.secrets.token.sopsFile = ./none.yaml; }")
}

/// The rules of those findings that the repositories here are about.
fn found(run: &Run) -> Vec<String> {
    let report = run.json().unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    let rules = findings.map(|finding| finding["rule"].as_str().unwrap());
    let concern = |rule: &&str| rule.starts_with("sops-file-") || matches!(*rule, "key-missing" | "not-looked-at");
    rules.filter(concern).map(str::to_owned).collect()
}

fn staged(repository: &Scratch) -> Vec<String> {
    found(&repository.sealnix(&["check", "--staged", "--format", "json"]))
}

#[test]
fn a_mended_work_tree_does_not_mend_the_commit() {
    let repository = repository(&[("flake.nix", &bad())]);
    write(repository.path(), "flake.nix", &good());
    assert_eq!(repository.sealnix(&["check"]).code, Some(0));
    let run = repository.sealnix(&STAGED);
    assert_eq!(run.code, Some(1), "{}{}", run.stdout, run.stderr);
    // What is shown is what is staged.
    assert!(run.stdout.contains("none.yaml"), "{}", run.stdout);
}

#[test]
fn a_broken_work_tree_does_not_break_the_commit() {
    let repository = repository(&[("flake.nix", &good())]);
    write(repository.path(), "flake.nix", "{ this is no Nix");
    write(repository.path(), "sealnix.toml", "nor is this TOML");
    assert_eq!(repository.sealnix(&STAGED).code, Some(0));
    fs::remove_file(repository.path().join("flake.nix")).unwrap();
    assert_eq!(repository.sealnix(&STAGED).code, Some(0));
    assert_eq!(repository.sealnix(&["check"]).code, Some(2));
}

#[test]
fn the_configuration_is_the_staged_one() {
    let off = "[levels]\nsops-file-missing = \"off\"\n";
    let repository = repository(&[("flake.nix", &bad()), ("sealnix.toml", off)]);
    write(repository.path(), "sealnix.toml", "");
    assert_eq!((repository.sealnix(&STAGED).code, repository.sealnix(&["check"]).code), (Some(0), Some(1)));
}

/// Where nothing differs, nothing differs; also with the objects packed.
#[test]
fn all_is_found_that_is_found_in_the_work_tree() {
    let fleet = fleet();
    let both = |repository: &Scratch| {
        let run = |arguments: &[&str]| repository.sealnix(arguments).json().unwrap();
        (run(&["check", "--format", "json", "--staged"]), run(&["check", "--format", "json"]))
    };
    let (staged, work_tree) = both(&fleet);
    assert_eq!(staged, work_tree);
    fleet.git(&["-c", "user.name=n", "-c", "user.email=e", "commit", "--quiet", "-m", "m"]);
    fleet.git(&["gc", "--quiet"]);
    assert_eq!(both(&fleet).0, work_tree);
    for folder in ["agenix/agenix", "contract", "unknowns", "rules/key-missing/fires", "rules/not-looked-at/fires"] {
        let folder = fixtures().join(folder);
        if folder.is_dir() {
            let (staged, work_tree) = both(&Scratch::copy_of(&folder, &[], &[]));
            assert_eq!(staged, work_tree, "{}", folder.display());
        }
    }
    // A folder of a larger repository.
    let inner = sealnix_in(Path::new(env!("CARGO_MANIFEST_DIR")), &["check", "--staged", "fixtures/fleet"]);
    assert!(inner.code == Some(1) || !Path::new(env!("CARGO_MANIFEST_DIR")).join(".git").exists(), "{}", inner.stderr);
}

#[test]
fn what_is_not_staged_is_not_there() {
    let repository = repository(&[("flake.nix", &flake("./web.nix"))]);
    write(repository.path(), "web.nix", "{ sops.secrets.token.sopsFile = ./secrets.yaml; }\n");
    let sealed = fs::read_to_string(fixtures().join("fleet/secrets/common.yaml")).unwrap();
    write(repository.path(), "secrets.yaml", &sealed);
    // An intent to add is no content.
    repository.git(&["add", "--intent-to-add", "web.nix"]);
    assert!(!staged(&repository).contains(&"key-missing".to_owned()));
    repository.git(&["add", "web.nix"]);
    let run = repository.sealnix(&STAGED);
    assert!(run.stdout.contains("`git add secrets.yaml`"), "{}", run.stdout);
    assert_eq!(staged(&repository), ["sops-file-untracked"]);
    repository.git(&["add", "secrets.yaml"]);
    assert_eq!(staged(&repository), ["key-missing"]);
}

#[test]
#[cfg(unix)]
fn symlinks_are_followed_within_the_index() {
    use std::os::unix::fs::symlink;
    let repository = repository(&[
        ("flake.nix", &flake("./all/web.nix")),
        ("hosts/real.nix", "{ sops.secrets.a.sopsFile = ./none.yaml; }\n"),
    ]);
    symlink("real.nix", repository.path().join("hosts/web.nix")).unwrap();
    symlink("./hosts", repository.path().join("all")).unwrap();
    symlink("/etc/hostname.nix", repository.path().join("outside.nix")).unwrap();
    repository.git(&["add", "."]);
    write(repository.path(), "hosts/real.nix", "{ }\n");
    fs::remove_file(repository.path().join("all")).unwrap();
    // `outside.nix` leads out of the repository.
    assert_eq!(staged(&repository), ["sops-file-missing", "not-looked-at"]);
}

/// What Git LFS and git-crypt keep elsewhere, here by a filter that keeps it in a file.
#[test]
fn what_git_keeps_elsewhere_is_read_through_its_filter() {
    let repository =
        repository(&[("flake.nix", &flake("./web.nix")), (".gitattributes", "web.nix filter=elsewhere\n")]);
    let kept = repository.path().join(".git/kept");
    let clean = format!("cat > {}; echo version https://git-lfs.github.com/spec/v1", kept.display());
    repository.git(&["config", "filter.elsewhere.clean", &clean]);
    repository.git(&["config", "filter.elsewhere.smudge", &format!("cat {}", kept.display())]);
    write(repository.path(), "web.nix", "{ sops.secrets.token.sopsFile = ./none.yaml; }\n");
    repository.git(&["add", "web.nix"]);
    assert_eq!(staged(&repository), ["sops-file-missing"]);
}

#[test]
fn a_linked_work_tree_has_an_index_of_its_own() {
    let repository = repository(&[("flake.nix", &good())]);
    repository.git(&["-c", "user.name=n", "-c", "user.email=e", "commit", "--quiet", "-m", "m"]);
    let other = tempfile::tempdir().unwrap();
    let linked = other.path().join("linked");
    repository.git(&["worktree", "add", "--quiet", linked.to_str().unwrap()]);
    write(&linked, "flake.nix", &bad());
    assert_eq!(sealnix_in(&linked, &STAGED).code, Some(0));
    assert!(Command::new("git").args(["add", "flake.nix"]).current_dir(&linked).status().unwrap().success());
    assert_eq!((sealnix_in(&linked, &STAGED).code, repository.sealnix(&STAGED).code), (Some(1), Some(0)));
}

/// In a hook git may commit another index than the repository's own.
#[test]
fn the_hook_judges_what_git_commits() {
    let repository = repository(&[("flake.nix", &good()), ("notes.md", "a\n")]);
    assert_eq!(repository.sealnix(&["init"]).code, Some(0));
    let program = Path::new(env!("CARGO_BIN_EXE_sealnix")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let commit = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=n", "-c", "user.email=e", "commit", "--quiet", "-m", "m"]).args(arguments);
        git.current_dir(repository.path()).env("PATH", &path).env("GIT_CONFIG_GLOBAL", "/dev/null");
        let output = git.output().unwrap();
        (
            output.status.success(),
            String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap(),
        )
    };
    assert!(commit(&[]).0);
    write(repository.path(), "flake.nix", &bad());
    let (committed, said) = commit(&["--all"]);
    assert!(!committed && said.contains("sops-file-missing"), "{said}");
    // Of a part: the mistake is not in it.
    write(repository.path(), "notes.md", "b\n");
    let (committed, said) = commit(&["notes.md"]);
    assert!(committed, "{said}");
    assert!(!commit(&["flake.nix"]).0);
}

#[test]
fn outside_of_git_nothing_is_staged() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "flake.nix", &good());
    let run = sealnix_in(folder.path(), &STAGED);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("not a git repository"), "{}", run.stderr);
    for other in [["--manifest", "x"].as_slice(), &["--eval"]] {
        assert_eq!(sealnix_in(folder.path(), &[&STAGED, other].concat()).code, Some(2));
    }
}
