//! Every rule has its page and two fixtures, fires in the one and is silent in the other.
//!
//! `fixtures/rules/<id>/fires` and `fixtures/rules/<id>/silent` are small repositories, the second
//! the nearest legal thing to the first. A test copies one to an empty folder and makes it a git
//! repository that tracks everything except the paths in `fires.untracked`. Then it runs the real
//! program there, with the manifest `fires.manifest.json` where there is one: what Nix would say, by hand.
//!
//! The examples of a page are these fixtures. A block such as
//!
//! ````text
//! ```nix file=configuration.nix
//! ```
//! ````
//!
//! is an excerpt, in whole lines, of that file: under "Fails" of the one in `fires`, under "Mended"
//! of the one in `silent`. So the run over a fixture is the run over the page's example, and the
//! page can leave out what does not matter.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sealnix::checks::{self, Rule};
use tempfile::TempDir;

fn fixture(rule: &Rule, kind: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rules").join(rule.id).join(kind)
}

#[test]
fn ids_are_unique_and_kebab_case() {
    let mut seen = BTreeSet::new();
    for rule in checks::rules() {
        assert!(seen.insert(rule.id), "{} is listed twice", rule.id);
        let words = rule.id.split('-');
        let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
        assert!(words.into_iter().all(is_word), "{}", rule.id);
    }
}

