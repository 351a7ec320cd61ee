//! What cannot be read, is excluded or has no effect is said, and never passes for clean.

use std::fs;

use serde_json::Value;

use crate::support::scratch::{Run, Scratch, fixtures};

/// A repository in order: host `web`, its secret in `secrets/web.yaml`, a rule for that file.
fn in_order() -> Scratch {
    Scratch::copy_of(&fixtures().join("rules/recipients-drifted/silent"), &[], &[])
}

fn write(scratch: &Scratch, path: &str, content: &str) {
    fs::write(scratch.path().join(path), content).unwrap();
}

/// The exit code, the rules of the findings, and the summary.
fn check(scratch: &Scratch) -> (Option<i32>, Vec<String>, Value) {
    let run = scratch.sealnix(&["check", "--format", "json"]);
    let json = run.json().unwrap();
    let rules = json["findings"].as_array().unwrap().iter();
    (run.code, rules.map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect(), json["summary"].clone())
}

fn is_clean(scratch: &Scratch) -> bool {
    let (code, rules, _) = check(scratch);
    code == Some(0) && rules.is_empty()
}

#[test]
fn a_rule_file_of_which_nothing_is_known_makes_no_clean_run() {
    // What sops refuses, and what it takes and is more than is read here.
    let deep = format!("creation_rules: []\nother: {}{}\n", "[".repeat(200), "]".repeat(200));
    for (content, rule) in [
        ("creation_rules:\n  - path_regex: [\n", "policy-invalid"),
        ("creation_rules: 12\n", "policy-invalid"),
        ("- a list\n", "policy-invalid"),
        (&deep, "not-looked-at"),
    ] {
        let scratch = in_order();
        write(&scratch, ".sops.yaml", content);
        let (code, rules, summary) = check(&scratch);
        assert_eq!((code, rules), (Some(2), vec![rule.to_owned()]), "{content}");
        assert_eq!(summary["notLookedAt"][0]["path"], ".sops.yaml");
        assert!(summary["undecided"].to_string().contains("`.sops.yaml`, which may name it, could not be read"));
    }
}

#[test]
fn a_rule_that_sops_refuses_is_a_finding() {
    let scratch = in_order();
    write(&scratch, ".sops.yaml", "creation_rules:\n  - path_regex: '(['\n    age: ''\n");
    let (code, rules, summary) = check(&scratch);
    assert_eq!(code, Some(1), "{summary}");
    assert!(rules.contains(&"policy-invalid".to_owned()), "{rules:?}");
}

#[test]
fn a_declared_file_that_a_merge_left_broken_is_not_looked_at() {
    let sealed = fs::read_to_string(in_order().path().join("secrets/web.yaml")).unwrap();
    let halves = format!("<<<<<<< HEAD\n{sealed}=======\n>>>>>>> other\n");
    for (content, rule, why) in [
        // The rule that says what to do; the run has not seen the file all the same.
        (halves, "conflict-markers", "holds git's conflict markers"),
        (format!("a: [\n{sealed}"), "not-looked-at", "is not valid YAML"),
    ] {
        let scratch = in_order();
        write(&scratch, "secrets/web.yaml", &content);
        let (code, rules, summary) = check(&scratch);
        assert_eq!((code, rules), (Some(2), vec![rule.to_owned()]));
        assert!(summary["notLookedAt"][0]["why"].as_str().unwrap().starts_with(why), "{summary}");
    }
}

#[test]
fn a_broken_sops_file_that_nobody_means_is_only_mentioned() {
    let scratch = in_order();
    let sealed = fs::read_to_string(scratch.path().join("secrets/web.yaml")).unwrap();
    write(&scratch, "testdata.yaml", &format!("a: [\n{sealed}"));
    let (code, rules, summary) = check(&scratch);
    assert_eq!((code, rules.len()), (Some(0), 0));
    assert!(summary["undecided"].to_string().contains("whether `testdata.yaml` is in order"), "{summary}");
}

#[test]
fn what_is_excluded_is_not_looked_at() {
    let broken = |scratch: &Scratch| {
        fs::create_dir(scratch.path().join("old")).unwrap();
        write(scratch, "old/template.nix", "{ @name@ = ");
        write(scratch, "old/.sops.yaml", "creation_rules: 12\n");
        fs::write(scratch.path().join("old/latin.nix"), b"\"\xfc\"").unwrap();
        scratch.git(&["add", "old"]);
    };
    let scratch = in_order();
    broken(&scratch);
    assert!(!is_clean(&scratch));
    for pattern in ["old", "old/", "/old/**", "old/*"] {
        write(&scratch, "sealnix.toml", &format!("exclude = [\"{pattern}\"]\n"));
        assert!(is_clean(&scratch), "{pattern}");
        assert_eq!(scratch.sealnix(&["manifest"]).code, Some(0), "{pattern}");
    }
}

