//! Files whose names say another format than the one that a secret declares, and that sops-nix so reads them in: every
//! command sees that they are sealed.

use std::fs;
use std::path::Path;
use std::process::Command;

use sealnix::command::{self, SopsFile};
use sealnix::sops::{self, Format};
use sealnix::source::Text;
use tempfile::TempDir;

use crate::support::installed;
use crate::support::scratch::{Scratch, fixtures};

/// A repository whose host declares secrets of these files of `secrets/`, each in a format.
fn repository(files: &[(&str, &str, String)]) -> Scratch {
    let folder = TempDir::new().unwrap();
    let good = fixtures().join("rules/key-missing/fires");
    fs::create_dir(folder.path().join("secrets")).unwrap();
    for file in ["flake.nix", ".sops.yaml", "secrets/web.yaml"] {
        fs::copy(good.join(file), folder.path().join(file)).unwrap();
    }
    let mut module = "{\n  networking.hostName = \"web\";\n  sops.age.keyFile = \"/k\";\n".to_owned();
    for (index, (name, format, content)) in files.iter().enumerate() {
        module += &format!(
            "  sops.secrets.s{index} = {{ sopsFile = ./secrets/{name}; format = \"{format}\"; key = \"key\"; }};\n"
        );
        fs::write(folder.path().join("secrets").join(name), content).unwrap();
    }
    fs::write(folder.path().join("configuration.nix"), module + "}\n").unwrap();
    Scratch::copy_of(folder.path(), &[], &[])
}

fn vector(path: &str) -> String {
    fs::read_to_string(fixtures().join("vectors").join(path)).unwrap()
}

#[test]
fn the_summary_counts_them() {
    let repository = repository(&[("app.env", "yaml", vector("01-yaml-flat/enc.yaml"))]);
    let report = repository.sealnix(&["check", "--format", "json"]).json().unwrap();
    assert_eq!(report["summary"]["files"], 2, "{report:#}");
}

#[test]
fn who_can_read_them_is_known_and_nobody_is_told_to_seal_them() {
    let repository = repository(&[("app.env", "yaml", vector("01-yaml-flat/enc.yaml"))]);
    let why = repository.sealnix(&["why", "secrets/app.env"]).stdout;
    assert!(why.contains("age1g6e50"), "{why}");
    assert!(!why.contains("--encrypt"), "{why}");
    let matrix = repository.sealnix(&["matrix", "--format", "csv"]).stdout;
    assert!(matrix.contains("secrets/app.env"), "{matrix}");
}

/// Runs a command that is printed, as somebody who has the key.
fn run(line: &str, folder: &Path) {
    let mut shell = Command::new("sh");
    shell.args(["-c", line]).current_dir(folder).env("SOPS_AGE_KEY_FILE", folder.join("key"));
    // Saves another text.
    let output = shell.env("SOPS_EDITOR", "sed -i s/one/two/").output().unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
}

fn new_key(file: &Path) -> String {
    let made = Command::new("age-keygen").arg("-o").arg(file).output().unwrap();
    assert!(made.status.success());
    let recipient = Command::new("age-keygen").arg("-y").arg(file).output().unwrap();
    String::from_utf8(recipient.stdout).unwrap().trim().to_owned()
}

/// Each, with the real sops, on files whose names say another format than they have.
#[test]
fn the_commands_that_are_printed_run() {
    if !installed::SOPS.is_here() {
        return;
    }
    let folder = TempDir::new().unwrap();
    let (own, other) = (new_key(&folder.path().join("key")), new_key(&folder.path().join("other")));
    let rules = |recipients: &str| {
        fs::write(folder.path().join(".sops.yaml"), format!("creation_rules:\n  - age: {recipients}\n")).unwrap();
    };
    let cases = [
        ("a b.env", Format::Yaml, Format::Yaml, "key: one\n"),
        ("app", Format::Dotenv, Format::Dotenv, "key=one\n"),
        ("app.yaml", Format::Ini, Format::Ini, "[s]\nkey = one\n"),
        ("app.ini", Format::Json, Format::Json, "{\"key\": \"one\"}\n"),
        ("plain.yaml", Format::Yaml, Format::Yaml, "key: one\n"),
        // sops-nix reads JSON as YAML, its default; sops is to write JSON all the same.
        ("app.json", Format::Json, Format::Yaml, "{\"key\": \"one\"}\n"),
        ("json", Format::Json, Format::Yaml, "{\"key\": \"one\"}\n"),
        ("blob", Format::Binary, Format::Yaml, "one\n"),
    ];
    for (name, format, asked, plain) in cases {
        rules(&own);
        let read = || {
            let text = Text::new(name.into(), fs::read_to_string(folder.path().join(name)).unwrap());
            sops::read_as(&text, asked).unwrap().unwrap()
        };
        fs::write(folder.path().join(name), plain).unwrap();
        let types = (Format::of(name) != format).then(|| format!("--input-type {0} --output-type {0}", format.word()));
        let types = types.unwrap_or_default();
        run(&format!("sops --encrypt --in-place {types} '{name}'"), folder.path());
        run(&command::edit(SopsFile::read(&read())), folder.path());
        run(&format!("sops --decrypt {types} '{name}' | grep two"), folder.path());
        let mac = read().metadata.mac;
        run(&command::rotate(SopsFile::read(&read())), folder.path());
        assert_ne!(read().metadata.mac, mac, "{name}");
        rules(&format!("{own},{other}"));
        run(&command::updatekeys_unasked(SopsFile::read(&read()), None), folder.path());
        assert_eq!(read().metadata.recipients().count(), 2, "{name}");
        run(&command::remove_recipients(SopsFile::read(&read()), "age", &[&other]), folder.path());
        assert_eq!(read().metadata.recipients().count(), 1, "{name}");
        assert!(!command::edit(name).contains("--input-type"));
        assert_eq!(command::edit(SopsFile::read(&read())).contains("--input-type"), !types.is_empty());
    }
}

/// A file that is not there yet, or not sealed yet, is made in the form that its secret declares.
#[test]
fn what_is_to_be_made_is_made_in_the_declared_form() {
    let repository = repository(&[("app.env", "yaml", "key: one\n".to_owned())]);
    fs::write(
        repository.path().join("configuration.nix"),
        "{ networking.hostName = \"web\"; sops.age.keyFile = \"/k\"; sops.secrets = {
           a.sopsFile = ./secrets/app.env; b.sopsFile = ./gone/far.ini; c.sopsFile = ./gone/app.yaml; }; }",
    )
    .unwrap();
    let report = repository.sealnix(&["check", "--format", "json"]).json().unwrap().to_string();
    let types = "--input-type yaml --output-type yaml";
    assert!(report.contains(&format!("sops --encrypt --in-place {types} secrets/app.env")), "{report}");
    assert!(report.contains(&format!("sops {types} gone/far.ini")), "{report}");
    assert!(report.contains("sops gone/app.yaml"), "{report}");
}