#[test]
fn every_rule_has_its_page_and_fixtures() {
    for rule in checks::rules() {
        assert!(rule.page.starts_with(&format!("# {}\n", rule.id)), "{}: the page's title", rule.id);
        for section in ["Why it hurts", "Fails", "Mended", "How to silence it"] {
            assert!(rule.page.contains(&format!("\n## {section}\n")), "{}: \"{section}\"", rule.id);
        }
        for kind in ["fires", "silent"] {
            assert!(fixture(rule, kind).join("flake.nix").is_file(), "{}: {kind}", rule.id);
        }
    }
    let listed: BTreeSet<String> = checks::rules().map(|rule| format!("{}.md", rule.id)).collect();
    let pages = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules")).unwrap();
    let pages: BTreeSet<String> = pages.map(|page| page.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(pages, listed, "a page a rule");
}

#[test]
fn every_example_is_its_fixture() {
    for rule in checks::rules() {
        for (section, kind) in [("Fails", "fires"), ("Mended", "silent")] {
            let examples = examples(rule.page, section);
            assert!(!examples.is_empty(), "{}: no example under \"{section}\"", rule.id);
            for (file, example) in examples {
                let text = fs::read(fixture(rule, kind).join(&file)).unwrap();
                let text = format!("\n{}", String::from_utf8_lossy(&text));
                assert!(text.contains(&format!("\n{example}")), "{}: {kind}/{file} has not\n{example}", rule.id);
            }
        }
    }
}

/// The blocks of a section that name a file, with that name.
fn examples(page: &str, section: &str) -> Vec<(String, String)> {
    let (_, rest) = page.split_once(&format!("\n## {section}\n")).unwrap();
    let body = rest.split("\n## ").next().unwrap();
    let mut examples = Vec::new();
    // Every second piece between fences is a block.
    for block in body.split("```").skip(1).step_by(2) {
        let (info, text) = block.split_once('\n').unwrap();
        if let Some((_, file)) = info.split_once("file=") {
            examples.push((file.trim().to_owned(), text.to_owned()));
        }
    }
    examples
}

#[test]
fn every_rule_fires_in_its_fixture() {
    for rule in checks::rules() {
        let found = findings(rule, "fires");
        let rules: Vec<&str> = found.iter().map(|(rule, _)| rule.as_str()).collect();
        // One mistake is one finding.
        assert_eq!(rules, [rule.id], "{found:?}");
    }
}

#[test]
fn every_rule_is_silent_beside_the_nearest_legal_thing() {
    for rule in checks::rules() {
        let found = findings(rule, "silent");
        let heard = found.iter().filter(|(id, level)| id == rule.id || level != "note");
        assert_eq!(heard.count(), 0, "{}: {found:?}", rule.id);
    }
}

/// What a person sees of a finding, without the summary below it; a snapshot a rule.
#[test]
fn every_report_is_as_it_was() {
    for rule in checks::rules() {
        let output = sealnix(rule, "fires", &["check"]);
        let report = String::from_utf8(output.stdout).unwrap();
        // The digest and the counts are the same for every rule; `tests/report.rs` shows them.
        let digest = ["\nerror[", "\nwarning[", "\nnote["].iter().find_map(|level| report.find(level));
        let findings = &report[..digest.expect("a line a finding")];
        insta::assert_snapshot!(rule.id, findings);
    }
}

/// The baseline of every fixture hides what it was made of, though it lies in the repository. The snapshot holds what each
/// finding is known by: where one changes, the baselines that hold it are void.
#[test]
fn every_finding_is_known_again() {
    let mut known = String::new();
    for rule in checks::rules() {
        let folder = repository(rule, "fires");
        let run = |arguments: &[&str]| {
            let arguments = [&["check", "--format", "json", "--baseline", "baseline.json"], arguments].concat();
            let output = sealnix_in(&folder, rule, "fires", &arguments);
            serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
        };
        run(&["--update-baseline"]);
        git(&folder, &["add", "baseline.json"]);
        let baseline = fs::read_to_string(folder.path().join("baseline.json")).unwrap();
        known.extend(
            baseline
                .lines()
                .filter(|line| line.contains("fingerprint"))
                .map(|line| line.trim_end_matches(',').to_owned() + "\n"),
        );
        let report = run(&[]);
        let hides_nothing = ["not-looked-at", "evaluation-error", "conflict-markers"].contains(&rule.id);
        assert_eq!(report["findings"].as_array().unwrap().len(), usize::from(hides_nothing), "{}", rule.id);
        assert_eq!(report["summary"]["fixed"], serde_json::json!([]), "{}", rule.id);
        assert_eq!(report["summary"]["baselined"].as_u64().unwrap() > 0, !hides_nothing, "{}", rule.id);
    }
    insta::assert_snapshot!("fingerprints", known);
}

/// A copy of a fixture, under git.
fn repository(rule: &Rule, kind: &str) -> TempDir {
    let source = fixture(rule, kind);
    let folder = tempfile::tempdir().unwrap();
    for entry in walkdir::WalkDir::new(&source) {
        let entry = entry.unwrap();
        let target = folder.path().join(entry.path().strip_prefix(&source).unwrap());
        if entry.file_type().is_dir() {
            fs::create_dir_all(target).unwrap();
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
    git(&folder, &["init", "--quiet"]);
    git(&folder, &["add", "--all", "--force"]);
    let untracked = fs::read_to_string(source.with_extension("untracked")).unwrap_or_default();
    for path in untracked.lines() {
        git(&folder, &["rm", "--cached", "--quiet", path]);
    }
    folder
}

fn git(folder: &TempDir, arguments: &[&str]) {
    let status = Command::new("git").args(arguments).current_dir(folder.path()).status().unwrap();
    assert!(status.success(), "git {arguments:?}");
}

fn sealnix(rule: &Rule, kind: &str, arguments: &[&str]) -> Output {
    sealnix_in(&repository(rule, kind), rule, kind, arguments)
}

fn sealnix_in(folder: &TempDir, rule: &Rule, kind: &str, arguments: &[&str]) -> Output {
    let manifest = fixture(rule, kind).with_extension("manifest.json");
    let mut command = Command::new(env!("CARGO_BIN_EXE_sealnix"));
    // 1 January 2027: what a rule says of the time since is the same on every day.
    command.args(arguments).current_dir(folder.path()).env_clear().env("SOURCE_DATE_EPOCH", "1798761600");
    // As in a builder of Nix: each finding once more on a line.
    command.env("NIX_BUILD_TOP", "/build");
    if manifest.is_file() {
        command.arg("--manifest").arg(manifest);
    }
    command.output().unwrap()
}

/// Rule and level of every finding of `sealnix check`.
fn findings(rule: &Rule, kind: &str) -> Vec<(String, String)> {
    let output = sealnix(rule, kind, &["check", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}", String::from_utf8_lossy(&output.stderr));
    });
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let findings = report["findings"].as_array().unwrap();
    findings.iter().map(|finding| (text(&finding["rule"]), text(&finding["level"]))).collect()
}
