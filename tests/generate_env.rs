//! `sealnix generate env`: what is written, and that it means what was meant.

use std::fs;

use serde_json::{Value, json};

use crate::support::generated::{
    assert_clean, assert_finds, assert_parses, generate, refused, repository, secrets, text,
};
use crate::support::scratch;
use crate::support::scratch::Scratch;
use crate::support::sealed;

const MODULE: &str = "modules/env.nix";

/// A repository whose host imports the module that is generated, and these.
fn with(modules: &[(&str, &str)], files: &[(&str, &str)]) -> Scratch {
    let imported: Vec<&str> = modules.iter().map(|(path, _)| *path).chain([MODULE]).collect();
    repository(&imported, &[&[(MODULE, "{ }\n")], modules, files].concat())
}

/// Generates the module over the empty one; its text.
fn module(repository: &Scratch, arguments: &str) -> String {
    generate(repository, &format!("env {arguments} --force --out {MODULE}"));
    assert_parses(repository, MODULE);
    text(repository, MODULE)
}

/// What the first host says of something of its own.
fn said(repository: &Scratch, path: &str) -> Value {
    let manifest = repository.sealnix(&["manifest"]).json().unwrap();
    manifest.pointer(&format!("/hosts/0/{path}")).cloned().unwrap_or_default()
}

fn app() -> String {
    sealed::yaml("token: STR\nsmtp:\n    pass-word: STR\n    port: INT\n\"${x} \\\"q\": STR\n")
}

/// The service `hyper` runs as the account `app`.
const AS_APP: (&str, &str) = ("modules/user.nix", "{ systemd.services.hyper.serviceConfig.User = \"app\"; }\n");

#[test]
fn a_template_has_a_line_for_each_key() {
    let repository = with(&[AS_APP], &[("secrets/app.yaml", &app())]);
    insta::assert_snapshot!(module(&repository, "secrets/app.yaml --unit hyper"));
    let fields = |key: &str| json!(["secrets/app.yaml", key, "yaml", null, []]);
    let keys = ["token", "smtp/pass-word", "${x} \"q"];
    let expected: Value = keys.map(|key| (key.to_owned(), fields(key))).into_iter().collect();
    assert_eq!(secrets(&repository), expected);
    let template = said(&repository, "sops/templates/hyper.env");
    assert_eq!(template["owner"], "app");
    assert_eq!(template["restartUnits"], json!(["hyper.service"]));
    let placeholders: Vec<&str> =
        template["placeholders"].as_array().unwrap().iter().map(|p| p.as_str().unwrap()).collect();
    assert_eq!(placeholders.len(), 3, "{template:#}");
    // No template can hold a number.
    assert_finds(&repository, &[("unused-key", "smtp/port")]);
}

#[test]
fn options_choose_and_name_keys() {
    let repository = with(&[], &[("secrets/app.yaml", &app())]);
    let options =
        "--unit hyper.service --only smtp/pass-word --only token --map smtp/pass-word=MAIL --quote double --owner app";
    insta::assert_snapshot!(module(&repository, &format!("secrets/app.yaml {options}")));
    // What was not asked for reaches nobody.
    assert_finds(&repository, &[("unused-key", "smtp/port"), ("unused-key", "${x} \"q")]);
}

#[test]
fn a_template_alone_takes_the_secrets_of_another_module() {
    let repository = with(&[("modules/secrets.nix", "{ }\n")], &[("secrets/app.yaml", &app())]);
    generate(&repository, "module secrets/app.yaml --force --out modules/secrets.nix");
    let all = module(&repository, "secrets/app.yaml --unit hyper --only token --template-only");
    assert!(all.contains("{ config, ... }:\n{\n  sops.templates"), "no blank line where nothing is left out: {all}");
    insta::assert_snapshot!(module(&repository, "secrets/app.yaml --unit hyper --quote none --template-only"));
    let checked = repository.sealnix(&["check", "--format", "json"]).json().unwrap();
    let mut findings = checked["findings"].as_array().unwrap().iter();
    let quoting = |finding: &Value| finding["rule"] == "environment-template-quoting" && finding["level"] == "note";
    assert!(findings.any(quoting), "{checked:#}");
}

