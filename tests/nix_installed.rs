//! The recorded values of `fixtures/nix/builtins.json` are those of the Nix that is installed here,
//! but for what `fixtures/nix/nix-2.8.json` says that Debian's has otherwise. `.ci/run` installs it
//! and demands it; elsewhere the test says that it did not run.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use rayon::prelude::*;
use serde_json::Value;

/// Set by `.ci/run`: without Nix the test fails.
const DEMANDED: &str = "SEALNIX_TEST_NEEDS_NIX";

#[test]
fn the_installed_nix_gives_the_recorded_values() {
    let Some(version) = installed() else {
        assert!(std::env::var_os(DEMANDED).is_none(), "nix-instantiate is not installed (Debian: nix-bin)");
        // Not captured, unlike what eprintln! writes.
        let said = "SKIPPED: nix-instantiate is not installed: no recorded value was compared (Debian: nix-bin)\n";
        std::io::stderr().write_all(said.as_bytes()).unwrap();
        return;
    };
    let recorded = read("builtins.json");
    let older = read("nix-2.8.json");
    let differences: BTreeMap<&str, &str> =
        rows(&older, "differences").map(|row| (text(row, "expression"), text(row, "why"))).collect();
    assert!(differences.values().all(|why| !why.is_empty()), "a difference has no reason");
    let compared: Vec<&Value> =
        rows(&recorded, "cases").filter(|case| !differences.contains_key(text(case, "expression"))).collect();
    let (values, errors): (Vec<&Value>, Vec<&Value>) =
        compared.into_iter().partition(|case| case.get("value").is_some());
    let mut wrong = wrong_values(&values);
    wrong.extend(those(&errors, |case| evaluate(text(case, "expression")).is_some()));
    if older["nix"] == version.as_str() {
        // What no longer differs is no difference.
        let cases: Vec<&Value> = rows(&recorded, "cases").collect();
        let listed: Vec<&Value> =
            cases.into_iter().filter(|case| differences.contains_key(text(case, "expression"))).collect();
        wrong.extend(those(&listed, |case| evaluate(text(case, "expression")).as_ref() == case.get("value")));
    }
    assert!(wrong.is_empty(), "Nix {version} and the recorded values differ:\n{}", wrong.join("\n"));
}

/// All in one process; one by one only where that fails.
fn wrong_values(cases: &[&Value]) -> Vec<String> {
    let together: String = cases.iter().map(|case| format!("({}\n)\n", text(case, "expression"))).collect();
    if let Some(Value::Array(values)) = evaluate(&format!("[ {together} ]")) {
        let differing = cases.iter().zip(values).filter(|(case, value)| case["value"] != *value);
        return differing.map(|(case, value)| format!("{}: {value}", text(case, "expression"))).collect();
    }
    those(cases, |case| evaluate(text(case, "expression")).as_ref() != case.get("value"))
}

/// The expressions of the cases that are so; each is a process.
fn those(cases: &[&Value], are_so: impl Fn(&Value) -> bool + Sync) -> Vec<String> {
    cases.par_iter().filter(|case| are_so(case)).map(|case| text(case, "expression").to_owned()).collect()
}

/// The value of an expression; none where Nix stops with an error.
fn evaluate(expression: &str) -> Option<Value> {
    let mut nix = nix(&["--store", "dummy://", "--eval", "--strict", "--json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    nix.stdin.take().unwrap().write_all(expression.as_bytes()).unwrap();
    let output = nix.wait_with_output().unwrap();
    output.status.success().then(|| serde_json::from_slice(&output.stdout).unwrap())
}

/// The version of the Nix that is installed.
fn installed() -> Option<String> {
    let output = nix(&["--version"]).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).unwrap().split_whitespace().next_back()?.to_owned())
}

/// Nix as the recorder ran it.
fn nix(arguments: &[&str]) -> Command {
    let mut nix = Command::new("nix-instantiate");
    nix.args(arguments).env("NIX_CONFIG", "build-users-group =").env("HOME", "/nonexistent");
    nix
}

fn read(file: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(format!("fixtures/nix/{file}")).unwrap()).unwrap()
}

fn rows<'v>(table: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    table[name].as_array().unwrap().iter()
}

fn text<'v>(row: &'v Value, name: &str) -> &'v str {
    row[name].as_str().unwrap()
}
