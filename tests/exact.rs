//! `check --manifest`: what Nix says of a host is certain, whatever the static evaluator thought.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::scratch::{Run, Scratch, fixtures, sealnix_in};

/// What the host declares hangs on an input that is not here.
const FLAKE: &str = r#"{
  inputs.private.url = "git+ssh://git@git.example.org/ada/private";
  outputs = { nixpkgs, sops-nix, private, ... }: {
    nixosConfigurations = nixpkgs.lib.genAttrs [ "web" "db" ] (_: nixpkgs.lib.nixosSystem {
      specialArgs = { inherit private; };
      modules = [ sops-nix.nixosModules.sops ./hosts/web.nix ];
    });
  };
}"#;
const MODULE: &str = r#"{ config, lib, private, ... }: {
  sops.defaultSopsFile = ../secrets.yaml;
  sops.secrets = lib.mkIf private.hasMail { "smtp/pasword" = { }; };
  systemd.services.mail.environment.TOKEN_FILE = config.sops.secrets.token.path;
}"#;

fn repository() -> Scratch {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("hosts")).unwrap();
    fs::write(folder.path().join("flake.nix"), FLAKE).unwrap();
    fs::write(folder.path().join("hosts/web.nix"), MODULE).unwrap();
    // The first recipient of the file.
    let names = "keys:\n  - &web age10x4sfsyahqtf9g2s6d9zx9yhwk5r2x7luuznkgr5kqdwv56wt4vsleg0at\n";
    fs::write(folder.path().join(".sops.yaml"), names).unwrap();
    fs::copy(fixtures().join("inputs/vault/web.yaml"), folder.path().join("secrets.yaml")).unwrap();
    Scratch::copy_of(folder.path(), &[], &[])
}

const HUMAN: &str = "--format=human";

/// A host as Nix gives it, with these secrets: name, key and file.
fn host(name: &str, secrets: &[(&str, &str, &str)]) -> Value {
    let secret = |&(name, key, file): &(&str, &str, &str)| {
        let at = json!({ "file": "hosts/web.nix", "line": 3, "column": 3 });
        let definitions = json!([{ "file": "hosts/web.nix", "pos": at, "fields": {} }]);
        let secret = json!({
            "neededForUsers": false, "owner": null, "group": null, "restartUnits": [], "reloadUnits": [],
            "key": key, "format": "yaml", "sopsFile": { "path": file, "kind": "path" }, "at": at, "definitions": definitions,
        });
        (name.to_owned(), secret)
    };
    let secrets: serde_json::Map<_, _> = secrets.iter().map(secret).collect();
    json!({
        "name": name, "kind": "nixos",
        "complete": { "secrets": true, "templates": true, "users": true, "units": true },
        "sops": { "secrets": secrets, "age": { "keyFile": "/var/lib/key.txt" } },
    })
}

/// A check of a folder with a manifest of these hosts.
fn check(folder: &Path, hosts: &[Value], arguments: &[&str]) -> Run {
    let outside = tempfile::tempdir().unwrap();
    let manifest = outside.path().join("manifest.json");
    fs::write(&manifest, json!({ "version": 1, "hosts": hosts }).to_string()).unwrap();
    let manifest = format!("--manifest={}", manifest.display());
    let format = if arguments.contains(&HUMAN) { HUMAN } else { "--format=json" };
    let arguments: Vec<&str> = arguments.iter().copied().filter(|argument| *argument != HUMAN).collect();
    sealnix_in(folder, &[&["check", format, &manifest][..], &arguments].concat())
}

/// Rule, level and certainty of each finding.
fn findings(run: &Run) -> Vec<[String; 3]> {
    let report = run.json().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    findings.map(|found| ["rule", "level", "certainty"].map(|field| text(&found[field]))).collect()
}

const NOTHING: [[String; 3]; 0] = [];

fn error(rule: &str) -> [String; 3] {
    [rule, "error", "certain"].map(str::to_owned)
}

#[test]
fn what_was_conditional_is_certain_or_not_there() {
    let repository = repository();
    let statically = repository.sealnix(&["check", "--format=json", "--host=web"]);
    let key_missing = ["key-missing", "warning", "conditional"].map(str::to_owned);
    assert!(findings(&statically).contains(&key_missing), "{}", statically.stdout);

    let mail = [("smtp/pasword", "smtp/pasword", "secrets.yaml")];
    let token = [("token", "smtp/password", "secrets.yaml")];
    let with_both = check(repository.path(), &[host("web", &[mail, token].concat())], &["--host=web"]);
    // The mail unit reads the token only.
    let unread = ["unused-declaration", "note", "certain"].map(str::to_owned);
    assert_eq!(findings(&with_both), [error("key-missing"), unread]);
    // Certainly not declared: then there is nothing to find, but what uses it is wrong for sure.
    let with_neither = check(repository.path(), &[host("web", &[])], &["--host=web"]);
    assert_eq!(findings(&with_neither), [error("undeclared-secret-reference")]);
    let with_token = check(repository.path(), &[host("web", &token)], &["--host=web"]);
    assert_eq!((findings(&with_token), with_token.code), (Vec::new(), Some(0)));
}