#[test]
fn a_dotenv_file_is_delivered_whole() {
    let dotenv = fs::read_to_string(scratch::fixtures().join("vectors/33-dotenv-basic/enc.env")).unwrap();
    let repository = with(&[AS_APP], &[("secrets/app.env", &dotenv)]);
    let run = generate(&repository, &format!("env secrets/app.env --unit hyper --force --out {MODULE}"));
    assert!(run.stdout.contains("systemd drops `export X`"), "{}", run.stdout);
    insta::assert_snapshot!(text(&repository, MODULE));
    assert_parses(&repository, MODULE);
    assert_eq!(
        secrets(&repository)["app.env"],
        json!(["secrets/app.env", "app.env", "dotenv", "app", ["hyper.service"]])
    );
    let alone = module(&repository, "secrets/app.env --unit hyper --template-only");
    assert!(!alone.contains("sops.secrets.\"app.env\" ="), "{alone}");
    let prefixed = module(&repository, "secrets/app.env --unit hyper --prefix hyper-");
    assert!(prefixed.contains("EnvironmentFile = config.sops.secrets.\"hyper-app.env\".path;"), "{prefixed}");
    let secrets = secrets(&repository);
    assert_eq!(
        secrets["hyper-app.env"],
        json!(["secrets/app.env", "hyper-app.env", "dotenv", "app", ["hyper.service"]])
    );
    assert_eq!(secrets.as_object().unwrap().len(), 1);
}

/// The secrets of two files with the same keys, each with its name and key.
#[test]
fn a_prefix_keeps_two_files_with_equal_keys_apart() {
    let keys = sealed::yaml("token: STR\nsmtp:\n    pass-word: STR\n");
    let files = [("secrets/a.yaml", keys.as_str()), ("secrets/b.yaml", &keys)];
    let repository = with(&[("modules/secrets.nix", "{ }\n"), ("modules/other.nix", "{ }\n"), AS_APP], &files);
    generate(
        &repository,
        "env secrets/b.yaml --unit other --prefix other- --owner app --force --out modules/other.nix",
    );
    assert_parses(&repository, "modules/other.nix");
    let text =
        module(&repository, "secrets/a.yaml --unit hyper --prefix hyper/ --only smtp/pass-word --map smtp/pass-word=P");
    insta::assert_snapshot!(text);
    let secret = |file: &str, key: &str| json!([file, key, "yaml", null, []]);
    let expected = json!({
        "other-token": secret("secrets/b.yaml", "token"),
        "other-smtp/pass-word": secret("secrets/b.yaml", "smtp/pass-word"),
        "hyper/smtp/pass-word": secret("secrets/a.yaml", "smtp/pass-word"),
    });
    assert_eq!(secrets(&repository), expected);
    assert_finds(&repository, &[("unused-key", "token")]);
    // The secrets of a module with the same prefix; the environment's names are those of the keys as before.
    generate(&repository, "module secrets/a.yaml --prefix hyper/ --force --out modules/secrets.nix");
    let alone = module(&repository, "secrets/a.yaml --unit hyper --prefix hyper/ --template-only");
    assert!(alone.contains("  TOKEN='${config.sops.placeholder.\"hyper/token\"}'\n"), "{alone}");
    assert_clean(&repository);
    let again = generate(&repository, alone.lines().nth(1).unwrap().strip_prefix("# sealnix generate ").unwrap());
    assert!(again.stdout.contains("is up to date"), "{}", again.stdout);
    let said = refused(&repository, "env secrets/a.yaml --unit hyper --prefix ../");
    assert!(said.contains("which no file can have"), "{said}");
}

