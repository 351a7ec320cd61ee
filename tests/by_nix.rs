//! `--eval` under the Nix that is installed, on repositories whose hosts are written out in Nix
//! (`fixtures/by-nix`): CI has no nixpkgs. `.ci/run` demands Nix; elsewhere a test says that it did not run.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::installed_nix::Store;
use crate::support::scratch::{Run, Scratch, fixtures};

/// Runs sealnix with a Nix whose settings are as it came, and `<nixpkgs>` a stub.
fn sealnix(nix: &Store, folder: &Path, arguments: &[&str]) -> Run {
    let nixpkgs = format!("nixpkgs={}", fixtures().join("by-nix/hive/nixpkgs").display());
    let mut command = nix.command(env!("CARGO_BIN_EXE_sealnix"));
    let command = command.env("NIX_CONFIG", "build-users-group =\nsandbox = false").env("NIX_PATH", nixpkgs);
    Run::of(command.args(arguments).current_dir(folder))
}

fn copy_of(name: &str, untracked: &[&str]) -> Scratch {
    Scratch::copy_of(&fixtures().join("by-nix").join(name), &[], untracked)
}

fn write(folder: &Path, name: &str, text: &str) {
    fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
    fs::write(folder.join(name), text).unwrap();
}

/// `nixos/good` and so on.
fn names(manifest: &Value) -> Vec<String> {
    let hosts = manifest["hosts"].as_array().unwrap().iter();
    hosts.map(|host| format!("{}/{}", host["kind"].as_str().unwrap(), host["name"].as_str().unwrap())).collect()
}

fn host<'m>(manifest: &'m Value, name: &str) -> &'m Value {
    let hosts = manifest["hosts"].as_array().unwrap().iter();
    hosts.into_iter().find(|host| host["name"] == name).unwrap_or_else(|| panic!("no {name} in {manifest}"))
}

fn error(host: &Value) -> (&str, String) {
    let error = &host["evaluationError"];
    let at = &error["at"];
    (
        error["message"].as_str().unwrap_or_default(),
        format!("{}:{}", at["file"].as_str().unwrap_or("nowhere"), at["line"]),
    )
}

#[test]
fn every_host_of_a_flake_is_evaluated_and_no_failure_hides_another() {
    let Some(nix) = Store::new() else { return };
    let fleet = copy_of("fleet", &[]);
    let run = sealnix(&nix, fleet.path(), &["manifest", "--eval"]);
    // Three hosts do not evaluate.
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    let manifest = run.json().unwrap();
    assert_eq!(
        names(&manifest),
        [
            "nixos/good",
            "nixos/imports",
            "nixos/services",
            "nixos/throws",
            "nixos/web.example.org",
            "home/alice@good",
            "home/bob"
        ]
    );
    let good = host(&manifest, "good");
    let secret = &good["sops"]["secrets"]["smtp/password"];
    assert_eq!(good["complete"], json!({"secrets": true, "templates": true, "users": true, "units": true}));
    assert_eq!(secret["sopsFile"]["path"], "secrets/common.yaml");
    assert_eq!((secret["at"]["file"].clone(), secret["at"]["line"].clone()), (json!("host.nix"), json!(7)));
    assert_eq!(good["units"]["web"]["user"], "web");
    // What a service throws is told, and all else of the host is there.
    let services = host(&manifest, "services");
    assert_eq!(services["sops"]["secrets"], good["sops"]["secrets"]);
    assert_eq!(services["complete"]["units"], "Nix evaluates it only without its units: the service `web` has no port");
    let failed = &services["evaluationError"];
    assert_eq!((&failed["message"], &failed["unitsOnly"]), (&json!("the service `web` has no port"), &json!(true)));
    let (message, at) = error(host(&manifest, "throws"));
    assert_eq!(message, "no disk is said for this host");
    assert!(at.starts_with("hosts/throws.nix:"), "{at}");
    let imports = error(host(&manifest, "imports"));
    assert_eq!(imports, ("not checked: needs import-from-derivation", "hosts/imports.nix:4".to_owned()));
    assert_eq!(host(&manifest, "bob")["attr"], "legacyPackages.x86_64-linux.homeConfigurations.bob");
}

