//! The promise: what silences a finding does so at its place and for its rule only, and is said where it silences nothing.

use std::fs;

use sealnix::config::Levels;
use sealnix::finding::{Finding, Label, Level};
use sealnix::levels::ignores::Ignores;
use sealnix::levels::judge;
use sealnix::source::{Text, Tree};
use serde_json::Value;

use crate::support::scratch::{Run, Scratch, fixtures};

/// Whether a finding at `HERE` is silenced.
fn is_silenced(path: &str, content: &str) -> bool {
    let text = Text::new(path.into(), content);
    let at = content.find("HERE").unwrap();
    let at = Label::new(text.place(at..at + 4), "");
    let finding = Finding::new("key-missing", Level::Error, at, "x".to_owned());
    let mut tree = Tree::default();
    tree.texts.insert(path.into(), text);
    judge(vec![finding], &Levels::default(), &Ignores::of_tree(&tree)).suppressed == 1
}

#[test]
fn comments_of_nix() {
    let is_silenced = |content: &str| is_silenced("m.nix", content);
    for content in [
        "{\n  HERE = 1; # sealnix: ignore[key-missing] why\n}",
        "{\n  HERE = 1; #sealnix:ignore[ unused-key , key-missing ]\n}",
        "{\n  HERE = 1; # deadnix: skip # sealnix: ignore[key-missing]\n}",
        "{\n  # sealnix: ignore[key-missing] why\n  HERE = 1;\n}",
        "{\n  # sealnix: ignore[key-missing] why\n  # and more\n\t/* and more */\n  HERE = 1;\n}",
        "{\n  /* sealnix: ignore[key-missing] why */\n  HERE = 1;\n}",
        "{\n  /*\n    sealnix: ignore[key-missing]\n    why\n  */\n  HERE = 1;\n}",
        "{\n  /* sealnix: ignore[key-missing] */ HERE = 1;\n}",
        // Rnix has no tree of it, but tokens.
        "{\n  # sealnix: ignore[key-missing] why\n  HERE = ;;\n",
    ] {
        assert!(is_silenced(content), "{content}");
    }
    for content in [
        "{\n  HERE = 1; # sealnix: ignore[unused-key] why\n}",
        "{\n  HERE = 1; # key-missing\n}",
        "{\n  HERE = 1; # not for us: sealnix: ignore[key-missing]\n}",
        "{\n  # sealnix: ignore[key-missing] why\n\n  HERE = 1;\n}",
        "{\n  a = 1; # sealnix: ignore[key-missing] of that line\n  HERE = 1;\n}",
        "{\n  HERE = 1;\n  # sealnix: ignore[key-missing]\n}",
        "{\n  HERE = \"# sealnix: ignore[key-missing]\";\n}",
        "{ a = ''\n  # sealnix: ignore[key-missing]\n  ${HERE} '';\n}",
        "{\n  HERE = \"https://example.org/ #sealnix:ignore[key-missing]\";\n}",
    ] {
        assert!(!is_silenced(content), "{content}");
    }
}

#[test]
fn comments_of_yaml() {
    for path in ["a.yaml", ".sops.yaml", "b.yml"] {
        for content in
            ["# sealnix: ignore[key-missing]\nHERE: 1\n", "a:\n  - HERE # sealnix: ignore[key-missing] why\n"]
        {
            assert!(is_silenced(path, content), "{content}");
        }
        for content in [
            "HERE: \"# sealnix: ignore[key-missing]\"\n",
            "HERE: a#sealnix: ignore[key-missing]\n",
            "a: |\n  # sealnix: ignore[key-missing]\n  HERE\n",
        ] {
            assert!(!is_silenced(path, content), "{content}");
        }
    }
}

#[test]
fn comments_of_dotenv_and_ini() {
    assert!(is_silenced(".env", "# sealnix: ignore[key-missing]\nHERE=1\n"));
    // Sops and systemd take neither for a comment.
    assert!(!is_silenced(".env", "HERE=1 # sealnix: ignore[key-missing]\n"));
    assert!(!is_silenced(".env", " # sealnix: ignore[key-missing]\nHERE=1\n"));
    for sign in ["#", ";"] {
        assert!(is_silenced("a.ini", &format!("[a]\n  {sign} sealnix: ignore[key-missing]\nHERE = 1\n")));
        for value in [
            format!("k = a \\\n{sign} sealnix: ignore[key-missing]\n"),
            format!("k = \"\"\"\n{sign} sealnix: ignore[key-missing]\n\"\"\" "),
        ] {
            assert!(!is_silenced("a.ini", &format!("{value}HERE = 1\n")), "{value}");
        }
    }
}

#[test]
fn comments_of_one_line_are_one_and_case_does_not_count() {
    assert!(is_silenced("m.nix", "{\n  /* x */ # sealnix: ignore[key-missing] why\n  HERE = 1;\n}"));
    assert!(is_silenced("m.nix", "{\n  # Sealnix: ignore[key-missing] why\n  HERE = 1;\n}"));
    assert!(!is_silenced("m.nix", "{\n  /* x */ a = 1; # sealnix: ignore[key-missing] why\n  HERE = 1;\n}"));
}

