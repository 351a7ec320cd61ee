//! `--format sarif`: SARIF 2.1.0, judged by Microsoft's own validator, with its rules for GitHub.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::{flake, fleet, repository};
use crate::support::installed::Needed;
use crate::support::scratch::{Run, Scratch, fixtures};

const MULTITOOL: Needed = Needed {
    programs: &["sarif-multitool"],
    demanded_by: "SEALNIX_TEST_NEEDS_SARIF_MULTITOOL",
    debian: "apt-get install npm; npm install --global @microsoft/sarif-multitool",
};

fn sarif(repository: &Scratch) -> Value {
    repository.sealnix(&["check", "--format", "sarif"]).json().unwrap()
}

fn results(log: &Value) -> &Vec<Value> {
    log["runs"][0]["results"].as_array().unwrap()
}

/// Every `physicalLocation` in it.
fn physical(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().flat_map(physical).collect(),
        Value::Object(fields) => {
            let own = fields.get("physicalLocation").into_iter();
            own.chain(fields.values().flat_map(physical)).collect()
        }
        _ => Vec::new(),
    }
}

#[test]
fn it_says_what_the_json_says() {
    let fleet = fleet();
    let run = fleet.sealnix(&["check", "--format", "sarif"]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(1), ""));
    assert!(!run.stdout.contains(fleet.path().to_str().unwrap()), "no path of this machine");
    let log = run.json().unwrap();
    let told = fleet.sealnix(&["check", "--format", "json"]).json().unwrap();
    let findings = told["findings"].as_array().unwrap();
    assert_eq!(results(&log).len(), findings.len());
    let driver = &log["runs"][0]["tool"]["driver"];
    assert_eq!(log["runs"][0]["invocations"][0]["exitCode"], 1);
    assert_eq!(log["runs"][0]["invocations"][0]["executionSuccessful"], true);
    for (result, finding) in results(&log).iter().zip(findings) {
        let rule = &driver["rules"][result["ruleIndex"].as_u64().unwrap() as usize];
        assert_eq!((&rule["id"], &result["ruleId"]), (&finding["rule"], &finding["rule"]));
        assert!(
            rule["help"]["markdown"]
                .as_str()
                .unwrap()
                .starts_with(&format!("# {}\n", finding["rule"].as_str().unwrap()))
        );
        assert_eq!(result["level"], finding["level"]);
        let text = result["message"]["text"].as_str().unwrap();
        assert!(text.starts_with(finding["message"].as_str().unwrap()), "{text}");
        assert!(text.contains(finding["help"].as_str().unwrap()), "{text}");
        let hosts: Vec<&Value> = result["locations"][0]["logicalLocations"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|host| &host["name"])
            .collect();
        assert_eq!(hosts, finding["hosts"].as_array().unwrap().iter().collect::<Vec<_>>());
        let places = finding["places"].as_array().unwrap();
        let related = result["relatedLocations"].as_array().unwrap();
        assert_eq!(places.len(), related.len() + 1);
        for (place, location) in places.iter().zip(result["locations"].as_array().unwrap().iter().chain(related)) {
            let physical = &location["physicalLocation"];
            assert_eq!(physical["artifactLocation"], json!({ "uri": place["path"], "uriBaseId": "%SRCROOT%" }));
            assert!(fleet.path().join(place["path"].as_str().unwrap()).is_file());
            assert_eq!(physical["region"]["startLine"], place["start"]["line"]);
            assert_eq!(physical["region"]["startColumn"], place["start"]["column"]);
            if place["start"] != place["end"] {
                assert_eq!(physical["region"]["endLine"], place["end"]["line"]);
                assert_eq!(physical["region"]["endColumn"], place["end"]["column"]);
            }
        }
        for location in related {
            assert!(
                text.contains(&format!("]({})", location["id"])),
                "GitHub shows a place that the text names: {text}"
            );
        }
    }
}