/// Real sops-nix: a secret of that name stands where the folder of the templates has to be, and the activation fails.
#[test]
fn no_secret_stands_where_the_template_does() {
    let keys = "rendered: STR\ntoken: STR\n";
    let below = "rendered:\n    hyper.env: STR\n    other: STR\n";
    let files = [("secrets/a.yaml", sealed::yaml(keys)), ("secrets/b.yaml", sealed::yaml(below))];
    let repository = with(&[], &files.each_ref().map(|(path, text)| (*path, text.as_str())));
    for (line, name) in [
        ("secrets/a.yaml --unit hyper", "rendered"),
        ("secrets/a.yaml --unit hyper --template-only", "rendered"),
        ("secrets/b.yaml --unit hyper", "rendered/hyper.env"),
        (
            "secrets/b.yaml --unit hyper --only rendered/other --prefix rendered/hyper.env/",
            "rendered/hyper.env/rendered/other",
        ),
    ] {
        let said = refused(&repository, &format!("env --owner app {line}"));
        assert!(said.contains(&format!("the secret `{name}` would stand")), "{line}\n{said}");
        assert!(said.contains("--only") && said.contains("--prefix"), "{said}");
    }
    for line in ["a.yaml --unit hyper --only token", "a.yaml --unit hyper --prefix x-", "b.yaml --unit web"] {
        module(&repository, &format!("secrets/{line}"));
    }
    // The last module is made of the other file alone.
    assert_finds(&repository, &[("unused-file", "secrets/a.yaml")]);
}

#[test]
fn a_dotenv_file_that_no_host_is_built_with_is_refused() {
    let dotenv = fs::read_to_string(scratch::fixtures().join("vectors/33-dotenv-basic/enc.env")).unwrap();
    let dotenv = dotenv.replacen("FOO=", "a/FOO=", 1);
    let repository = with(&[], &[("secrets/app.env", &dotenv)]);
    let said = refused(&repository, "env secrets/app.env --unit hyper --owner app");
    assert!(said.contains("the key `a/FOO`") && said.contains("rename the key"), "{said}");
}

#[test]
fn instances_restart_by_themselves_alone() {
    let repository = with(&[], &[("secrets/app.yaml", &sealed::yaml("token: STR\n"))]);
    insta::assert_snapshot!(module(&repository, "secrets/app.yaml --unit worker@"));
    assert_clean(&repository);
}

#[test]
fn json_is_read_as_the_module_reads_it() {
    let repository = with(&[], &[("secrets/app.json", &sealed::json("\"top\": STR, \"m\": {\"b\": STR}"))]);
    assert!(module(&repository, "secrets/app.json --unit hyper").contains("M_B='${config.sops.placeholder.\"m/b\"}'"));
    assert_clean(&repository);
}

#[test]
fn what_cannot_be_made_is_refused_with_a_way_out() {
    let vector = |path: &str| fs::read_to_string(scratch::fixtures().join("vectors").join(path)).unwrap();
    let same = sealed::yaml("a/b: INT\na-b: STR\na_b: STR\nn: INT\n\"--\": STR\n");
    let files: &[(&str, &str)] = &[
        ("secrets/app.yaml", &app()),
        ("secrets/same.yaml", &same),
        ("secrets/app.env", &vector("33-dotenv-basic/enc.env")),
        ("secrets/app.ini", &vector("36-ini-basic/enc.ini")),
        ("secrets/app.bin", &vector("38-binary/enc.bin")),
    ];
    let repository = with(&[], files);
    let lines = [
        "secrets/app.yaml --unit hyper.timer",
        "secrets/app.yaml --unit .service",
        "secrets/app.yaml --unit 'a b'",
        "secrets/app.ini --unit hyper",
        "secrets/app.bin --unit hyper",
        "secrets/app.env --unit hyper --quote double",
        "secrets/same.yaml --unit hyper --only a-b --only a_b",
        "secrets/same.yaml --unit hyper --only --",
        "secrets/same.yaml --unit hyper --only a-b --map a_b=X",
        "secrets/same.yaml --unit hyper --map a-b=1X",
        "secrets/same.yaml --unit hyper --map a-b=X --map a-b=Y",
        "secrets/same.yaml --unit hyper --map n=X",
        "secrets/app.yaml --unit hyper --map smtp/passwort=X",
        "secrets/app.yaml --unit hyper --only smtp/pass-wrd",
    ];
    let said: Vec<String> = lines
        .iter()
        .map(|line| {
            format!(
                "$ {line}\n{}",
                refused(&repository, &format!("env --owner app {}", line.replace("--only --", "--only=--")))
            )
        })
        .collect();
    insta::assert_snapshot!(said.join("\n"));
}