#[test]
fn another_word_for_ignore_is_said() {
    let scratch = one_mistake();
    above_the_mistake(&scratch, "  # sealnix: disable[key-missing] why\n");
    assert_eq!(
        places(&scratch, &[]),
        ["warning: unused-suppression configuration.nix:6", "error: key-missing configuration.nix:7"]
    );
}

/// sealnix.toml speaks of files, and uses none.
#[test]
fn a_level_for_a_file_does_not_use_it() {
    let scratch = Scratch::copy_of(&fixtures().join("rules/unused-file/fires"), &[], &[]);
    write(&scratch, "sealnix.toml", "[levels.\"secrets/mail.yaml\"]\nunused-file = \"off\"\n");
    let (found, summary, _) = found(&scratch, &[]);
    assert_eq!((found, &summary["suppressed"], &summary["undecided"]), (vec![], &1.into(), &serde_json::json!({})));
}

/// A name that nobody has is a mistake where everybody is known.
#[test]
fn recipients_of_nobody_are_a_mistake() {
    let scratch = one_mistake();
    let key = "age1g6e50tyffy2acgcdl6qmrzdg65mxrehh7lfutkgtxxjyfj4y7etqnlsp2a";
    write(&scratch, "sealnix.toml", &format!("[hosts.webb]\nrecipients = [\"{key}\"]\n"));
    let Run { code, stderr, .. } = scratch.sealnix(&["check"]);
    assert!(code == Some(2) && stderr.contains("there is no host `webb`; did you mean `web`?"), "{stderr}");
}

#[test]
fn json_and_other_files_have_no_comments() {
    assert!(!is_silenced("a.json", "{\n# sealnix: ignore[key-missing]\n\"HERE\": 1}"));
    assert!(!is_silenced("id_ed25519", "# sealnix: ignore[key-missing]\nHERE\n"));
}

/// A repository with one mistake: a `key-missing` in configuration.nix.
fn one_mistake() -> Scratch {
    Scratch::copy_of(&fixtures().join("rules/key-missing/fires"), &[], &[])
}

fn write(scratch: &Scratch, path: &str, content: &str) {
    fs::write(scratch.path().join(path), content).unwrap();
    scratch.git(&["add", "--all", "--force"]);
}

/// Puts lines above the declaration.
fn above_the_mistake(scratch: &Scratch, lines: &str) {
    let path = scratch.path().join("configuration.nix");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(path, text.replace("  sops.secrets.db_pasword", &format!("{lines}  sops.secrets.db_pasword"))).unwrap();
}

/// Rule, path, line and message of what is found, and the run.
fn found(scratch: &Scratch, arguments: &[&str]) -> (Vec<(String, String)>, Value, Option<i32>) {
    let run = scratch.sealnix(&[&["check", "--format", "json"], arguments].concat());
    let report = run.json().unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    let findings = findings.map(|finding| {
        let place = &finding["places"][0];
        let level = finding["level"].as_str().unwrap();
        let (rule, path) = (finding["rule"].as_str().unwrap(), place["path"].as_str().unwrap());
        (format!("{level}: {rule} {path}:{}", place["start"]["line"]), finding["message"].as_str().unwrap().to_owned())
    });
    (findings.collect(), report["summary"].clone(), run.code)
}

fn places(scratch: &Scratch, arguments: &[&str]) -> Vec<String> {
    found(scratch, arguments).0.into_iter().map(|(place, _)| place).collect()
}

const MISTAKE: &str = "error: key-missing configuration.nix:6";

#[test]
fn a_comment_is_used_or_said_to_be_unused() {
    let scratch = one_mistake();
    assert_eq!(places(&scratch, &[]), [MISTAKE]);
    above_the_mistake(&scratch, "  # sealnix: ignore[key-missing] why\n");
    let (findings, summary, code) = found(&scratch, &[]);
    assert_eq!((findings.len(), &summary["suppressed"], code), (0, &1.into(), Some(0)));
    assert_eq!(places(&scratch, &["--no-ignores"]), ["error: key-missing configuration.nix:7"]);
    above_the_mistake(
        &scratch,
        "  # sealnix: ignore[value-not-a-string, key-mising] why\n  # sealnix: ignore key-missing\n",
    );
    let (findings, _, code) = found(&scratch, &["--fail-on", "warning"]);
    let (places, messages): (Vec<_>, Vec<_>) = findings.into_iter().unzip();
    let unused = |line: u32| format!("warning: unused-suppression configuration.nix:{line}");
    assert_eq!((places, code), (vec![unused(7), unused(7), unused(8)], Some(1)));
    assert!(messages[1].starts_with("`value-not-a-string` finds nothing here"), "{messages:?}");
    assert!(messages[0].starts_with("There is no rule `key-mising`; `key-missing` is one"), "{messages:?}");
    assert!(messages[2].starts_with("This comment is meant to silence a rule and names none"), "{messages:?}");
}