/// What makes an alert the same alert: not the line.
#[test]
fn fingerprints_survive_moved_lines() {
    let fingerprints = |log: &Value| -> BTreeSet<String> {
        results(log).iter().map(|result| result["partialFingerprints"].to_string()).collect()
    };
    let fleet = fleet();
    let before = sarif(&fleet);
    assert_eq!(fingerprints(&before).len(), results(&before).len(), "no two are one");
    let path = fleet.path().join("modules/monitoring.nix");
    let module = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("# A line more.\n\n{module}")).unwrap();
    let after = sarif(&fleet);
    assert_ne!(results(&before), results(&after));
    assert_eq!(fingerprints(&before), fingerprints(&after));
}

/// Columns count characters, as `columnKind` says: neither bytes nor UTF-16.
#[test]
fn columns_are_as_they_are_said_to_be() {
    let module = "{ x = \"é🐢\"; sops.secrets.a.sopsFile = ./none.yaml; }";
    let repository = repository(&[("flake.nix", &flake(module))]);
    let log = sarif(&repository);
    assert_eq!(log["runs"][0]["columnKind"], "unicodeCodePoints");
    let text = fs::read_to_string(repository.path().join("flake.nix")).unwrap();
    let line = text.lines().find(|line| line.contains("none.yaml")).unwrap();
    let at = line.find("a.sopsFile").map(|at| line[..at].chars().count() + 1).unwrap();
    let region = &results(&log)[0]["locations"][0]["physicalLocation"]["region"];
    assert_eq!(region["startColumn"], at);
}

#[test]
fn paths_are_references_below_the_root() {
    let sealed = "{ sops.secrets.a.sopsFile = ./none.yaml; }";
    let odd = repository(&[("flake.nix", &flake("(import (./. + \"/a b#:c%.nix\"))")), ("a b#:c%.nix", sealed)]);
    let log = sarif(&odd);
    let uris: Vec<&str> = physical(&log).iter().map(|at| at["artifactLocation"]["uri"].as_str().unwrap()).collect();
    assert!(uris.contains(&"a%20b%23%3Ac%25.nix"), "{uris:?}");
    // A folder of a larger repository.
    let inner = fixtures().join("contract");
    let outer = repository(&[]);
    copy(&inner, &outer.path().join("machines/home"));
    outer.git(&["add", "."]);
    let log = outer.sealnix(&["check", "machines/home", "--format", "sarif"]).json().unwrap();
    assert!(!results(&log).is_empty());
    for at in physical(&log["runs"][0]["results"]) {
        assert!(at["artifactLocation"]["uri"].as_str().unwrap().starts_with("machines/home/"), "{at}");
    }
}

#[test]
fn files_of_inputs_are_not_of_the_root() {
    let inputs = fixtures().join("inputs");
    let private = format!("private={}", inputs.join("private").display());
    let repository = Scratch::copy_of(&inputs.join("repository"), &[], &[]);
    let run = repository.sealnix(&["check", "--format", "sarif", "--input", &private]);
    assert!(!run.stdout.contains(env!("CARGO_MANIFEST_DIR")), "no path of this machine");
    let log = run.json().unwrap();
    let bases = &log["runs"][0]["originalUriBaseIds"];
    let places = physical(&log["runs"][0]["results"]);
    assert!(places.iter().any(|at| at["artifactLocation"]["uriBaseId"] == "INPUT_private"), "{places:?}");
    for at in places {
        let (uri, base) = (&at["artifactLocation"]["uri"], at["artifactLocation"]["uriBaseId"].as_str().unwrap());
        assert!(bases[base].is_object(), "{base}");
        assert!(!uri.as_str().unwrap().starts_with('/') && !uri.as_str().unwrap().contains(':'), "{uri}");
    }
}

#[test]
fn what_was_not_looked_at_is_no_success() {
    let large = format!("# {}\n{{ }}\n", "x".repeat(17 << 20));
    let repository = repository(&[("flake.nix", &flake("./large.nix")), ("large.nix", &large)]);
    let run = repository.sealnix(&["check", "--format", "sarif"]);
    assert_eq!(run.code, Some(2));
    let invocation = &run.json().unwrap()["runs"][0]["invocations"][0];
    assert_eq!((&invocation["executionSuccessful"], &invocation["exitCode"]), (&json!(false), &json!(2)));
    let told = &invocation["toolExecutionNotifications"][0];
    assert_eq!((&told["descriptor"]["id"], &told["level"]), (&json!("not-looked-at"), &json!("error")));
    assert!(told["message"]["text"].as_str().unwrap().contains("large.nix"), "{told}");
}

