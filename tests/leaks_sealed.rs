//! What is sealed, and what opens it, is in no output: every command in every form, with and without keys, on files
//! of every format that are whole or broken.

#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::installed::SOPS;
use crate::support::scratch::{Run, Scratch, fixtures};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tempfile::TempDir;

const MARKER: &str = "Zw9-hunter2-xyzzy-Qp4";

/// The sealed files: their names, the plaintexts, and further files made of them.
const PLAIN: [(&str, &str); 5] = [
    (
        "a.yaml",
        "# MARKER\ntoken: MARKER\nlist:\n  # MARKER\n  - MARKER\nport: 8080\nnested: {MARKER_KEY: \"MARKER\\nMARKER\"}\n",
    ),
    ("b.json", "{\"token\": \"MARKER\", \"n\": 80}"),
    ("c.env", "# MARKER\nTOKEN=MARKER\n"),
    ("d.ini", "[a]\ntoken = MARKER\n"),
    ("e.bin", "MARKER\n"),
];

struct Planted {
    repository: Scratch,
    keys: TempDir,
    /// What must be in no output.
    hidden: Vec<String>,
}

impl Planted {
    fn new() -> Planted {
        let (folder, keys) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let key = keys.path().join("key.txt");
        let made = Command::new("age-keygen").arg("-o").arg(&key).output().unwrap();
        assert!(made.status.success());
        let private = fs::read_to_string(&key).unwrap();
        let private = private.lines().find(|line| line.starts_with("AGE-SECRET-KEY-")).unwrap().to_owned();
        let recipient = Command::new("age-keygen").arg("-y").arg(&key).output().unwrap().stdout;
        let recipient = String::from_utf8(recipient).unwrap().trim().to_owned();
        let ssh = keys.path().join("ssh");
        let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&ssh).output().unwrap();
        assert!(made.status.success());
        let public = fs::read_to_string(keys.path().join("ssh.pub")).unwrap();
        let secrets = folder.path().join("secrets");
        fs::create_dir(&secrets).unwrap();
        for (name, plain) in PLAIN {
            fs::write(secrets.join(name), plain.replace("MARKER_KEY", "k").replace("MARKER", MARKER)).unwrap();
            let recipients = format!("{recipient},{}", public.split(' ').take(2).collect::<Vec<_>>().join(" "));
            let sealed = Command::new("sops")
                .args(["--encrypt", "--age", &recipients, "--in-place", name])
                .current_dir(&secrets)
                .output();
            let sealed = sealed.unwrap();
            assert!(sealed.status.success(), "{}", String::from_utf8_lossy(&sealed.stderr));
            break_in_all_ways(&secrets, name);
        }
        let age = secrets.join("f.age");
        fs::write(keys.path().join("plain"), MARKER).unwrap();
        let mut seal = Command::new("age");
        let made = seal.args(["-r", &recipient, "-o"]).arg(&age).arg(keys.path().join("plain")).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let sealed = fs::read(&age).unwrap();
        fs::write(secrets.join("cut-f.age"), &sealed[..sealed.len() - 3]).unwrap();
        let fixture = fixtures().join("rules/key-missing/fires");
        let flake = fs::read_to_string(fixture.join("flake.nix")).unwrap();
        let flake = flake.replace("  outputs =", "  inputs.agenix.url = \"github:ryantm/agenix\";\n  outputs =");
        let flake = flake.replace("sops-nix, ...", "sops-nix, agenix, ...");
        let flake = flake
            .replace("        ./configuration.nix", "        agenix.nixosModules.default\n        ./configuration.nix");
        fs::write(folder.path().join("flake.nix"), flake).unwrap();
        let module = "{\n  sops.age.keyFile = \"/key\";\n  sops.secrets = {\n    token.sopsFile = ./secrets/a.yaml;\n    port.sopsFile = ./secrets/a.yaml;\n    \
                      no.sopsFile = ./secrets/b.json;\n    edited.sopsFile = ./secrets/edited-a.yaml;\n    cut.sopsFile = ./secrets/cut-a.yaml;\n  };\n  \
                      age.secrets.f.file = ./secrets/f.age;\n}\n";
        fs::write(folder.path().join("configuration.nix"), module).unwrap();
        let ssh_private = fs::read_to_string(&ssh).unwrap();
        let ssh_lines = ssh_private.lines().filter(|line| line.len() > 40).map(str::to_owned);
        let mut hidden =
            vec![MARKER.to_owned(), MARKER[..12].to_owned(), STANDARD.encode(MARKER), private[..40].to_owned()];
        hidden.extend(ssh_lines.skip(1));
        Planted { repository: Scratch::copy_of(folder.path(), &[], &[]), keys, hidden }
    }

    fn path(&self) -> &Path {
        self.repository.path()
    }

    /// Runs it with what one way of giving keys sets.
    fn run(&self, arguments: &[&str], environment: &[(&str, String)]) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sealnix"));
        command.args(arguments).current_dir(self.path()).env_clear().env("HOME", "/nowhere");
        command.env("PATH", std::env::var_os("PATH").unwrap());
        let run = Run::of(command.envs(environment.iter().map(|(name, value)| (name, value))));
        assert!(run.code.is_some_and(|code| code < 100), "{arguments:?}: {}", run.stderr);
        let report = fs::read_to_string(self.path().join("report.out")).unwrap_or_default();
        for output in [&run.stdout, &run.stderr, &report] {
            for hidden in &self.hidden {
                assert!(!output.contains(hidden), "{arguments:?} {environment:?} prints {hidden}:\n{output}");
            }
        }
        // Else nothing was tried.
        assert!(!run.stderr.contains("Usage:"), "{arguments:?}: {}", run.stderr);
        run
    }
}

