//! `action.yml`: its commands as GitHub's runner runs them, in bash with a stub of sealnix, and with sealnix itself.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{flake, repository, write};

const ACTION: &str = include_str!("../../action.yml");

fn action() -> Value {
    serde_yaml::from_str(ACTION).expect("YAML")
}

/// The names after a prefix in `${{ … }}`.
fn used<'a>(text: &'a str, prefix: &str) -> BTreeSet<&'a str> {
    let named = |rest: &'a str| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap();
    text.split(prefix).skip(1).map(named).collect()
}

#[test]
fn inputs_are_declared_and_used() {
    let action = action();
    let declared: BTreeSet<&str> = action["inputs"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(used(ACTION, "inputs."), declared);
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/github.md")).unwrap();
    for input in declared {
        assert!(page.contains(&format!("`{input}`")), "docs/github.md says nothing of {input}");
    }
    for step in action["runs"]["steps"].as_array().unwrap() {
        // An expression within a command would be code of whoever sets the input.
        assert!(!step["run"].as_str().unwrap_or_default().contains("${{"), "{step}");
    }
}

#[test]
fn the_commands_run() {
    let action = action();
    let check = action["runs"]["steps"].as_array().unwrap().iter().find(|step| step["id"] == "check").unwrap();
    let repository = repository(&[]);
    let folder = repository.path();
    write(folder, "bin/sealnix", "#!/bin/sh\nprintf '%s\\n' \"$@\" >said\ntouch x.sarif\nexit 1\n");
    let run = |args: &str| {
        let path = format!("{}:{}", folder.join("bin").display(), std::env::var("PATH").unwrap());
        Command::new("chmod").args(["+x", "bin/sealnix"]).current_dir(folder).status().unwrap();
        // As the runner calls bash (GitHub, "Workflow syntax", `shell: bash`).
        let mut bash = Command::new("bash");
        bash.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", check["run"].as_str().unwrap()]);
        bash.current_dir(folder).env("PATH", path).env("GITHUB_OUTPUT", folder.join("output"));
        bash.envs([("CHECKED", "my nix"), ("FAIL_ON", "warning"), ("ARGS", args), ("SARIF", "x.sarif")]);
        let output = bash.output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
        fs::read_to_string(folder.join("said")).unwrap()
    };
    let always = "check\n--format\ngithub\n--report\nx.sarif\n--report-format\nsarif\n--fail-on\nwarning\n";
    assert_eq!(run(""), format!("{always}--\nmy nix\n"));
    assert_eq!(run("--host web\n--quiet\n"), format!("{always}--host\nweb\n--quiet\n--\nmy nix\n"));
    assert_eq!(
        run("--host web --no-such $(touch here)"),
        format!("{always}--host\nweb\n--no-such\n$(touch\nhere)\n--\nmy nix\n")
    );
    assert!(fs::read_to_string(folder.join("output")).unwrap().starts_with("sarif=x.sarif\n"));
    assert!(!folder.join("here").exists());
}

/// A stub takes every option, sealnix only those that it has.
#[test]
fn sealnix_takes_what_the_commands_give_it() {
    let action = action();
    let check = action["runs"]["steps"].as_array().unwrap().iter().find(|step| step["id"] == "check").unwrap();
    let repository = repository(&[("flake.nix", &flake("{ sops.secrets.a.sopsFile = ./none.yaml; }"))]);
    let folder = repository.path();
    let program = Path::new(env!("CARGO_BIN_EXE_sealnix")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut bash = Command::new("bash");
    bash.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", check["run"].as_str().unwrap()]);
    bash.current_dir(folder).env("PATH", path).env("GITHUB_OUTPUT", folder.join("output"));
    bash.envs([("CHECKED", "."), ("FAIL_ON", "warning"), ("ARGS", "--host web\n--quiet"), ("SARIF", "x.sarif")]);
    let output = bash.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.starts_with("::error file=flake.nix,"), "{said}");
    let log: Value = serde_json::from_str(&fs::read_to_string(folder.join("x.sarif")).unwrap()).unwrap();
    assert_eq!(log["runs"][0]["results"].as_array().unwrap().len(), 1);
}
