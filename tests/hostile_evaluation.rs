//! Hostile modules: whatever their evaluation would do, a run ends in time, without a crash, and
//! says of its host what was not known instead of inventing or losing declarations silently.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::bounded::{MOST_SECONDS, bounded};
use crate::support::scratch::{fixtures, sealnix_in};

/// A flake of these hosts, each made of `sure.nix`, which declares the secret `sure`, and a module
/// of `fixtures/hostile`, which may declare the secret `hostile` and no other.
fn flake(hosts: &[(String, &str)]) -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    for file in modules() {
        fs::copy(fixtures().join("hostile").join(&file), folder.path().join(&file)).expect("a copy");
    }
    fs::write(folder.path().join("large.txt"), "a line of text\n".repeat(500_000)).expect("a large file");
    let hosts: String = hosts.iter().map(|(name, module)| format!("{name} = host ./{module};\n")).collect();
    let flake = format!(
        "{{ outputs = {{ self, nixpkgs, sops-nix }}@inputs: let host = module: nixpkgs.lib.nixosSystem {{ \
         specialArgs = {{ inherit inputs; }}; modules = [ sops-nix.nixosModules.sops ./sure.nix module ]; }}; \
         in {{ nixosConfigurations = {{\n{hosts}}}; }}; }}"
    );
    fs::write(folder.path().join("flake.nix"), flake).expect("a flake");
    folder
}

fn modules() -> Vec<String> {
    let entries = fs::read_dir(fixtures().join("hostile")).expect("fixtures/hostile");
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The manifest's hosts; what is wrong with the run otherwise.
fn run(folder: &Path) -> Result<Vec<Value>, String> {
    let run = bounded(folder, &["manifest"]);
    if run.stderr.contains("panic") || run.code.is_none() {
        return Err(format!("exit code {:?}, none where it took {MOST_SECONDS} s: {}", run.code, run.stderr));
    }
    let hosts = run.json()?["hosts"].as_array().expect("hosts").clone();
    // Exit code 2 exactly where a limit cut a host's declarations short.
    let expected = if hosts.iter().any(is_cut_short) { 2 } else { 0 };
    if run.code != Some(expected) {
        return Err(format!("exit code {:?}, not {expected}: {}", run.code, run.stderr));
    }
    Ok(hosts)
}

fn is_cut_short(host: &Value) -> bool {
    host["unknowns"].as_array().expect("unknowns").iter().any(|unknown| {
        let why = unknown["why"].as_str().expect("why");
        unknown["field"] == "declared" && unknown["secret"].is_null() && why.contains("evaluation reached its limit")
    })
}

/// What a host says that it cannot: invented secrets, or lost ones where it claims to know all.
fn wrong(host: &Value) -> Option<String> {
    let secrets = host["sops"]["secrets"].as_object();
    let names: Vec<&str> = secrets.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    let invented = names.iter().any(|name| !["hostile", "sure"].contains(name));
    let lost = !names.contains(&"sure") && host["complete"]["secrets"] == Value::Bool(true);
    (invented || lost).then(|| format!("secrets {names:?}, complete {}", host["complete"]))
}

#[test]
fn every_hostile_module_ends_in_time() {
    let failures: Vec<String> = modules()
        .iter()
        .filter_map(|module| {
            let folder = flake(&[("web".to_owned(), module)]);
            let outcome = run(folder.path()).and_then(|hosts| wrong(&hosts[0]).map_or(Ok(()), Err));
            outcome.err().map(|why| format!("{module}: {why}"))
        })
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn so_do_many_hosts_of_the_slowest() {
    // A debug build is ten times slower.
    let count = if cfg!(debug_assertions) { 2 } else { 100 };
    for module in ["fibonacci.nix", "imports-itself.nix", "infinite-wide-set-in-config.nix"] {
        let hosts: Vec<_> = (0..count).map(|number| (format!("web{number}"), module)).collect();
        let hosts = run(flake(&hosts).path()).unwrap_or_else(|why| panic!("{module}: {why}"));
        assert_eq!(hosts.len(), count, "{module}");
        assert_eq!(hosts.iter().find_map(wrong), None, "{module}");
    }
}

/// A host that a limit cut short was not looked at as a whole: it is said, and never clean.
#[test]
fn a_limit_is_said_and_is_not_clean() {
    let folder = flake(&[("web".to_owned(), "imports-itself.nix"), ("mail".to_owned(), "sure.nix")]);
    let run = sealnix_in(folder.path(), &["check"]);
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert!(run.stdout.contains("host web, whose evaluation reached its limit"), "{}", run.stdout);
}

/// So is a list of hosts that a limit cut short, whatever else makes hosts.
#[test]
fn hosts_that_a_limit_hides_are_said() {
    let folder = flake(&[("web".to_owned(), "sure.nix")]);
    let file = folder.path().join("flake.nix");
    let text = fs::read_to_string(&file).unwrap();
    let endless = "}; homeConfigurations = let more = name: more (name + 1); in more 0; }; }";
    fs::write(&file, text.replace("}; }; }", endless)).unwrap();
    let run = sealnix_in(folder.path(), &["check"]);
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert!(run.stdout.contains("1 host, 1 secret"), "{}", run.stdout);
    assert!(run.stdout.contains("lists the hosts, and that reached its limit"), "{}", run.stdout);
}

/// Every package is made of many others, and each of those of the same: none is entered twice.
#[test]
fn packages_within_packages_end_in_time() {
    let folder = TempDir::new().expect("a temporary folder");
    let package = |level: usize| format!("p{level} = pkgs.join{};\n", format!(" p{}", level - 1).repeat(50));
    let packages: String = (1..=6).map(package).collect();
    let flake = format!(
        "{{ outputs = {{ nixpkgs, ... }}: let pkgs = nixpkgs.legacyPackages.x86_64-linux; p0 = pkgs.hello;\n{packages} \
         in {{ deploy.nodes.web.profiles.system.path = p6; }}; }}"
    );
    fs::write(folder.path().join("flake.nix"), flake).expect("a flake");
    assert_eq!(run(folder.path()), Ok(Vec::new()));
}