/// Beside a sealed file: with a value exchanged for text, a byte of a ciphertext changed, cut short, without its end
/// brackets, and under a name that says another format.
fn break_in_all_ways(folder: &Path, name: &str) {
    let sealed = fs::read_to_string(folder.join(name)).unwrap();
    let write = |prefix: &str, content: String| fs::write(folder.join(format!("{prefix}-{name}")), content).unwrap();
    let start = sealed.find("ENC[").unwrap();
    let end = start + sealed[start..].find(']').unwrap() + 1;
    write("clear", format!("{}{}{}", &sealed[..start], "12", &sealed[end..]));
    let data = start + "ENC[AES256_GCM,data:".len();
    let other = if sealed.as_bytes()[data] == b'A' { "B" } else { "A" };
    write("edited", format!("{}{other}{}", &sealed[..data], &sealed[data + 1..]));
    write("cut", sealed[..sealed.len() * 2 / 3].to_owned());
    write("types", sealed.replace("type:str]", "type:int]"));
    write("enc", sealed.replace("YWdlLWVuY3J5", "YWdlLWVuY3J6"));
    fs::write(folder.join(format!("{name}.yaml")), &sealed).unwrap();
}

/// Every file in the folder of sealed files, relative to the repository.
fn files(planted: &Planted) -> Vec<String> {
    let entries = fs::read_dir(planted.path().join("secrets")).unwrap();
    entries.map(|entry| format!("secrets/{}", entry.unwrap().file_name().to_str().unwrap())).collect()
}

#[test]
fn neither_plaintexts_nor_keys_are_in_any_output() {
    if !SOPS.is_here() {
        return;
    }
    let planted = Planted::new();
    let (key, ssh): (PathBuf, PathBuf) = (planted.keys.path().join("key.txt"), planted.keys.path().join("ssh"));
    let (key, ssh) = (key.to_str().unwrap(), ssh.to_str().unwrap());
    let text = fs::read_to_string(key).unwrap();
    let environments: [Vec<(&str, String)>; 5] = [
        vec![],
        vec![("SOPS_AGE_KEY", text.clone())],
        vec![("SOPS_AGE_KEY_FILE", key.to_owned())],
        vec![("SOPS_AGE_KEY_CMD", format!("cat {key}")), ("SOPS_AGE_SSH_PRIVATE_KEY_FILE", ssh.to_owned())],
        // No identity: a command that fails, a file that is none, a key that is cut.
        vec![
            ("SOPS_AGE_KEY_CMD", format!("sh -c 'cat {key}; exit 1'")),
            ("SOPS_AGE_KEY_FILE", ssh.to_owned()),
            ("SOPS_AGE_KEY", text[..text.len() - 4].to_owned()),
            ("SOPS_AGE_SSH_PRIVATE_KEY_FILE", key.to_owned()),
        ],
    ];
    let commands: [&[&str]; 14] = [
        &["check"],
        &["check", "--format", "json", "--report", "report.out"],
        &["check", "--fail-on", "note", "--report", "report.out"],
        &["manifest"],
        &["unknowns"],
        &["unknowns", "--format", "json"],
        &["verify"],
        &["verify", "--format", "json"],
        &["verify", "--host", "web"],
        &["verify", "--host", "web", "--format", "json"],
        &["generate", "module", "secrets/a.yaml", "secrets/b.json"],
        &["generate", "example", "secrets/a.yaml"],
        &["generate", "env", "--unit", "web", "secrets/a.yaml"],
        &["generate", "dummy", "secrets/c.env"],
    ];
    let later: [&[&str]; 9] = [
        &["why", "secrets/a.yaml"],
        &["why", "secrets/cut-a.yaml", "--format", "json"],
        &["who", "web"],
        &["who", "web", "--format", "json"],
        &["matrix"],
        &["matrix", "--format", "csv"],
        &["matrix", "--format", "json"],
        &["hosts"],
        &["hosts", "--format", "json"],
    ];
    for (number, environment) in environments.iter().enumerate() {
        for command in commands.iter().chain(&later) {
            let run = planted.run(command, environment);
            // The first has no key, the last none that can be used.
            if command == &["verify"] && (1..=3).contains(&number) {
                for file in ["a.yaml", "b.json", "c.env", "d.ini", "e.bin", "f.age"] {
                    assert!(run.stdout.contains(&format!("right       secrets/{file}: ")), "{}", run.stdout);
                }
            }
            if command == &["verify", "--host", "web"] && (1..=3).contains(&number) {
                assert!(!run.stdout.contains("age.secrets.f: "), "{}", run.stdout);
                assert!(run.stdout.contains(" declared secrets\n"), "{}", run.stdout);
            }
        }
    }
    let files = files(&planted);
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    assert!(files.len() >= 30);
    for identity in [key, ssh, "secrets/a.yaml", "secrets/e.bin"] {
        for format in ["human", "json"] {
            let options = ["verify", "--identity", identity, "--format", format];
            planted.run(&[&options[..], &files].concat(), &[]);
            planted.run(&options, &[]);
            planted.run(&[&options[..], &["--host", "web"]].concat(), &[]);
        }
    }
    for environment in &environments {
        planted.run(&[&["verify"][..], &files].concat(), environment);
    }
}
