//! `sealnix init`: the first files of a repository.

use std::fs;
use std::path::Path;

use crate::support::scratch::{Scratch, sealnix_in};

const FLAKE: &str = "{\n  outputs = { nixpkgs, sops-nix, ... }: {\n    nixosConfigurations.web = nixpkgs.lib.nixosSystem {\n      modules = [ sops-nix.nixosModules.sops ];\n    };\n  };\n}\n";

/// A git repository with these files.
fn repository(files: &[(&str, &str)]) -> Scratch {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        fs::write(folder.path().join(path), text).unwrap();
    }
    Scratch::copy_of(folder.path(), &[], &[])
}

fn read(scratch: &Scratch, path: &str) -> String {
    fs::read_to_string(scratch.path().join(path)).unwrap()
}

#[test]
fn it_writes_what_is_missing_and_says_what_comes_next() {
    let repository = repository(&[("flake.nix", FLAKE)]);
    let run = repository.sealnix(&["init"]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    insta::assert_snapshot!(run.stdout);
    repository.git(&["add", ".sops.yaml", "sealnix.toml"]);
    let check = repository.sealnix(&["check"]);
    assert_eq!(check.code, Some(0), "{}{}", check.stdout, check.stderr);
    let again = repository.sealnix(&["init"]);
    assert_eq!(again.code, Some(0));
    assert!(again.stdout.starts_with("everything is there already\n"), "{}", again.stdout);
}

/// Every setting that is offered as a comment is one.
#[test]
fn what_the_comments_offer_is_valid() {
    let repository = repository(&[("flake.nix", FLAKE)]);
    assert_eq!(repository.sealnix(&["init"]).code, Some(0));
    let offered = read(&repository, "sealnix.toml");
    let settings: Vec<&str> = offered.lines().filter_map(|line| line.strip_prefix("# ")).collect();
    let settings: Vec<&str> =
        settings.into_iter().filter(|line| line.contains(" = ") || line.starts_with('[')).collect();
    assert_eq!(settings.len(), 24, "{settings:?}");
    let key = "age1gvxh9px0gvwccstyjydgy5snp8aj0z00qq73rtw44a220tvmeg4qkhw5gm";
    // What is not there would be a mistake.
    let settings = settings.join("\n").replace("[users.\"ann@web\"]\nrecipients = [\"age1…\"]\n", "");
    let settings = settings.replace("age1…", key).replace("\"admin\"", &format!("\"{key}\""));
    let settings = settings.replace("../private", ".").replace("private = ", "nixpkgs = ");
    fs::create_dir(repository.path().join("secrets")).unwrap();
    fs::write(repository.path().join("secrets/rules.nix"), "{ }").unwrap();
    fs::write(repository.path().join("sealnix.toml"), settings).unwrap();
    let check = repository.sealnix(&["check"]);
    assert_eq!(check.code, Some(0), "{}{}", check.stdout, check.stderr);
}

#[test]
fn what_is_there_stays() {
    let ours = "creation_rules: [] # ours\n";
    let repository = repository(&[("flake.nix", FLAKE), (".sops.yaml", ours), ("sealnix.toml", "# ours\n")]);
    let hook = repository.path().join(".git/hooks/pre-commit");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::write(&hook, "#!/bin/sh\nours\n").unwrap();
    let run = repository.sealnix(&["init"]);
    assert_eq!(run.code, Some(0));
    assert_eq!(read(&repository, ".sops.yaml"), ours);
    assert_eq!(read(&repository, "sealnix.toml"), "# ours\n");
    assert_eq!(fs::read_to_string(hook).unwrap(), "#!/bin/sh\nours\n");
    assert!(run.stdout.contains(".git/hooks/pre-commit decides what runs before a commit"), "{}", run.stdout);
}

#[test]
fn other_ways_of_running_hooks_are_left_alone() {
    let framework = repository(&[("flake.nix", FLAKE), (".pre-commit-config.yaml", "repos: []\n")]);
    let run = framework.sealnix(&["init"]);
    assert!(run.stdout.contains("entry: sealnix check --staged\n"), "{}", run.stdout);
    assert!(!framework.path().join(".git/hooks/pre-commit").exists());

    let elsewhere = repository(&[("flake.nix", FLAKE)]);
    elsewhere.git(&["config", "core.hooksPath", "hooks"]);
    let run = elsewhere.sealnix(&["init"]);
    assert!(run.stdout.contains("core.hooksPath decides"), "{}", run.stdout);
    assert!(!elsewhere.path().join(".git/hooks/pre-commit").exists());
}

#[test]
fn hooks_that_lead_elsewhere_are_somebodys_own() {
    let repository = repository(&[("flake.nix", FLAKE)]);
    let hooks = repository.path().join(".git/hooks");
    fs::remove_dir_all(&hooks).ok();
    fs::write(&hooks, "no folder").unwrap();
    let run = repository.sealnix(&["init"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stdout.contains("wrote .sops.yaml\n"), "{}", run.stdout);
    assert!(run.stdout.contains("add `sealnix check --staged` there"), "{}", run.stdout);
}

#[test]
fn rules_that_are_elsewhere_are_not_doubled() {
    let agenix = repository(&[("flake.nix", FLAKE), ("token.age", "age-encryption.org/v1\n")]);
    let run = agenix.sealnix(&["init"]);
    assert!(run.stdout.contains("left  .sops.yaml: the secrets are agenix's"), "{}", run.stdout);
    assert!(!agenix.path().join(".sops.yaml").exists());

    let below = repository(&[("flake.nix", FLAKE)]);
    fs::create_dir(below.path().join("secrets")).unwrap();
    fs::write(below.path().join("secrets/.sops.yaml"), "creation_rules: []\n").unwrap();
    let run = below.sealnix(&["init"]);
    assert!(run.stdout.contains("left  .sops.yaml: the rules are in secrets/.sops.yaml\n"), "{}", run.stdout);
    assert!(!below.path().join(".sops.yaml").exists());
}

/// A hook would stop each commit there: `sealnix check` exits 2.
#[test]
fn an_empty_repository_gets_its_hook_when_there_is_something_to_check() {
    let repository = repository(&[]);
    let run = repository.sealnix(&["init"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stdout.contains("run `sealnix init` again"), "{}", run.stdout);
    assert!(!repository.path().join(".git/hooks/pre-commit").exists());
    fs::write(repository.path().join("flake.nix"), FLAKE).unwrap();
    let again = repository.sealnix(&["init"]);
    assert!(again.stdout.starts_with("wrote .git/hooks/pre-commit"), "{}", again.stdout);
}

#[test]
fn a_dry_run_writes_nothing() {
    let repository = repository(&[("flake.nix", FLAKE)]);
    let run = repository.sealnix(&["init", "--dry-run"]);
    assert_eq!(run.code, Some(0));
    for path in [".sops.yaml", "sealnix.toml"] {
        assert!(run.stdout.contains(&format!("+++ b/{path}\n")), "{}", run.stdout);
    }
    assert!(run.stdout.starts_with(".git/hooks/pre-commit would run"), "{}", run.stdout);
    assert!(!run.stdout.contains("b/hooks"), "{}", run.stdout);
    for path in [".sops.yaml", "sealnix.toml", ".git/hooks/pre-commit"] {
        assert!(!repository.path().join(path).exists(), "{path}");
    }
}

#[test]
fn the_hook_stops_a_commit() {
    let leak = "{ outputs = { nixpkgs, sops-nix, self }: { nixosConfigurations.web = nixpkgs.lib.nixosSystem { modules = [ sops-nix.nixosModules.sops { sops.secrets.token.sopsFile = ./none.yaml; } ]; }; }; }\n";
    let repository = repository(&[("flake.nix", leak)]);
    assert_eq!(repository.sealnix(&["init"]).code, Some(0));
    let program = Path::new(env!("CARGO_BIN_EXE_sealnix")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let commit = || {
        let git = std::process::Command::new("git")
            .args(["-c", "user.name=n", "-c", "user.email=e", "commit", "--quiet", "-m", "m"])
            .current_dir(repository.path())
            .env("PATH", &path)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .unwrap();
        (git.status.success(), String::from_utf8(git.stdout).unwrap() + &String::from_utf8(git.stderr).unwrap())
    };
    let (committed, said) = commit();
    assert!(!committed && said.contains("sops-file-missing"), "{said}");
    fs::write(repository.path().join("flake.nix"), FLAKE).unwrap();
    repository.git(&["add", "flake.nix"]);
    assert!(commit().0);
}

#[test]
fn outside_a_git_repository_there_is_no_hook() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("flake.nix"), FLAKE).unwrap();
    let run = sealnix_in(folder.path(), &["init"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stdout.contains("wrote .sops.yaml\nwrote sealnix.toml\n"), "{}", run.stdout);
    assert!(!run.stdout.contains("hook"), "{}", run.stdout);
}
