//! What `check` is asked for besides the repository: its root, some of its hosts, a file for the report.

use std::fs;

use serde_json::{Value, json};

use crate::support::scratch::{Run, Scratch, fixtures, sealnix_in};

/// Three hosts with five mistakes, one of them of two hosts and one of none.
fn fleet() -> Scratch {
    Scratch::copy_of(&fixtures().join("fleet"), &["expected.json"], &[])
}

/// Rule and hosts of every finding.
fn findings(run: &Run) -> Vec<(String, Value)> {
    let report = run.json().unwrap();
    let findings = report["findings"].as_array().unwrap();
    findings.iter().map(|found| (found["rule"].as_str().unwrap().to_owned(), found["hosts"].clone())).collect()
}

fn check(fleet: &Scratch, arguments: &[&str]) -> Run {
    fleet.sealnix(&[&["check", "--format", "json"], arguments].concat())
}

/// `fixtures/fleet/expected.json` gives the hosts of each finding.
#[test]
fn a_host_has_its_findings_and_the_repository_the_others() {
    let fleet = fleet();
    let of = |arguments: &[&str]| findings(&check(&fleet, arguments));
    let named = |pairs: &[(&str, Value)]| -> Vec<(String, Value)> {
        pairs.iter().map(|(rule, hosts)| ((*rule).to_owned(), hosts.clone())).collect()
    };
    let atlas = named(&[("value-not-a-string", json!(["atlas"])), ("host-not-a-recipient", json!(["atlas"]))]);
    assert_eq!(of(&["--host", "atlas"]), atlas);
    let cinder = named(&[("key-missing", json!(["cinder"])), ("file-not-encrypted", json!(["cinder"]))]);
    assert_eq!(of(&["--host", "cinder"]), cinder);
    let both = of(&["--host", "atlas", "--host", "beacon"]);
    assert_eq!(both[0], ("value-not-a-string".to_owned(), json!(["atlas", "beacon"])));
    assert_eq!(of(&["--no-hosts"]), named(&[("recipients-drifted", json!([]))]));
}

#[test]
fn the_summary_counts_what_is_asked_for() {
    let fleet = fleet();
    let summary = |arguments: &[&str]| check(&fleet, arguments).json().unwrap()["summary"].clone();
    let (all, none) = (summary(&[]), summary(&["--no-hosts"]));
    let hosts = ["atlas", "beacon", "cinder"].map(|host| summary(&["--host", host]));
    let sum = |field: &str| hosts.iter().map(|host| host[field].as_u64().unwrap()).sum::<u64>();
    for field in ["hosts", "secrets", "templates"] {
        assert_eq!((sum(field), &none[field]), (all[field].as_u64().unwrap(), &json!(0)), "{field}");
    }
    assert_eq!(hosts.map(|host| host["errors"].clone()), [json!(2), json!(1), json!(2)]);
}

#[test]
fn an_unknown_host_is_an_error_and_so_are_hosts_beside_none() {
    let run = fleet().sealnix(&["check", "--host", "atlas", "--host", "altas"]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""));
    assert!(run.stderr.contains("there is no host `altas`") && run.stderr.contains("did you mean `atlas`?"));
    assert_eq!(fleet().sealnix(&["check", "--host", "atlas", "--no-hosts"]).code, Some(2));
}

/// A file that cannot be read concerns the host that reads it; Nix code every host that may import it.
#[test]
fn what_was_not_looked_at_is_not_clean_for_whom_it_concerns() {
    let fleet = fleet();
    let jonas = fleet.path().join("secrets/users/jonas.yaml");
    fs::write(&jonas, format!("a: [\n{}", fs::read_to_string(&jonas).unwrap())).unwrap();
    let codes = |arguments: &[&[&str]]| arguments.iter().map(|these| check(&fleet, these).code).collect::<Vec<_>>();
    let scopes: [&[&str]; 3] = [&["--host", "cinder"], &["--host", "atlas"], &["--no-hosts"]];
    // jonas is a user of cinder only.
    // The repository's own mistake was that this file's recipients have drifted.
    assert_eq!(codes(&scopes), [Some(2), Some(1), Some(0)]);
    fs::write(fleet.path().join("modules/base.nix"), b"{ a = \"\xff\"; }\n").unwrap();
    assert_eq!(codes(&scopes), [Some(2); 3]);
}

#[test]
fn the_report_is_also_a_file() {
    let fleet = fleet();
    for format in ["human", "json"] {
        let run = fleet.sealnix(&["check", "--format", format, "--report", "../report"]);
        let path = fleet.path().join("../report");
        assert_eq!((run.code, fs::read_to_string(&path).unwrap()), (Some(1), run.stdout));
        fs::remove_file(path).unwrap();
    }
    // A name so long that nothing can be made beside it: it is written all the same.
    let long = "r".repeat(250);
    let run = fleet.sealnix(&["check", "--report", &long]);
    assert_eq!(fs::read_to_string(fleet.path().join(&long)).unwrap(), run.stdout);
    let left: Vec<_> = fs::read_dir(fleet.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().ends_with(".tmp")), "{left:?}");
}

#[test]
fn a_check_that_could_not_run_leaves_no_report_and_one_that_cannot_be_written_is_said() {
    let fleet = fleet();
    let run = fleet.sealnix(&["check", "--host", "nobody", "--report", "report"]);
    assert_eq!((run.code, fleet.path().join("report").exists()), (Some(2), false));
    let run = fleet.sealnix(&["check", "--report", "no/such/folder"]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("cannot write the report to no/such/folder"), "{}", run.stderr);
}

/// The secrets lie beside the flake's folder, and the rule file above both.
#[test]
fn a_flake_in_a_folder_below_the_root() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = fleet();
    fs::create_dir(folder.path().join("machines")).unwrap();
    for entry in fs::read_dir(fleet.path()).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        let below = if name == ".sops.yaml" { folder.path().into() } else { folder.path().join("machines") };
        fs::rename(entry.path(), below.join(name)).unwrap();
    }
    let report = |arguments: &[&str]| {
        let run = sealnix_in(folder.path(), &[&["check", "--format", "json"], arguments].concat());
        (run.code, findings(&run), run.json().unwrap())
    };
    let (code, found, in_root) = report(&["--root", ".", "machines"]);
    assert_eq!(code, Some(1));
    assert!(found.iter().any(|(rule, _)| rule == "key-missing"), "{found:?}");
    let files: Vec<&Value> = in_root["findings"].as_array().unwrap().iter().map(|found| &found["file"]).collect();
    // The rule file's patterns begin with `^secrets/`, which nothing in the root does any more.
    let is_below = |file: &&Value| file.as_str().unwrap().starts_with("machines/");
    assert!(files.iter().all(|file| is_below(file) || **file == ".sops.yaml"), "{files:?}");
    assert_eq!(report(&["--root", ".", "machines/flake.nix"]).1, found);
    // The only flake below the root.
    assert_eq!(report(&["--root", "."]).1, found);
}

#[test]
fn the_path_lies_in_the_root() {
    let other = fleet();
    let fleet = fleet();
    let root = other.path().to_str().unwrap();
    for (arguments, said) in [
        (["check", ".", "--root", root], "does not lie in the root"),
        (["check", ".", "--root", "flake.nix"], "the root flake.nix is not a folder"),
        (["check", ".", "--root", "nowhere"], "nowhere cannot be read"),
        (["check", "nowhere", "--root", "."], "nowhere cannot be read"),
    ] {
        let run = fleet.sealnix(&arguments);
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""));
        let stderr = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(stderr.contains(said), "{}", run.stderr);
    }
}
