//! The promise: what sealnix says of a repository is what real Nix and real sops say of it.
//!
//! Runs every case of `fixtures/conformance/cases` and compares by the rules of
//! `fixtures/conformance/README.md`. What does not pass yet is listed with its reason in
//! `expected-failures.txt`; a listed part that passes fails this test, so the list only shrinks.

mod findings;
mod hosts;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::scratch::{Run, Scratch, fixtures};
use serde_json::{Value, json};

/// The two parts of a case, by the names that the list uses.
const PARTS: [&str; 2] = ["hosts", "findings"];

#[test]
fn the_comparison_takes_the_truth_and_nothing_less() {
    for case in cases() {
        let expected = expected_of(&case);
        let mut manifest = as_manifest(&expected);
        assert_eq!(hosts::compare(&expected, &manifest), [""; 0], "{}", case.display());
        manifest["hosts"].as_array_mut().unwrap().pop();
        assert_ne!(hosts::compare(&expected, &manifest), [""; 0], "{}", case.display());

        let output: Vec<Value> = expected["findings"].as_array().unwrap().iter().map(as_finding).collect();
        let compared = findings::compare(&expected["findings"], &Value::Array(output));
        assert_eq!(compared.differences, [""; 0], "{}", case.display());
        assert_eq!(compared.lines, compared.exact, "{}", case.display());
        let silent = findings::compare(&expected["findings"], &json!([]));
        let needed = expected["findings"].as_array().unwrap().iter().filter(|it| it.get("optional").is_none());
        assert_eq!(silent.differences.len(), needed.count(), "{}", case.display());
    }
}

#[test]
fn findings_are_compared_as_the_cases_say() {
    let wanted = json!([{"rule": "key-missing", "severity": "error", "host": "a", "secret": "s", "file": "x.nix", "line": 5,
        "alsoAt": [{"file": "y.nix", "line": 9}]}]);
    let said = |hosts: &[&str], level: &str, file: &str, line: u64| {
        json!({"rule": "key-missing", "level": level, "hosts": hosts, "secret": "s", "file": file,
            "places": [{"primary": false}, {"primary": true, "start": {"line": line}}]})
    };
    let differences = |output: &[Value]| findings::compare(&wanted, &json!(output)).differences.len();
    assert_eq!(differences(&[said(&["a"], "error", "x.nix", 8)]), 0, "three lines off");
    assert_eq!(differences(&[said(&["a"], "error", "x.nix", 9)]), 2, "four lines off: missing, and a false alarm");
    assert_eq!(differences(&[said(&["a"], "error", "y.nix", 9)]), 0, "another place that is as good");
    assert_eq!(differences(&[said(&["a"], "warning", "x.nix", 5)]), 2, "another level");
    assert_eq!(differences(&[said(&["a", "b"], "error", "x.nix", 5)]), 1, "a host too many");
    assert_eq!(differences(&[said(&["a"], "error", "x.nix", 5), said(&["a"], "note", "z.nix", 1)]), 0, "a note");
    let anywhere = json!([{"rule": "recipients-drifted", "severity": "error", "file": "s.yaml"}]);
    let twice = json!([{"rule": "recipients-drifted", "level": "error", "hosts": ["a", "b"], "file": "s.yaml"}]);
    assert_eq!(findings::compare(&anywhere, &twice).differences, [""; 0], "fields that are open count once");
}

/// What the tool would say if it knew all that the case knows.
fn as_manifest(expected: &Value) -> Value {
    let sops = |part: &Value| {
        let mut sops = json!({"secrets": part["secrets"], "templates": part["templates"]});
        for secret in sops["secrets"].as_object_mut().unwrap().values_mut() {
            secret["sopsFile"] = json!({"path": secret["sopsFile"]});
        }
        sops
    };
    let host = |host: &Value| {
        let users = host["homeUsers"].as_object().cloned().unwrap_or_default();
        let users: serde_json::Map<String, Value> =
            users.iter().map(|(user, part)| (user.clone(), json!({"sops": sops(part)}))).collect();
        json!({"name": host["name"], "kind": host["kind"], "complete": {"secrets": true, "templates": true},
            "sops": sops(host), "homeUsers": users})
    };
    json!({"hosts": expected["hosts"].as_array().unwrap().iter().map(host).collect::<Vec<_>>()})
}