#[test]
fn hosts_are_listed_as_the_static_finder_lists_them() {
    let Some(nix) = Store::new() else { return };
    let fleet = copy_of("fleet", &[]);
    let listed = |arguments: &[&str]| {
        let manifest = sealnix(&nix, fleet.path(), arguments).json().unwrap();
        let attrs = manifest["hosts"].as_array().unwrap().iter().map(|host| host["attr"].clone()).collect::<Vec<_>>();
        (names(&manifest), attrs)
    };
    assert_eq!(listed(&["manifest", "--eval"]), listed(&["manifest"]));
}

/// What git says has changed, and what it does not track.
fn status(folder: &Path) -> String {
    let status = Command::new("git").args(["status", "--porcelain", "--untracked-files"]).current_dir(folder).output();
    String::from_utf8(status.unwrap().stdout).unwrap()
}

const ONE_HOST: &str = "{ outputs = { self }: { nixosConfigurations.a = import ./host.nix { name = \"a\"; }; }; }\n";

#[test]
fn nothing_is_written_into_the_repository() {
    let Some(nix) = Store::new() else { return };
    let fleet = copy_of("fleet", &[]);
    write(fleet.path(), "flake.nix", ONE_HOST);
    fleet.git(&["add", "--all"]);
    let before = status(fleet.path());
    let run = sealnix(&nix, fleet.path(), &["manifest", "--eval"]);
    assert_eq!((run.code, names(&run.json().unwrap())), (Some(0), vec!["nixos/a".to_owned()]), "{}", run.stderr);
    assert_eq!(status(fleet.path()), before);
}

