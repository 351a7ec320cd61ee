//! The promise: a baseline hides what it holds, host by host, and nothing else; what is fixed is said.

use std::fs;

use serde_json::Value;

use crate::support::scratch::{Run, Scratch, fixtures};

const FILE: &str = "known.json";
const UPDATE: [&str; 3] = ["--baseline", FILE, "--update-baseline"];

fn one_mistake() -> Scratch {
    Scratch::copy_of(&fixtures().join("rules/key-missing/fires"), &[], &[])
}

fn edit(scratch: &Scratch, path: &str, from: &str, to: &str) {
    let path = scratch.path().join(path);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from));
    fs::write(path, text.replace(from, to)).unwrap();
}

fn check(scratch: &Scratch, arguments: &[&str]) -> (Value, Option<i32>) {
    let run = scratch.sealnix(&[&["check", "--format", "json"], arguments].concat());
    (run.json().unwrap(), run.code)
}

/// Rules of the findings, how many are hidden, and the rules of what is fixed.
fn against(scratch: &Scratch, arguments: &[&str]) -> (Vec<String>, u64, Vec<String>, Option<i32>) {
    let (report, code) = check(scratch, &[&["--baseline", FILE], arguments].concat());
    let rules = |list: &Value| {
        list.as_array().unwrap().iter().map(|it| it["rule"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let summary = &report["summary"];
    (rules(&report["findings"]), summary["baselined"].as_u64().unwrap(), rules(&summary["fixed"]), code)
}

fn entries(scratch: &Scratch) -> Vec<Value> {
    let text = fs::read_to_string(scratch.path().join(FILE)).unwrap();
    let baseline: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(baseline["version"], 1);
    let entries = baseline["findings"].as_array().unwrap().clone();
    // A line an entry: a diff shows what came and went.
    assert_eq!(text.lines().filter(|line| line.contains("fingerprint")).count(), entries.len());
    entries
}

const MISSING: &str = "key-missing";

#[test]
fn what_was_there_is_hidden_and_what_comes_is_not() {
    let scratch = one_mistake();
    assert_eq!(check(&scratch, &UPDATE).1, Some(0));
    let [entry] = &*entries(&scratch) else { panic!() };
    assert_eq!(
        (&entry["rule"], &entry["host"], &entry["file"]),
        (&MISSING.into(), &"web".into(), &"configuration.nix".into())
    );
    assert_eq!((&entry["secret"], &entry["names"]), (&"db_pasword".into(), &serde_json::json!(["secrets/web.yaml"])));
    assert_eq!(entry["fingerprint"], check(&scratch, &[]).0["findings"][0]["fingerprints"][0]);
    assert_eq!(against(&scratch, &[]), (vec![], 1, vec![], Some(0)));
    edit(&scratch, "configuration.nix", "  sops.secrets.db", "\n\n  # moved\n  sops.secrets.db");
    assert_eq!(against(&scratch, &[]), (vec![], 1, vec![], Some(0)));
    edit(
        &scratch,
        "configuration.nix",
        "  sops.secrets.db",
        "  sops.secrets.other.sopsFile = ./secrets/web.yaml;\n  sops.secrets.db",
    );
    assert_eq!(against(&scratch, &[]), (vec![MISSING.to_owned()], 1, vec![], Some(1)));
}

#[test]
fn what_is_fixed_is_said_and_taken_out() {
    let scratch = one_mistake();
    check(&scratch, &UPDATE);
    edit(&scratch, "configuration.nix", "db_pasword", "db_password");
    assert_eq!(against(&scratch, &[]), (vec![], 0, vec![MISSING.to_owned()], Some(0)));
    let Run { stdout, .. } = scratch.sealnix(&["check", "--baseline", FILE]);
    let line = "  key-missing in configuration.nix: db_pasword, secrets/web.yaml (web)\n";
    assert!(stdout.contains("fixed since the baseline:\n") && stdout.contains(line), "{stdout}");
    // What was not asked for is not fixed, and an update of a part keeps the rest.
    for narrowed in [&["--host", "web"][..], &["--no-hosts"], &["--only", "empty-value"]] {
        assert_eq!(against(&scratch, narrowed), (vec![], 0, vec![], Some(0)), "{narrowed:?}");
        check(&scratch, &[&UPDATE[..], narrowed].concat());
        assert_eq!(entries(&scratch).len(), 1, "{narrowed:?}");
    }
    check(&scratch, &UPDATE);
    assert_eq!(entries(&scratch).len(), 0);
    assert_eq!(against(&scratch, &[]), (vec![], 0, vec![], Some(0)));
}

#[test]
fn a_finding_of_several_hosts_is_hidden_for_those_it_holds() {
    let scratch = one_mistake();
    check(&scratch, &UPDATE);
    edit(
        &scratch,
        "flake.nix",
        "nixosConfigurations.web =",
        "nixosConfigurations.db = nixpkgs.lib.nixosSystem { modules = [ sops-nix.nixosModules.sops ./configuration.nix ]; };\n    nixosConfigurations.web =",
    );
    let (report, code) = check(&scratch, &["--baseline", FILE, "--only", MISSING]);
    assert_eq!((&report["findings"][0]["hosts"], code), (&serde_json::json!(["db"]), Some(1)));
    check(&scratch, &[&UPDATE[..], &["--only", MISSING]].concat());
    let hosts: Vec<_> = entries(&scratch).iter().map(|entry| entry["host"].clone()).collect();
    assert_eq!(hosts, ["db", "web"]);
    assert_eq!(against(&scratch, &["--only", MISSING]), (vec![], 2, vec![], Some(0)));
}

#[test]
fn alike_findings_are_counted() {
    let scratch = one_mistake();
    let two = "  environment.a = config.sops.secrets.gone.path;\n  environment.b = config.sops.secrets.gone.path;\n  sops.secrets.db";
    edit(&scratch, "configuration.nix", "  sops.secrets.db", two);
    let only = ["--only", "undeclared-secret-reference", "--fail-on", "note"];
    let rules = against_new(&scratch, &only);
    check(&scratch, &[&UPDATE[..], &only].concat());
    let [entry] = &*entries(&scratch) else { panic!() };
    assert_eq!((rules, &entry["times"]), (2, &2.into()));
    edit(
        &scratch,
        "configuration.nix",
        "  environment.a",
        "  environment.c = config.sops.secrets.gone.path;\n  environment.a",
    );
    assert_eq!(against(&scratch, &only), (vec!["undeclared-secret-reference".to_owned()], 2, vec![], Some(1)));
}

fn against_new(scratch: &Scratch, arguments: &[&str]) -> usize {
    check(scratch, arguments).0["findings"].as_array().unwrap().len()
}

#[test]
fn what_was_not_looked_at_is_never_hidden() {
    let scratch = Scratch::copy_of(&fixtures().join("rules/not-looked-at/fires"), &[], &[]);
    assert_eq!(check(&scratch, &UPDATE).1, Some(2));
    assert!(entries(&scratch).iter().all(|entry| entry["rule"] != "not-looked-at"));
    let (rules, _, fixed, code) = against(&scratch, &[]);
    assert_eq!((rules, fixed, code), (vec!["not-looked-at".to_owned()], vec![], Some(2)));
}

/// What is not staged may hold what the baseline has.
#[test]
fn a_staged_run_says_of_nothing_that_it_is_fixed() {
    let scratch = one_mistake();
    edit(&scratch, "configuration.nix", "db_pasword", "db_password");
    scratch.git(&["add", "."]);
    edit(&scratch, "configuration.nix", "db_password", "db_pasword");
    check(&scratch, &UPDATE);
    assert_eq!(against(&scratch, &["--staged"]), (vec![], 0, vec![], Some(0)));
    check(&scratch, &[&UPDATE[..], &["--staged"]].concat());
    assert_eq!(entries(&scratch).len(), 1);
    assert_eq!(against(&scratch, &[]), (vec![], 1, vec![], Some(0)));
}

#[test]
fn what_is_no_baseline_ends_the_run() {
    let scratch = one_mistake();
    let said = |arguments: &[&str]| {
        let Run { code, stdout, stderr } = scratch.sealnix(&[&["check"], arguments].concat());
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{stderr}");
        stderr
    };
    assert!(said(&["--baseline", FILE]).contains("`--update-baseline` makes it"));
    assert!(said(&["--update-baseline"]).contains("--baseline"));
    for (text, why) in
        [("{", "is no baseline"), ("{\"version\": 9}", "version 9"), ("{\"version\": 1}", "is no baseline")]
    {
        fs::write(scratch.path().join(FILE), text).unwrap();
        assert!(said(&["--baseline", FILE]).contains(why), "{text}");
        assert!(said(&UPDATE).contains(why), "what is there and is none is not overwritten");
    }
}

const CLOSED: &str = "host-not-a-recipient";

fn closed_host() -> Scratch {
    let scratch = Scratch::copy_of(&fixtures().join("rules/host-not-a-recipient/fires"), &[], &[]);
    check(&scratch, &UPDATE);
    assert_eq!(against(&scratch, &[]), (vec![], 1, vec![], Some(0)));
    scratch
}

#[test]
fn what_can_no_longer_be_decided_is_not_fixed() {
    let scratch = closed_host();
    edit(&scratch, ".sops.yaml", "&web", "&somebody");
    let notes = ["host-identity-unknown", "anchor-unused"].map(str::to_owned).to_vec();
    assert_eq!(against(&scratch, &[]), (notes, 0, vec![], Some(0)));
    check(&scratch, &UPDATE);
    assert!(entries(&scratch).iter().any(|entry| entry["rule"] == CLOSED));
}

#[test]
fn one_more_secret_of_the_file_is_the_same_mistake() {
    let scratch = closed_host();
    let first = "sops.secrets.a = { sopsFile = ./secrets/web.yaml; key = \"token\"; };\n  sops.secrets.token";
    edit(&scratch, "configuration.nix", "sops.secrets.token", first);
    assert_eq!(against(&scratch, &[]), (vec![], 1, vec![], Some(0)));
}

#[test]
fn a_staged_run_takes_the_staged_baseline() {
    let scratch = one_mistake();
    check(&scratch, &UPDATE);
    scratch.git(&["add", "."]);
    fs::write(scratch.path().join(FILE), "{\"version\": 1, \"findings\": []}").unwrap();
    assert_eq!(against(&scratch, &["--staged"]), (vec![], 1, vec![], Some(0)));
    assert_eq!(against(&scratch, &[]), (vec![MISSING.to_owned()], 0, vec![], Some(1)));
}