fn as_finding(wanted: &Value) -> Value {
    let mut finding = wanted.clone();
    finding["level"] = wanted["severity"].clone();
    finding["hosts"] = wanted["host"].as_str().map_or(json!([]), |host| json!([host]));
    finding["places"] = json!([{"primary": true, "start": {"line": wanted["line"]}}]);
    finding
}

#[test]
fn every_case_agrees_or_is_listed() {
    let mut listed = expected_failures();
    let mut report = String::new();
    let (mut lines, mut exact, mut passed) = (0, 0, 0);
    for case in cases() {
        let name = case.file_name().unwrap().to_str().unwrap().to_owned();
        let (host_differences, compared) = run_case(&case, &expected_of(&case));
        lines += compared.lines;
        exact += compared.exact;
        for (part, differences) in PARTS.into_iter().zip([host_differences, compared.differences]) {
            let reason = listed.remove(&(name.clone(), part.to_owned()));
            match (differences.is_empty(), reason) {
                (true, None) => passed += 1,
                (false, Some(_)) => {}
                (true, Some(_)) => {
                    writeln!(report, "{name} {part}: passes; take it off expected-failures.txt").unwrap();
                }
                (false, None) => {
                    writeln!(report, "{name} {part}: differs\n    {}", differences.join("\n    ")).unwrap();
                }
            }
        }
    }
    for (name, part) in listed.keys() {
        writeln!(report, "expected-failures.txt names {name} {part}, which does not exist").unwrap();
    }
    println!("{passed} parts pass; of {lines} findings with a line {exact} hit it exactly");
    assert!(report.is_empty(), "\n{report}");
}

/// Gives the differences of a case in hosts and in findings.
fn run_case(case: &Path, expected: &Value) -> (Vec<String>, findings::Compared) {
    let untracked: Vec<&str> =
        expected["untracked"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let repository = Scratch::copy_of(&case.join("repo"), &[], &untracked);
    let entry = expected["entry"].as_str().unwrap_or(".");
    let host_differences = match output(&repository.sealnix(&["manifest", entry])) {
        Ok(manifest) => hosts::compare(expected, &manifest),
        Err(why) => vec![why],
    };
    let compared = match output(&repository.sealnix(&["check", "--format", "json", entry])) {
        Ok(output) => findings::compare(&expected["findings"], &output["findings"]),
        Err(why) => findings::Compared { differences: vec![why], ..Default::default() },
    };
    (host_differences, compared)
}

/// The output of a run that could look at everything.
fn output(run: &Run) -> Result<Value, String> {
    match run.code {
        Some(0 | 1) => run.json(),
        code => Err(format!("exit code {code:?}\n{}{}", run.stdout, run.stderr)),
    }
}

fn expected_of(case: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(case.join("expected.json")).unwrap()).unwrap()
}

fn cases() -> Vec<PathBuf> {
    let folder = fixtures().join("conformance/cases");
    let mut cases: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

/// `CASE PART REASON` a line; `#` starts a comment line.
fn expected_failures() -> BTreeMap<(String, String), String> {
    let text = fs::read_to_string(fixtures().join("conformance/expected-failures.txt")).unwrap();
    let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let entries = lines.map(|line| {
        let mut words = line.splitn(3, ' ');
        let (Some(case), Some(part), Some(reason)) = (words.next(), words.next(), words.next()) else {
            panic!("expected-failures.txt: not `CASE PART REASON`: {line}");
        };
        assert!(PARTS.contains(&part), "expected-failures.txt: a part is hosts or findings: {line}");
        assert!(!reason.trim().is_empty(), "expected-failures.txt: no reason: {line}");
        ((case.to_owned(), part.to_owned()), reason.to_owned())
    });
    let all: Vec<_> = entries.collect();
    let count = all.len();
    let map: BTreeMap<_, _> = all.into_iter().collect();
    assert_eq!(map.len(), count, "expected-failures.txt names a part twice");
    map
}