#[test]
fn what_was_only_not_asked_for_is_not_unused() {
    let scratch = one_mistake();
    above_the_mistake(&scratch, "  # sealnix: ignore[key-missing, host-not-a-recipient] why\n");
    let unused = ["warning: unused-suppression configuration.nix:6"];
    assert_eq!(places(&scratch, &[]), unused);
    assert_eq!(places(&scratch, &["--only", "unused-suppression"]), unused);
    for arguments in
        [&["--only", "key-missing"][..], &["--host", "web"], &["--no-ignores", "--only", "unused-suppression"]]
    {
        assert_eq!(places(&scratch, arguments), [""; 0], "{arguments:?}");
    }
    above_the_mistake(&scratch, "  # sealnix: ignore[unused-suppression] kept for the next deployment\n");
    assert_eq!(places(&scratch, &[]), [""; 0]);
}

#[test]
fn what_is_not_known_makes_an_unused_one_less_sure() {
    let scratch = one_mistake();
    // Without Nix not all units are known.
    above_the_mistake(&scratch, "  # sealnix: ignore[key-missing, restart-unit-unknown] why\n");
    let report = scratch.sealnix(&["check", "--format", "json"]).json().unwrap();
    let [finding] = &**report["findings"].as_array().unwrap() else { panic!("{report}") };
    assert_eq!((&finding["level"], &finding["certainty"]), (&"note".into(), &"assumed".into()));
}

#[test]
fn levels_of_rules_and_files() {
    let scratch = one_mistake();
    write(&scratch, "sealnix.toml", "[levels.\"*.nix\"]\nkey-missing = \"warning\"\n");
    assert_eq!(places(&scratch, &[]), ["warning: key-missing configuration.nix:6"]);
    write(&scratch, "sealnix.toml", "[levels.\"*.nix\"]\nkey-missing = \"off\"\n");
    assert_eq!(places(&scratch, &[]), [""; 0]);
    write(
        &scratch,
        "sealnix.toml",
        "[levels]\nkey-missing = \"off\"\nempty-value = \"off\"\n[levels.\"hosts/\"]\nkey-missing = \"off\"\nhost-identity-unknown = \
         \"note\"\n",
    );
    let unused = |line: u32| format!("warning: unused-suppression sealnix.toml:{line}");
    assert_eq!(places(&scratch, &[]), [unused(3), unused(5)]);
    write(&scratch, "sealnix.toml", "[levels.\"hosts/\"]\nkey-mising = \"off\"\n");
    let Run { code, stderr, .. } = scratch.sealnix(&["check"]);
    assert!(code == Some(2) && stderr.contains("sealnix.toml:2: there is no rule `key-mising`"), "{stderr}");
}

#[test]
fn only_some_rules_and_quietly() {
    let scratch = one_mistake();
    assert_eq!(found(&scratch, &["--only", "key-missing"]).2, Some(1));
    assert_eq!(found(&scratch, &["--only", "empty-value"]).2, Some(0));
    assert_eq!(places(&scratch, &["--only", "empty-value", "--only", "key-missing"]), [MISTAKE]);
    let Run { code, stderr, .. } = scratch.sealnix(&["check", "--only", "key-mising"]);
    assert!(code == Some(2) && stderr.contains("did you mean `key-missing`?"), "{stderr}");
    let Run { code, stdout, .. } = scratch.sealnix(&["check", "--quiet"]);
    assert_eq!(code, Some(1));
    assert!(stdout.contains("db_pasword") && !stdout.contains("1 host,"), "{stdout}");
    let Run { code, stdout, .. } = scratch.sealnix(&["check", "--quiet", "--only", "empty-value"]);
    assert_eq!((code, stdout.as_str()), (Some(0), ""));
}

#[test]
fn the_level_that_fails() {
    let scratch = one_mistake();
    write(&scratch, "sealnix.toml", "[levels]\nkey-missing = \"warning\"\n");
    let code = |arguments: &[&str]| scratch.sealnix(&[&["check"], arguments].concat()).code;
    assert_eq!(code(&[]), Some(0));
    assert_eq!(code(&["--fail-on", "error"]), Some(0));
    assert_eq!(code(&["--fail-on", "warning"]), Some(1));
    assert_eq!(code(&["--fail-on", "note"]), Some(1));
}

#[test]
fn what_was_not_looked_at_is_said_in_any_case() {
    let scratch = Scratch::copy_of(&fixtures().join("rules/not-looked-at/fires"), &[], &[]);
    for arguments in [&["--quiet", "--only", "empty-value"][..], &["--fail-on", "error"], &["--only", "key-missing"]] {
        let Run { code, stdout, .. } = scratch.sealnix(&[&["check"], arguments].concat());
        assert_eq!(code, Some(2), "{arguments:?}");
        assert!(stdout.contains("not looked at"), "{stdout}");
    }
}