/// The manifest of one host leaves the others to the static evaluator, which is no news of that host.
#[test]
fn a_manifest_of_one_host_says_nothing_of_the_others() {
    let repository = repository();
    let hosts = [host("web", &[("token", "smtp/password", "secrets.yaml")])];
    let summary = |arguments: &[&str]| check(repository.path(), &hosts, arguments).json().unwrap()["summary"].clone();
    assert_eq!(summary(&["--host=web"])["unknown"], json!({}));
    assert_eq!(summary(&["--no-hosts"])["unknown"], json!({}));
    let all = summary(&[]);
    assert_eq!((&all["hosts"], &all["unknown"]["not in the manifest that Nix made"]), (&json!(2), &json!(1)));
    // Statically `db` uses a secret that nothing declares.
    let exit = |arguments: &[&str]| check(repository.path(), &hosts, arguments).code;
    assert_eq!([exit(&["--host=web"]), exit(&["--host=db"]), exit(&["--host=cache"])], [Some(0), Some(1), Some(2)]);
}

/// A NixOS module that checks its own host hands in no more than that host's files.
#[test]
fn a_folder_of_sops_files_alone() {
    let folder = tempfile::tempdir().unwrap();
    let root = format!("--root={}", folder.path().display());
    fs::create_dir(folder.path().join("secrets")).unwrap();
    fs::copy(fixtures().join("inputs/vault/web.yaml"), folder.path().join("secrets/web.yaml")).unwrap();
    let anywhere = tempfile::tempdir().unwrap();

    let declared = [("mail", "smtp/password", "secrets/web.yaml")];
    let run = check(anywhere.path(), &[host("web", &declared)], &[&root]);
    // Nothing tells the host's key, with the Nix code or without.
    assert_eq!(findings(&run), [["host-identity-unknown", "note", "certain"].map(str::to_owned)]);
    let summary = &run.json().unwrap()["summary"];
    assert_eq!((run.code, &summary["unknown"], &summary["notLookedAt"]), (Some(0), &json!({}), &json!([])));

    let declared = [("mail", "smtp/pasword", "secrets/web.yaml"), ("disk", "disk", "secrets/wbe.yaml")];
    let run = check(anywhere.path(), &[host("web", &declared)], &[&root, HUMAN, "--host=web"]);
    assert_eq!(run.code, Some(1));
    for said in ["hosts/web.nix:3:3: needs `smtp/pasword`", "hosts/web.nix:3:3: needs `secrets/wbe.yaml`"] {
        assert!(run.stdout.contains(said), "{said}\n{}", run.stdout);
    }
}

/// What is found of three secrets of a file, two of them wrong.
fn of_an_input(file: &str, arguments: &[&str]) -> Vec<[String; 3]> {
    let declared = [("a", "smtp/password", file), ("b", "smtp/pasword", file), ("c", "monitoring/pager_pin", file)];
    let run = check(repository().path(), &[host("web", &declared)], &[&["--host=web"], arguments].concat());
    let found = findings(&run).into_iter();
    found.filter(|[rule, ..]| rule != "undeclared-secret-reference").collect()
}

#[test]
fn files_of_other_inputs_are_read_like_the_repository_s_own() {
    let wrong = [error("key-missing"), error("value-not-a-string")];
    let vault = fixtures().join("inputs/vault");
    let input = format!("--input=private={}", vault.display());
    assert_eq!(of_an_input("input:private/web.yaml", &[&input]), wrong);
    assert_eq!(of_an_input("input:private/web.yaml", &[]), NOTHING);

    // A Nix store, wherever it lies; nobody knows which input this is.
    let store = tempfile::tempdir().unwrap();
    let source = store.path().join("0c4gh9j5bqz1kyrmk3vxq3b5zl3gpz0s-source");
    fs::create_dir(&source).unwrap();
    fs::copy(vault.join("web.yaml"), source.join("web.yaml")).unwrap();
    assert_eq!(of_an_input(source.join("web.yaml").to_str().unwrap(), &[]), wrong);
    assert_eq!(of_an_input(source.join("gone.yaml").to_str().unwrap(), &[]), NOTHING);
    fs::copy(vault.join("web.yaml"), store.path().join("web.yaml")).unwrap();
    assert_eq!(of_an_input(source.join("../web.yaml").to_str().unwrap(), &[]), NOTHING);
    // A path of the host that is to run it is no file of this machine, and a flake does not see it.
    let outside = [(); 3].map(|()| error("sops-file-outside-repository"));
    assert_eq!(of_an_input(vault.join("web.yaml").to_str().unwrap(), &[]), outside);
}