#[test]
fn a_flake_without_its_lock_file_is_not_given_one_and_it_is_said_what_to_do() {
    let Some(nix) = Store::new() else { return };
    let fleet = copy_of("fleet", &[]);
    write(
        fleet.path(),
        "flake.nix",
        "{ inputs.a.url = \"path:./a\"; outputs = { self, a }: { nixosConfigurations = { }; }; }",
    );
    write(fleet.path(), "a/flake.nix", "{ outputs = _: { }; }");
    fleet.git(&["add", "--all"]);
    let before = status(fleet.path());
    let run = sealnix(&nix, fleet.path(), &["check", "--eval"]);
    assert_eq!((run.code, status(fleet.path())), (Some(2), before));
    assert!(
        run.stderr.contains("requires lock file changes") && run.stderr.contains("nix flake lock"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_shallow_clone_is_evaluated() {
    let Some(nix) = Store::new() else { return };
    let fleet = copy_of("fleet", &[]);
    write(fleet.path(), "flake.nix", ONE_HOST);
    fleet.git(&["add", "--all"]);
    let commit = ["-c", "user.name=x", "-c", "user.email=x@x.invalid", "commit", "--quiet", "--allow-empty", "-mx"];
    fleet.git(&commit);
    fleet.git(&commit);
    let around = TempDir::new().unwrap();
    let clone = around.path().join("clone");
    let from = format!("file://{}", fleet.path().display());
    fleet.git(&["clone", "--quiet", "--depth=1", &from, clone.to_str().unwrap()]);
    let run = sealnix(&nix, &clone, &["manifest", "--eval"]);
    assert_eq!((run.code, names(&run.json().unwrap())), (Some(0), vec!["nixos/a".to_owned()]), "{}", run.stderr);
}

#[test]
fn packages_that_do_not_evaluate_are_never_a_reason_to_be_clean() {
    let Some(nix) = Store::new() else { return };
    for packages in [
        // No `throw`, so nothing in Nix catches it.
        "abort \"no packages\"",
        "{ x86_64-linux = { homeConfigurations.q = import ./host.nix { name = \"q\"; }; } // throw \"unfree\"; }",
    ] {
        let fleet = copy_of("fleet", &[]);
        let host = "nixosConfigurations.a = import ./host.nix { name = \"a\"; };";
        write(
            fleet.path(),
            "flake.nix",
            &format!("{{ outputs = {{ self }}: {{ {host} legacyPackages = {packages}; }}; }}\n"),
        );
        let run = sealnix(&nix, fleet.path(), &["check", "--eval"]);
        let said = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(run.code, Some(2), "{said}{}", run.stderr);
        assert!(said.contains("may hold hosts in `legacyPackages"), "{said}");
    }
}

#[test]
fn a_clean_repository_is_clean() {
    let Some(nix) = Store::new() else { return };
    let fleet = copy_of("fleet", &[]);
    let flake = |host: &str| format!("{{ outputs = {{ self }}: {{ nixosConfigurations.a = {host}; }}; }}\n");
    let good = "(import ./host.nix) { name = \"a\"; }";
    write(fleet.path(), "flake.nix", &flake(good));
    let arguments = ["check", "--eval", "--format", "json"];
    let run = sealnix(&nix, fleet.path(), &arguments);
    let report = run.json().unwrap();
    assert_eq!(
        (run.code, report["findings"].as_array().unwrap().iter().filter(|f| f["level"] == "error").count()),
        (Some(0), 0),
        "{report}"
    );
}

#[test]
fn a_host_that_nix_cannot_evaluate_is_a_finding_and_never_clean() {
    let Some(nix) = Store::new() else { return };
    let fleet = copy_of("fleet", &[]);
    write(fleet.path(), "sealnix.toml", "[levels]\nevaluation-error = \"note\"\n");
    let run = sealnix(&nix, fleet.path(), &["check", "--eval", "--format", "json"]);
    let report = run.json().unwrap();
    let findings = report["findings"].as_array().unwrap().iter().filter(|f| f["rule"] == "evaluation-error");
    let said: Vec<(&str, &str)> =
        findings.map(|it| (it["hosts"][0].as_str().unwrap(), it["message"].as_str().unwrap())).collect();
    assert_eq!((run.code, said.len()), (Some(2), 3), "{report}");
    let needs = "it needs import-from-derivation, which builds, and so is off";
    let said_of = |name: &str| said.iter().find(|(host, _)| *host == name).unwrap().1;
    assert!(said_of("imports").contains(needs), "{said:?}");
    assert!(said_of("throws").contains("no disk is said for this host"), "{said:?}");
    assert!(said_of("services").starts_with("Nix could not evaluate the units of the configuration"), "{said:?}");
    // The services of one alone: its secrets are checked, and the run is not clean.
    let run = sealnix(&nix, fleet.path(), &["check", "--eval", "--host", "services"]);
    assert_eq!(run.code, Some(2), "{}", run.stdout);
    assert!(run.stdout.contains("the service `web` has no port"), "{}", run.stdout);
}

/// Without a flake nobody lists the hosts but the static finder: what it does not know Nix does not tell.
#[test]
fn a_list_that_nix_was_not_asked_for_stays_unknown() {
    let Some(nix) = Store::new() else { return };
    let hive = copy_of("hive", &[]);
    fs::remove_file(hive.path().join("hive.nix")).unwrap();
    write(hive.path(), "default.nix", "import (builtins.getEnv \"X\")\n");
    for command in ["check", "manifest"] {
        let codes = [&[command][..], &[command, "--eval"]].map(|it| sealnix(&nix, hive.path(), it).code);
        assert_eq!(codes, [Some(2), Some(2)], "{command}");
    }
}

#[test]
fn only_the_hosts_that_are_asked_for_are_evaluated() {
    let Some(nix) = Store::new() else { return };
    let fleet = copy_of("fleet", &[]);
    let run = sealnix(&nix, fleet.path(), &["check", "--eval", "--host", "good", "--host", "bob"]);
    // The hosts that fail are others.
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("2 hosts, 2 secrets"), "{}", run.stdout);
    assert_eq!(sealnix(&nix, fleet.path(), &["check", "--eval", "--host", "throws"]).code, Some(2));
    assert!(sealnix(&nix, fleet.path(), &["check", "--eval", "--host", "none"]).stderr.contains("no host `none`"));
}

#[test]
fn an_output_that_does_not_evaluate_hides_no_host_and_is_never_clean() {
    let Some(nix) = Store::new() else { return };
    let fleet = copy_of("fleet", &[]);
    write(
        fleet.path(),
        "flake.nix",
        "{ outputs = { self }: { nixosConfigurations.a = import ./host.nix { name = \"a\"; }; \
         darwinConfigurations = throw \"no macs\"; }; }\n",
    );
    let run = sealnix(&nix, fleet.path(), &["check", "--eval"]);
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert!(run.stdout.replace('\n', " ").contains("no macs"), "{}", run.stdout);
    assert_eq!(names(&sealnix(&nix, fleet.path(), &["manifest", "--eval"]).json().unwrap()), ["nixos/a"]);
}

#[test]
fn a_flake_that_does_not_evaluate_is_an_error_of_the_run() {
    let Some(nix) = Store::new() else { return };
    let fleet = copy_of("fleet", &[]);
    write(fleet.path(), "flake.nix", "{ outputs = { self }: throw \"nothing yet\"; }\n");
    let run = sealnix(&nix, fleet.path(), &["check", "--eval"]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""));
    assert!(run.stderr.contains("Nix cannot evaluate `flake.nix`: nothing yet"), "{}", run.stderr);
}

#[test]
fn a_flake_in_a_folder_below_is_evaluated_with_what_lies_around_it() {
    let Some(nix) = Store::new() else { return };
    let fleet = copy_of("fleet", &[]);
    fs::remove_file(fleet.path().join("flake.nix")).unwrap();
    let flake = "{ outputs = { self }: { nixosConfigurations.a = import ../../host.nix { name = \"a\"; }; }; }\n";
    write(fleet.path(), "nix/my hosts/flake.nix", flake);
    fleet.git(&["add", "--all"]);
    for arguments in [&["manifest", "--eval", "."][..], &["manifest", "--eval"]] {
        let manifest = sealnix(&nix, fleet.path(), arguments).json().unwrap();
        assert_eq!(names(&manifest), ["nixos/a"]);
        let secret = &host(&manifest, "a")["sops"]["secrets"]["smtp/password"];
        assert_eq!(secret["sopsFile"]["path"], "secrets/common.yaml");
        assert_eq!(secret["at"]["file"], "host.nix");
    }
}

#[test]
fn nix_sees_what_git_tracks_and_nothing_else() {
    let Some(nix) = Store::new() else { return };
    let fleet = copy_of("fleet", &["hosts/throws.nix"]);
    let manifest = sealnix(&nix, fleet.path(), &["manifest", "--eval"]).json().unwrap();
    let (message, at) = error(host(&manifest, "throws"));
    // Nix 2.8 says it in other words than later ones.
    assert!(message.contains("'hosts/throws.nix'"), "{message}");
    assert!(at.starts_with("flake.nix:"), "{at}");
}

/// A folder with a name that is hard to write in Nix and in a URL, and in it a host.
fn with_a_blank(around: &TempDir, file: &str, text: &str) -> PathBuf {
    let folder = around.path().join("my \"${hosts}\"");
    let fleet = fixtures().join("by-nix/fleet");
    for name in ["host.nix", "secrets/common.yaml"] {
        write(&folder, name, &fs::read_to_string(fleet.join(name)).unwrap());
    }
    write(&folder, file, text);
    folder
}

#[test]
fn without_a_flake_every_nix_reads_a_path_with_a_blank() {
    let Some(nix) = Store::new() else { return };
    let around = TempDir::new().unwrap();
    let made = "(import <nixpkgs/nixos> { configuration = { }; }) // import ./host.nix { name = \"web\"; }";
    let folder = with_a_blank(&around, "default.nix", &format!("{{ web = {made}; }}\n"));
    let run = sealnix(&nix, &folder, &["manifest", "--eval"]);
    assert_eq!((run.code, names(&run.json().unwrap())), (Some(0), vec!["nixos/web".to_owned()]), "{}", run.stderr);
}

#[test]
fn a_flake_in_a_path_with_a_blank_is_read_by_a_nix_that_can() {
    let Some(nix) = Store::new() else { return };
    let around = TempDir::new().unwrap();
    let folder = with_a_blank(&around, "flake.nix", ONE_HOST);
    let run = sealnix(&nix, &folder, &["manifest", "--eval"]);
    let version = String::from_utf8(nix.run("nix", &["--version"]).stdout).unwrap();
    if version.contains(") 2.8.") {
        let said = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(run.code, Some(2), "{said}");
        assert!(said.contains("older versions of Nix read no flake whose path has a blank"), "{said}");
    } else {
        assert_eq!((run.code, names(&run.json().unwrap())), (Some(0), vec!["nixos/a".to_owned()]), "{}", run.stderr);
    }
}

/// A module that declares one secret, and says on which host.
const MODULE: &str = "{ config, pkgs, ... }: { networking.hostName = \"anvil\"; sops.secrets.a = \
    { sopsFile = ./secrets/common.yaml; key = \"smtp/password\"; path = \"/run/secrets/a\"; }; }\n";

#[test]
fn without_a_flake_the_hosts_are_those_that_were_found() {
    let Some(nix) = Store::new() else { return };
    let hive = copy_of("hive", &[]);
    fs::remove_file(hive.path().join("hive.nix")).unwrap();
    write(hive.path(), "module.nix", MODULE);
    let made = "import <nixpkgs/nixos> { configuration = ./module.nix; }";
    let default = format!(
        "{{ suffix ? \"d\" }}: {{ web = {{ \"a.b\" = {made}; c = {made}; }}; ${{suffix}} = throw \"not yet\"; }}\n"
    );
    write(hive.path(), "default.nix", &default);
    let run = sealnix(&nix, hive.path(), &["manifest", "--eval"]);
    let manifest = run.json().unwrap();
    assert_eq!(names(&manifest), ["nixos/a.b", "nixos/c"], "{}", run.stderr);
    for name in ["a.b", "c"] {
        let host = host(&manifest, name);
        assert_eq!((host.get("evaluationError"), &host["complete"]["units"]), (None, &json!(true)));
        assert_eq!(host["sops"]["secrets"]["a"]["sopsFile"]["path"], "secrets/common.yaml");
    }
}

#[test]
fn a_configuration_alone_is_a_host() {
    let Some(nix) = Store::new() else { return };
    for file in ["configuration.nix", "default.nix"] {
        let hive = copy_of("hive", &[]);
        fs::remove_file(hive.path().join("hive.nix")).unwrap();
        write(hive.path(), file, MODULE);
        let run = sealnix(&nix, hive.path(), &["manifest", "--eval"]);
        let manifest = run.json().unwrap();
        assert_eq!(names(&manifest), ["nixos/anvil"], "{}", run.stderr);
        let host = host(&manifest, "anvil");
        assert_eq!((host.get("evaluationError"), &host["complete"]["units"]), (None, &json!(true)));
        assert_eq!(host["sops"]["secrets"]["a"]["sopsFile"]["path"], "secrets/common.yaml");
    }
}

#[test]
fn the_nodes_of_a_hive_are_made_as_colmena_makes_them() {
    let Some(nix) = Store::new() else { return };
    let hive = copy_of("hive", &[]);
    let run = sealnix(&nix, hive.path(), &["manifest", "--eval"]);
    let manifest = run.json().unwrap();
    assert_eq!((run.code, names(&manifest)), (Some(0), vec!["nixos/other".to_owned(), "nixos/web".to_owned()]));
    let web = host(&manifest, "web");
    let secrets = |name: &str| -> Vec<String> {
        host(&manifest, name)["sops"]["secrets"].as_object().unwrap().keys().cloned().collect()
    };
    // `meta.nodeSpecialArgs` goes over `meta.specialArgs`, `defaults` is in every node, and `nodes` are all.
    assert_eq!(
        (secrets("web"), secrets("other")),
        (vec!["of-day".to_owned(), "shared".to_owned()], vec!["of-night".to_owned(), "shared".to_owned()])
    );
    assert_eq!(web["sops"]["secrets"]["of-day"]["path"], "/run/other/token");
    assert_eq!(web["sops"]["secrets"]["shared"]["sopsFile"]["path"], "secrets/common.yaml");
    assert_eq!(web["hostName"], "web");
    // A key of colmena's makes a unit.
    assert!(web["units"].as_object().unwrap().contains_key("token-key"), "{}", web["units"]);
    assert_eq!(
        (&web["system"], &host(&manifest, "other")["system"]),
        (&json!("x86_64-linux"), &json!("aarch64-linux"))
    );
}

#[test]
fn a_comparison_with_nix_counts_what_nix_did_not_evaluate() {
    let Some(nix) = Store::new() else { return };
    let fleet = copy_of("fleet", &[]);
    let run = sealnix(&nix, fleet.path(), &["manifest", "--compare", "--eval", "--format", "json"]);
    let compared = run.json().unwrap();
    assert_eq!((run.code, &compared["totals"]["hostsNotEvaluated"]), (Some(2), &json!(2)));
    let throws = host(&compared, "throws");
    assert_eq!(
        (&throws["found"], &throws["error"]["message"]),
        (&json!("notEvaluated"), &json!("no disk is said for this host"))
    );
    let run = sealnix(&nix, fleet.path(), &["manifest", "--compare", "--eval"]);
    assert!(run.stdout.contains("nixos throws: not compared: Nix cannot evaluate it"), "{}", run.stdout);
    assert!(run.stdout.contains("5 hosts, 5 found, 2 more that Nix cannot evaluate"), "{}", run.stdout);
}

#[test]
fn a_comparison_needs_one_thing_to_compare_with() {
    let fleet = copy_of("fleet", &[]);
    for arguments in [&["manifest", "--compare"][..], &["manifest", "--compare", "other.json", "--eval"]] {
        let run = fleet.sealnix(arguments);
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""));
        assert!(run.stderr.contains("--compare needs a FILE or --eval, and not both"), "{}", run.stderr);
    }
}

