//! `.pre-commit-hooks.yaml`, with the real pre-commit (<https://pre-commit.com>).

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{flake, repository, write};
use crate::support::installed::Needed;
use crate::support::scratch::Scratch;

const PRE_COMMIT: Needed = Needed {
    programs: &["pre-commit"],
    demanded_by: "SEALNIX_TEST_NEEDS_PRECOMMIT",
    debian: "apt-get install pre-commit",
};

const HOOKS: &str = include_str!("../../.pre-commit-hooks.yaml");

/// Runs a program in the repository as a person who has sealnix installed; whether it succeeded, and what it said.
fn run(repository: &Scratch, program: &str, arguments: &[&str]) -> (bool, String) {
    let sealnix = Path::new(env!("CARGO_BIN_EXE_sealnix")).parent().unwrap();
    let output = Command::new(program)
        .args(arguments)
        .current_dir(repository.path())
        .env("PATH", format!("{}:{}", sealnix.display(), std::env::var("PATH").unwrap()))
        .env("PRE_COMMIT_HOME", repository.path().join(".git/pre-commit-home"))
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

const COMMIT: [&str; 7] = ["-c", "user.name=n", "-c", "user.email=e", "commit", "-m", "m"];

/// A repository whose commits pre-commit checks with a hook of `.pre-commit-hooks.yaml`. Not built by cargo, as it is for
/// people, but taken as it is installed.
fn hooked(id: &str) -> (Scratch, Scratch) {
    let hooks = repository(&[(".pre-commit-hooks.yaml", &HOOKS.replace("language: rust", "language: system"))]);
    hooks.git(&COMMIT);
    let revision = run(&hooks, "git", &["rev-parse", "HEAD"]).1;
    let config = format!(
        "repos:\n  - repo: {}\n    rev: {}\n    hooks:\n      - id: {id}\n",
        hooks.path().display(),
        revision.trim()
    );
    let bad = flake("{ sops.secrets.token.sopsFile = ./none.yaml; }");
    let repository = repository(&[("flake.nix", &bad), (".pre-commit-config.yaml", &config)]);
    let (installed, said) = run(&repository, "pre-commit", &["install"]);
    assert!(installed, "{said}");
    (repository, hooks)
}

#[test]
fn a_bad_commit_is_refused_and_a_good_one_passes() {
    if !PRE_COMMIT.is_here() {
        return;
    }
    for id in ["sealnix", "sealnix-staged"] {
        let (repository, _hooks) = hooked(id);
        let (committed, said) = run(&repository, "git", &COMMIT);
        assert!(!committed && said.contains("sops-file-missing"), "{id}: {said}");
        // Mended in the work tree alone.
        let good = flake("{ }");
        write(repository.path(), "flake.nix", &good);
        let (committed, said) = run(&repository, "git", &COMMIT);
        assert!(!committed && said.contains("sops-file-missing"), "{id}: {said}");
        assert_eq!(fs::read_to_string(repository.path().join("flake.nix")).unwrap(), good);
        repository.git(&["add", "flake.nix"]);
        let (committed, said) = run(&repository, "git", &COMMIT);
        assert!(committed && said.contains("Passed"), "{id}: {said}");
    }
}

/// Hooks that go by names are not run when a file is only deleted.
#[test]
fn a_commit_that_only_deletes_is_checked() {
    if !PRE_COMMIT.is_here() {
        return;
    }
    let (repository, _hooks) = hooked("sealnix-staged");
    write(repository.path(), "flake.nix", &flake("./web.nix"));
    write(
        repository.path(),
        "web.nix",
        "{ sops.secrets.token.sopsFile = ./secrets.yaml; sops.secrets.token.key = \"\"; }\n",
    );
    let sealed = fs::read_to_string(crate::support::scratch::fixtures().join("fleet/secrets/common.yaml")).unwrap();
    write(repository.path(), "secrets.yaml", &sealed);
    repository.git(&["add", "."]);
    let (committed, said) = run(&repository, "git", &COMMIT);
    assert!(committed, "{said}");
    repository.git(&["rm", "--quiet", "secrets.yaml"]);
    let (committed, said) = run(&repository, "git", &COMMIT);
    assert!(!committed && said.contains("sops-file-missing"), "{said}");
}