#[test]
fn what_is_wrong_with_an_excluded_sops_file_is_unknown_and_not_a_mistake() {
    let scratch = in_order();
    write(&scratch, "secrets/web.yaml", "token: squirrel\n");
    assert!(!is_clean(&scratch));
    write(&scratch, "sealnix.toml", "exclude = [\"secrets/\"]\n");
    assert!(is_clean(&scratch));
    let (_, _, summary) = check(&scratch);
    assert!(summary["undecided"].to_string().contains("`secrets/web.yaml` is excluded in `sealnix.toml`"), "{summary}");
}

#[test]
fn an_excluded_module_that_a_host_imports_is_still_evaluated() {
    let scratch = in_order();
    write(&scratch, "sealnix.toml", "exclude = [\"*.nix\"]\n");
    let (code, _, summary) = check(&scratch);
    assert_eq!((code, &summary["hosts"], &summary["secrets"]), (Some(0), &1.into(), &1.into()));
    write(&scratch, "configuration.nix", "{ a = ");
    let (_, rules, _) = check(&scratch);
    assert!(rules.contains(&"nix-syntax".to_owned()), "{rules:?}");
}

#[test]
fn a_setting_without_effect_is_refused() {
    let scratch = in_order();
    for (content, said) in [
        (
            "[levels]\nkey-mising = \"off\"\n",
            "sealnix.toml:2: there is no rule `key-mising`; did you mean `key-missing`?",
        ),
        ("[levels]\nzzz = \"off\"\n", "sealnix.toml:2: there is no rule `zzz`; `sealnix rules` lists them"),
        ("exclude = [\"{a\"]\n", "sealnix.toml:1: this is no pattern of paths"),
    ] {
        write(&scratch, "sealnix.toml", content);
        let Run { code, stderr, stdout } = scratch.sealnix(&["check"]);
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{content}");
        assert!(stderr.contains(said), "{stderr}");
    }
}

#[test]
fn the_manifest_of_another_repository_is_refused() {
    let scratch = in_order();
    let manifest = fixtures().join("fleet-by-nix.json");
    let Run { code, stderr, .. } = scratch.sealnix(&["check", "--manifest", manifest.to_str().unwrap()]);
    assert_eq!(code, Some(2));
    assert!(stderr.contains("is the manifest of another repository"), "{stderr}");
}

/// Nix stops at a module that git does not track; the message says what to do.
#[test]
fn a_module_that_git_does_not_track_is_not_looked_at() {
    let scratch = Scratch::copy_of(&fixtures().join("rules/recipients-drifted/silent"), &[], &["configuration.nix"]);
    let (code, rules, summary) = check(&scratch);
    assert_eq!(code, Some(2), "{rules:?} {summary}");
    assert_eq!(summary["notLookedAt"][0]["path"], "flake.nix");
    assert!(
        summary["notLookedAt"][0]["why"].as_str().unwrap().contains("run `git add configuration.nix`"),
        "{summary}"
    );
}

/// Hosts that a function of an absent input makes cannot be seen: neither command calls that clean.
#[test]
fn a_repository_in_which_no_host_can_be_seen_is_not_clean() {
    let scratch = in_order();
    let flake = "{ inputs.maker.url = \"github:someone/maker\"; outputs = { maker, ... }: maker.lib.mkFlake { } { }; }";
    write(&scratch, "flake.nix", flake);
    for command in ["check", "manifest"] {
        let run: Run = scratch.sealnix(&[command]);
        assert_eq!(run.code, Some(2), "{command}: {}", run.stdout);
        assert!(run.stdout.contains("the flake input maker is not here"), "{command}: {}", run.stdout);
    }
}

#[test]
fn a_declared_file_that_git_ignores_is_untracked_and_not_missing() {
    let scratch = in_order();
    scratch.git(&["rm", "--quiet", "--cached", "secrets/web.yaml"]);
    write(&scratch, ".gitignore", "secrets\n");
    let run = scratch.sealnix(&["check"]);
    assert_eq!(run.code, Some(1), "{}", run.stdout);
    assert!(run.stdout.contains("sops-file-untracked") && !run.stdout.contains("sops-file-missing"), "{}", run.stdout);
    assert!(run.stdout.contains("git add --force secrets/web.yaml"), "{}", run.stdout);
}

/// The file of an agenix secret that does not begin as an age file is in clear; one that is cut short is not known to be.
#[test]
fn a_declared_age_file_that_is_none_is_said() {
    let repository = |content: &str| {
        let scratch = Scratch::copy_of(&fixtures().join("rules/age-file-missing/silent"), &[], &[]);
        write(&scratch, "secrets/token.age", content);
        check(&scratch)
    };
    let (_, rules, _) = repository("hunter2\n");
    assert_eq!(rules, ["file-not-encrypted"]);
    let (_, rules, summary) = repository("age-encryption.org/v1\n-> X25519\n");
    assert_eq!(rules, [""; 0]);
    assert!(summary["undecided"].to_string().contains("can be read from `secrets/token.age`"), "{summary}");
}