/// Runs sealnix with a `nix` that is this shell script, or with none.
fn with_program(folder: &Path, script: Option<&str>, arguments: &[&str]) -> Run {
    let path = TempDir::new().unwrap();
    if let Some(script) = script {
        let program = path.path().join("nix");
        fs::write(&program, format!("#!/bin/sh\n{script}")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut sealnix = Command::new(env!("CARGO_BIN_EXE_sealnix"));
    sealnix.args(arguments).current_dir(folder).env("PATH", path.path()).env("SOPS_AGE_KEY", "AGE-SECRET-KEY-1");
    Run::of(&mut sealnix)
}

#[test]
fn without_a_nix_that_serves_it_is_said_what_to_do() {
    let fleet = copy_of("fleet", &[]);
    let run = with_program(fleet.path(), None, &["check", "--eval"]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""));
    assert!(
        run.stderr.contains("there is no `nix` on the PATH") && run.stderr.contains("install Nix"),
        "{}",
        run.stderr
    );
    let run = with_program(fleet.path(), Some("echo 'nix (Nix) 2.3.16'"), &["check", "--eval"]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""));
    assert!(run.stderr.contains("version 2.3, and --eval needs 2.4 or newer"), "{}", run.stderr);
}

#[test]
fn much_that_nix_says_blocks_nobody_and_no_key_is_passed_on() {
    let fleet = copy_of("fleet", &[]);
    write(fleet.path(), "default.nix", "{ a = import <nixpkgs/nixos> { configuration = { }; }; }\n");
    fs::remove_file(fleet.path().join("flake.nix")).unwrap();
    // More than a pipe holds, on both, before the answer.
    let script = "case $1 in --version) echo 'nix (Nix) 2.30.0'; exit;; esac
        [ -z \"$SOPS_AGE_KEY\" ] || exit 3
        i=0; while [ $i -lt 20000 ]; do echo 'warning: something' >&2; echo; i=$((i+1)); done
        echo '{\"version\": 1, \"hosts\": [{\"name\": \"a\", \"kind\": \"nixos\"}]}'";
    let run = with_program(fleet.path(), Some(script), &["manifest", "--eval", "--jobs", "3"]);
    let manifest = run.json().unwrap();
    assert_eq!((run.code, names(&manifest)), (Some(0), vec!["nixos/a".to_owned()]));
    assert_eq!(host(&manifest, "a").get("evaluationError"), None);
}

#[test]
fn a_process_that_is_killed_is_a_host_that_fails() {
    let fleet = copy_of("fleet", &[]);
    write(fleet.path(), "default.nix", "{ a = import <nixpkgs/nixos> { configuration = { }; }; }\n");
    fs::remove_file(fleet.path().join("flake.nix")).unwrap();
    let script = "case $1 in --version) echo 'nix (Nix) 2.30.0'; exit;; esac; kill -9 $$";
    let run = with_program(fleet.path(), Some(script), &["manifest", "--eval"]);
    let manifest = run.json().unwrap();
    assert_eq!(run.code, Some(2));
    assert_eq!(error(host(&manifest, "a")).0, "Nix ended with signal: 9 (SIGKILL)");
}

/// A repository without a flake whose hosts are found statically.
fn without_flake(hosts: &[&str]) -> Scratch {
    let fleet = copy_of("fleet", &[]);
    let made = hosts.iter().map(|name| format!("{name} = import <nixpkgs/nixos> {{ configuration = {{ }}; }}; "));
    write(fleet.path(), "default.nix", &format!("{{ {}}}\n", made.collect::<String>()));
    fs::remove_file(fleet.path().join("flake.nix")).unwrap();
    fleet
}

#[test]
fn an_answer_that_is_none_is_a_host_that_fails_and_hides_no_other() {
    let fleet = without_flake(&["a", "b"]);
    for (answer, message) in [
        ("null", "it is a function, and no configuration"),
        ("{\"version\": 1, \"hosts\": []}", "Nix's answer has no host in it"),
        (
            "{\"version\": 1, \"hosts\": [{\"name\": \"a\", \"kind\": \"nixos\", \"hostName\": 5}]}",
            "Nix's answer for a:",
        ),
        ("", "Nix's answer for a:"),
    ] {
        let script = format!(
            "case $1 in --version) echo 'nix (Nix) 2.30.0'; exit;; esac
            case \"$*\" in *'attr = \"b\"'*) echo '{{\"version\": 1, \"hosts\": [{{\"name\": \"b\", \"kind\": \"nixos\"}}]}}';; *) echo '{answer}';; esac"
        );
        let run = with_program(fleet.path(), Some(&script), &["manifest", "--eval"]);
        let manifest = run.json().unwrap();
        assert_eq!((run.code, names(&manifest)), (Some(2), vec!["nixos/a".to_owned(), "nixos/b".to_owned()]));
        let said = error(host(&manifest, "a")).0;
        assert!(said.starts_with(message), "{said}");
        assert_eq!(host(&manifest, "b").get("evaluationError"), None);
    }
}

#[test]
fn what_nix_leaves_behind_is_not_waited_for() {
    let fleet = without_flake(&["a"]);
    // It holds both outputs until it is told to end, and says so where nobody tells it.
    let script = "case $1 in --version) echo 'nix (Nix) 2.30.0'; exit;; esac
        (i=0; while [ ! -e told ] && [ $i -lt 2000000 ]; do i=$((i+1)); done; [ -e told ] || : >waited-for) &
        echo '{\"version\": 1, \"hosts\": [{\"name\": \"a\", \"kind\": \"nixos\"}]}'";
    let run = with_program(fleet.path(), Some(script), &["manifest", "--eval"]);
    write(fleet.path(), "told", "");
    assert!(!fleet.path().join("waited-for").exists());
    assert_eq!((run.code, names(&run.json().unwrap())), (Some(0), vec!["nixos/a".to_owned()]));
}

#[test]
fn a_nix_that_does_not_say_its_version_is_not_asked() {
    let fleet = without_flake(&["a"]);
    let run = with_program(fleet.path(), Some("exit 3"), &["check", "--eval"]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""));
    assert!(run.stderr.contains("`nix --version` ended with exit status: 3"), "{}", run.stderr);
}
