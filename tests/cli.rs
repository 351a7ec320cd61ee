//! The command line: what it prints where, and its exit codes.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use sealnix::checks;

const MADE_BY_NIX: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/manifests/mock.json");

/// Runs the real program in a folder, with an environment that decides nothing.
fn sealnix(folder: &Path, arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_sealnix");
    Command::new(program).args(arguments).current_dir(folder).env_clear().output().expect("the program runs")
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("it exits by itself")
}

/// A flake without hosts.
fn empty_flake() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("flake.nix"), "{ outputs = { ... }: { nixosConfigurations = { }; }; }\n")
        .unwrap();
    folder
}

#[test]
fn a_clean_repository_exits_0_and_ends_with_the_summary() {
    let folder = empty_flake();
    for arguments in [&["check"][..], &["check", "."], &["check", "flake.nix"]] {
        let output = sealnix(folder.path(), arguments);
        assert_eq!((code(&output), stderr(&output)), (0, ""));
        assert_eq!(stdout(&output), "0 hosts, 0 secrets, 0 sops files: 0 errors, 0 warnings, 0 notes\n");
    }
}

#[test]
fn without_a_path_the_repository_around_the_folder_is_checked() {
    let folder = empty_flake();
    let below = folder.path().join("hosts/web");
    std::fs::create_dir_all(&below).unwrap();
    assert_eq!(code(&sealnix(&below, &["check"])), 0);
    // The folder itself has no entry.
    assert_eq!(code(&sealnix(folder.path(), &["check", "hosts/web"])), 2);
}

#[test]
fn what_could_not_run_exits_2_and_is_said_on_stderr() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, said) in [
        (&["check", "."][..], "holds no flake.nix, default.nix, hive.nix, configuration.nix"),
        (&["check", "nowhere"], "nowhere cannot be read"),
        (&["manifest", "nowhere"], "nowhere cannot be read"),
        (&["check", ".", "--manifest", "nothing.json"], "nothing.json cannot be read"),
        (&["explain", "no-such-rule-at-all"], "there is no rule `no-such-rule-at-all`"),
        (&["frobnicate"], "unrecognized subcommand"),
        (&["check", "--fail-on", "disaster"], "invalid value"),
    ] {
        let output = sealnix(folder.path(), arguments);
        assert_eq!((code(&output), stdout(&output)), (2, ""), "{arguments:?}");
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
    }
}

#[test]
fn the_help_fits_what_was_given() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, help) in [
        (&["check", "."][..], "give the folder that holds the entry file, or that file"),
        (&["check", "nowhere"], "give the folder of the repository, or its entry file"),
        (&["check", ".", "--manifest", "."], "docs/manifest.md says how to make a manifest"),
    ] {
        let output = sealnix(folder.path(), arguments);
        assert!(stderr(&output).contains(help), "{}", stderr(&output));
    }
}

#[test]
fn json_is_the_findings_contract() {
    let folder = empty_flake();
    let output = sealnix(folder.path(), &["check", "--format", "json"]);
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&value["version"], value["findings"].as_array().unwrap().len()), (&1.into(), 0));
    assert_eq!(value["summary"]["complete"], true);
}

#[test]
fn declarations_come_from_a_manifest_that_nix_made() {
    let folder = tempfile::tempdir().unwrap();
    // The file that the manifest names, and by which it is known to be of this repository.
    std::fs::write(folder.path().join("hosts.nix"), "{ }").unwrap();
    let output = sealnix(folder.path(), &["check", "--manifest", MADE_BY_NIX, "--format", "json", "."]);
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    // alpha, bare, mac and a home. Of sops alpha has ten secrets, its user ada, its container, mac and the home one each;
    // of agenix alpha has six, ada and the home one each.
    let summary = &value["summary"];
    assert_eq!((&summary["hosts"], &summary["secrets"], &summary["templates"]), (&4.into(), &22.into(), &2.into()));
}

#[test]
fn a_manifest_of_another_version_is_refused() {
    let folder = empty_flake();
    std::fs::write(folder.path().join("m.json"), "{\"version\": 7, \"hosts\": []}").unwrap();
    let output = sealnix(folder.path(), &["check", "--manifest", "m.json"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("m.json: manifest version 7 is not supported"), "{}", stderr(&output));
}

#[test]
fn manifest_prints_what_check_reads() {
    let folder = empty_flake();
    let printed = sealnix(folder.path(), &["manifest"]);
    assert!(stdout(&printed).starts_with("{\n  \"version\": 1,\n  \"hosts\": ["), "{}", stdout(&printed));
    std::fs::write(folder.path().join("m.json"), &printed.stdout).unwrap();
    assert_eq!(code(&sealnix(folder.path(), &["check", "--manifest", "m.json"])), 0);
}

#[test]
fn rules_are_listed_and_explained() {
    let folder = tempfile::tempdir().unwrap();
    let output = sealnix(folder.path(), &["rules"]);
    assert_eq!(stdout(&output).lines().count(), checks::rules().count());
    for (rule, line) in checks::rules().zip(stdout(&output).lines()) {
        assert!(line.starts_with(rule.id), "{line}");
        // What it finds, in words; the level stands before it.
        assert!(line.split_whitespace().count() > 6, "{line}");
        assert_eq!(stdout(&sealnix(folder.path(), &["explain", rule.id])).trim_end(), rule.page.trim_end());
        let misspelt = rule.id.replacen('-', "_", 1);
        let output = sealnix(folder.path(), &["explain", &misspelt]);
        assert!(stderr(&output).contains(&format!("did you mean `{}`?", rule.id)), "{}", stderr(&output));
    }
    let output = sealnix(folder.path(), &["check", "--only", "not-lookd-at", "--only", "key-mising"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("did you mean `not-looked-at`?"), "{}", stderr(&output));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = empty_flake();
    let program = env!("CARGO_BIN_EXE_sealnix");
    let mut child = Command::new(program)
        .arg("manifest")
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((code(&output), stderr(&output)), (0, ""));
}

/// What is neither under git nor has an entry file may be all of somebody's files.
#[test]
fn where_there_is_no_repository_nothing_is_walked() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [&["generate", "--check"][..], &["init"], &["generate", "module", "secrets.yaml"]] {
        let output = sealnix(folder.path(), arguments);
        assert_eq!(code(&output), 2, "{arguments:?}");
        assert!(stderr(&output).contains("there is no repository around"), "{}", stderr(&output));
    }
}

/// Not the folder one is in, but that of the file says which repository it is.
#[test]
fn a_file_is_generated_from_in_its_own_repository() {
    let (here, there) = (tempfile::tempdir().unwrap(), empty_flake());
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/fleet/secrets/common.yaml");
    std::fs::copy(vectors, there.path().join("common.yaml")).unwrap();
    let file = there.path().join("common.yaml");
    let output = sealnix(here.path(), &["generate", "module", file.to_str().unwrap(), "--only", "smtp/password"]);
    assert_eq!((code(&output), stderr(&output)), (0, ""));
    assert!(stdout(&output).contains("\"smtp/password\".sopsFile = ./common.yaml;"), "{}", stdout(&output));
}