/// One run for two places: annotations in the log of the run, SARIF in a file.
#[test]
fn the_report_file_may_have_a_form_of_its_own() {
    let fleet = fleet();
    let file = fleet.path().join("out.sarif");
    let run = fleet.sealnix(&["check", "--format", "github", "--report", "out.sarif", "--report-format", "sarif"]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(run.stdout.starts_with("::error "));
    let log: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    assert_eq!(results(&log).len(), 5);
}

/// The schema of SARIF 2.1.0, Microsoft's rules and those for GitHub ("GHAS").
#[test]
fn the_validator_has_nothing_to_say() {
    if !MULTITOOL.is_here() {
        return;
    }
    let logs = tempfile::tempdir().unwrap();
    let run = |name: &str, run: Run| fs::write(logs.path().join(format!("{name}.sarif")), run.stdout).unwrap();
    let sarif = ["check", "--format", "sarif"];
    run("fleet", fleet().sealnix(&sarif));
    for rule in ["not-looked-at", "undeclared-secret-reference", "sops-file-untracked", "unit-cannot-read-secret"] {
        let fires = fixtures().join("rules").join(rule).join("fires");
        let manifest = fixtures().join("rules").join(rule).join("fires.manifest.json");
        let by_nix = ["--manifest", manifest.to_str().unwrap()];
        let more = if manifest.is_file() { by_nix.as_slice() } else { &[] };
        run(rule, Scratch::copy_of(&fires, &[], &[]).sealnix(&[&sarif, more].concat()));
    }
    run("unknowns", Scratch::copy_of(&fixtures().join("unknowns"), &[], &[]).sealnix(&sarif));
    run("clean", repository(&[("flake.nix", &flake("{ }"))]).sealnix(&sarif));
    let said = validated(logs.path());
    // SARIF2005 wants an `informationUri`: there is none as long as Cargo.toml names no repository.
    let has_home = !env!("CARGO_PKG_REPOSITORY").is_empty();
    let (without_home, other): (Vec<_>, Vec<_>) = said.iter().partition(|said| said.starts_with("SARIF2005 "));
    assert_eq!(other, Vec::<&String>::new());
    let names = fs::read_dir(logs.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(without_home.len(), if has_home { 0 } else { names.filter(|name| name.ends_with(".sarif")).count() });
    // And it would say something.
    let mut log = self::sarif(&fleet());
    log["runs"][0]["columKind"] = json!("unicodeCodePoints");
    log["runs"][0]["results"][0].as_object_mut().unwrap().remove("locations");
    fs::write(logs.path().join("broken.sarif"), log.to_string()).unwrap();
    let said = validated(logs.path());
    assert!(
        said.iter().any(|said| said.starts_with("JSON")) && said.iter().any(|said| said.starts_with("GH")),
        "{said:?}"
    );
}

/// The errors and warnings of the validator about the logs in a folder: rule and place.
fn validated(folder: &Path) -> Vec<String> {
    // The rule that asks the network whether links lead anywhere.
    let settings = json!({ "SARIF2006.UrisShouldBeReachable.Options": { "RuleEnabled": "Disabled" } });
    fs::write(folder.join("settings.json"), settings.to_string()).unwrap();
    let said = folder.join("said");
    // npm's `sarif-multitool` hands its arguments to a shell.
    let status = Command::new("sarif-multitool")
        .args([
            "validate",
            "*.sarif",
            "--config",
            "settings.json",
            "--output",
            "said",
            "--log",
            "ForceOverwrite",
            "--quiet",
        ])
        .args(["--rule-kind", "'Sarif;Ghas'", "--level", "'Error;Warning'"])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(
        status.status.success(),
        "{}{}",
        String::from_utf8_lossy(&status.stdout),
        String::from_utf8_lossy(&status.stderr)
    );
    let log: Value = serde_json::from_str(&fs::read_to_string(said).unwrap()).unwrap();
    let line = |result: &Value| {
        format!("{} {}", result["ruleId"].as_str().unwrap(), result["locations"][0]["physicalLocation"])
    };
    log["runs"][0]["results"].as_array().into_iter().flatten().map(line).collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}