/// Whose key opens a container's files nothing tells; that they and their keys exist is checked as a host's.
#[test]
fn secrets_of_containers() {
    let mut web = host("web", &[("token", "smtp/password", "secrets.yaml")]);
    let declared = [("mail", "smtp/pasword", "secrets.yaml"), ("disk", "disk", "secret.yaml")];
    web["containers"] = json!({ "db": { "sops": host("db", &declared)["sops"], "agenix": null, "bindMounts": {} } });
    let run = check(repository().path(), &[web], &["--host=web"]);
    let mut found = findings(&run);
    found.sort();
    assert_eq!(found, [error("key-missing"), error("sops-file-missing")]);
    let report = run.json().unwrap();
    let messages = report["findings"].as_array().unwrap().iter().map(|found| found["message"].as_str().unwrap());
    assert!(messages.into_iter().all(|message| message.starts_with("In container `db`: ")), "{report}");
    assert_eq!(report["summary"]["secrets"], 3);
    let undecided = "whether container `db` on `web` can open its 2 secrets: nothing tells its key";
    assert_eq!(report["summary"]["undecided"], json!({ undecided: 1 }));
}

/// A manifest without hosts says nothing of a list that is not known: `check` alone says 2 there.
#[test]
fn a_manifest_without_hosts_makes_no_unknown_repository_clean() {
    let folder = tempfile::tempdir().unwrap();
    let flake = "{ outputs = { x, ... }: { nixosConfigurations = x.lib.make ./hosts; }; }\n";
    fs::write(folder.path().join("flake.nix"), flake).unwrap();
    let repository = Scratch::copy_of(folder.path(), &[], &[]);
    assert_eq!(repository.sealnix(&["check"]).code, Some(2));
    assert_eq!(check(repository.path(), &[], &[]).code, Some(2));
    // What concerns no host is checked by itself, with such a manifest.
    assert_eq!(check(repository.path(), &[], &["--no-hosts"]).code, Some(0));
    assert_eq!(repository.sealnix(&["check", "--no-hosts"]).code, Some(2));
}

/// A host that Nix could not evaluate is shown at the file that makes it, with a command that fits.
#[test]
fn an_evaluation_error_names_its_file_and_a_command() {
    let said = |entry: &str, text: &str, name: &str, attr: &str| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(entry);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
        let repository = Scratch::copy_of(folder.path(), &[], &[]);
        let host = json!({ "name": name, "kind": "nixos", "attr": attr, "evaluationError": { "message": "no" } });
        let run = check(repository.path(), &[host], &["--root=.", entry]);
        assert_eq!(run.code, Some(2), "{}", run.stderr);
        let report = run.json().unwrap();
        let findings = report["findings"].as_array().unwrap().iter();
        let found = findings.into_iter().find(|found| found["rule"] == "evaluation-error").unwrap().clone();
        let help = found["help"].as_str().unwrap();
        (found["file"].as_str().unwrap().to_owned(), help.split('`').nth(1).unwrap().to_owned())
    };
    let flake = "{ outputs = _: { nixosConfigurations = { }; }; }";
    let toplevel = "config.system.build.toplevel";
    let (file, command) = said("hosts/flake.nix", flake, "a.b", "nixosConfigurations.a.b");
    assert_eq!(file, "hosts/flake.nix");
    assert_eq!(command, format!("nix eval './hosts#nixosConfigurations.\"a.b\".{toplevel}.drvPath' --show-trace"));
    let (_, command) = said("flake.nix", flake, "web", "colmena.web");
    assert_eq!(command, "colmena -f flake.nix --show-trace build --on web");
    let (file, command) = said("hive.nix", "{ meta = { }; web = { }; }", "web", "web");
    assert_eq!((file.as_str(), command.as_str()), ("hive.nix", "colmena -f hive.nix --show-trace build --on web"));
    let (file, command) = said("default.nix", "{ }", "web", "nodes.web");
    assert_eq!(file, "default.nix");
    assert_eq!(command, format!("nix-instantiate ./default.nix -A nodes.web.{toplevel} --show-trace"));
}