/// The header's command makes the same again, and needs no evaluation for it.
#[test]
fn a_second_run_changes_nothing() {
    let repository = with(&[AS_APP], &[("secrets/app.yaml", &app())]);
    let first = module(&repository, "secrets/app.yaml --unit hyper");
    let command = first.lines().nth(1).unwrap().strip_prefix("# sealnix generate ").unwrap();
    assert!(command.contains(" --owner app "), "{command}");
    fs::write(repository.path().join(AS_APP.0), "{ }\n").unwrap();
    let again = generate(&repository, command);
    assert!(again.stdout.contains("is up to date"), "{}", again.stdout);
    assert_eq!(text(&repository, MODULE), first);
}

#[test]
fn the_owner_is_the_user_that_all_hosts_agree_on() {
    let owner = |service: &str| {
        let module = format!("{{ systemd.services.hyper.serviceConfig = {service}; }}\n");
        let repository = with(&[("modules/user.nix", &module)], &[("secrets/app.yaml", &app())]);
        let run = generate(&repository, &format!("env secrets/app.yaml --unit hyper --force --out {MODULE}"));
        let text = text(&repository, MODULE);
        assert_eq!(text.contains("owner ="), text.contains("--owner"));
        (text.contains("owner = \"app\";"), run.stderr)
    };
    assert_eq!(owner("{ User = \"app\"; }"), (true, String::new()));
    assert_eq!(owner("{ User = \"root\"; }"), (false, String::new()));
    assert_eq!(owner("{ User = \"app\"; DynamicUser = true; }"), (false, String::new()));
    // nixpkgs' own module of such a service may say more; and `other` is no account of the host's.
    for service in ["{ }", "{ User = builtins.getEnv \"X\"; }", "{ User = \"other\"; }"] {
        let (has_owner, said) = owner(service);
        assert!(!has_owner && said.contains("on web it is not known as whom hyper.service runs"), "{said}");
    }
    // No such service, no evaluation: the same file as with none.
    let repository = with(&[], &[("secrets/app.yaml", &app())]);
    let run = generate(&repository, "env secrets/app.yaml --unit nobody");
    assert!(run.stderr.contains("no owner is set: no host defines nobody.service"), "{}", run.stderr);
    fs::remove_file(repository.path().join("flake.nix")).unwrap();
    let run = generate(&repository, "env secrets/app.yaml --unit hyper");
    assert!(run.stderr.contains("no owner is set: ") && !run.stdout.contains("owner"), "{}", run.stderr);
}

#[test]
fn hosts_that_differ_give_no_owner() {
    let flake = r#"{
      inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
      outputs = { nixpkgs, ... }: let host = user: nixpkgs.lib.nixosSystem {
        system = "x86_64-linux";
        modules = [ {
          systemd.services.hyper.serviceConfig.User = user;
          users.users.${user} = { isSystemUser = true; group = "users"; };
        } ];
      }; in { nixosConfigurations = { a = host "app"; b = host "web"; }; };
    }"#;
    let repository = with(&[], &[("secrets/app.yaml", &app())]);
    fs::write(repository.path().join("flake.nix"), flake).unwrap();
    let run = generate(&repository, "env secrets/app.yaml --unit hyper");
    assert!(run.stderr.contains("different users: app, web"), "{}", run.stderr);
    assert!(!run.stdout.contains("owner"));
}
