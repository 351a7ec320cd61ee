//! A repository in which something is generated: the host `web`, which can open every file.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::scratch::{Run, Scratch};

/// The host imports these modules, and has the account `app` and the service `hyper`.
fn flake(modules: &[&str]) -> String {
    let modules: String = modules.iter().map(|path| format!("./{path} ")).collect();
    format!(
        r#"{{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  inputs.sops-nix.url = "github:Mic92/sops-nix";
  outputs = {{ nixpkgs, sops-nix, ... }}: {{
    nixosConfigurations.web = nixpkgs.lib.nixosSystem {{
      system = "x86_64-linux";
      modules = [
        sops-nix.nixosModules.sops
        {{
          users.users.app = {{ isSystemUser = true; group = "app"; }};
          users.groups.app = {{ }};
          systemd.services.hyper.serviceConfig.ExecStart = "/bin/hyper";
          sops.age.keyFile = "/var/lib/key";
        }}
        {modules}
      ];
    }};
  }};
}}
"#
    )
}

/// A repository of these files, whose host imports `modules`.
pub fn repository(modules: &[&str], files: &[(&str, &str)]) -> Scratch {
    let folder = TempDir::new().expect("a temporary folder");
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("it is made");
        fs::write(path, text).expect("a file is written");
    };
    write("flake.nix", &flake(modules));
    let recipients = "[hosts.web]\nrecipients = [\"age1g6e50tyffy2acgcdl6qmrzdg65mxrehh7lfutkgtxxjyfj4y7etqnlsp2a\"]\n";
    write("sealnix.toml", recipients);
    files.iter().for_each(|(path, text)| write(path, text));
    Scratch::copy_of(folder.path(), &[], &[])
}

/// Runs a command line that must succeed, and adds what it wrote to git.
pub fn generate(repository: &Scratch, line: &str) -> Run {
    let words = shlex::split(&format!("generate {line}")).expect("words");
    let run = repository.sealnix(&words.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(run.code, Some(0), "generate {line}\n{}{}", run.stdout, run.stderr);
    repository.git(&["add", "--all", "--force"]);
    run
}

/// Runs a command line that must fail: what it says.
pub fn refused(repository: &Scratch, line: &str) -> String {
    let words = shlex::split(&format!("generate {line}")).expect("words");
    let run = repository.sealnix(&words.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "generate {line}\n{}", run.stderr);
    run.stderr
}

/// A file of the repository.
pub fn text(repository: &Scratch, path: &str) -> String {
    fs::read_to_string(repository.path().join(path)).expect("the file")
}

/// What `web` declares, by name: key, format, file, owner and the units that restart.
pub fn secrets(repository: &Scratch) -> Value {
    let manifest = repository.sealnix(&["manifest"]).json().expect("a manifest");
    let host = &manifest["hosts"][0];
    assert_eq!(host["complete"]["secrets"], true, "{manifest:#}");
    let secrets = host["sops"]["secrets"].as_object().expect("secrets");
    let short = |(name, secret): (&String, &Value)| {
        assert!(secret["certainty"].is_null() || secret["certainty"] == "certain", "{secret:#}");
        let fields = ["key", "format", "owner", "restartUnits"].map(|field| secret[field].clone());
        (name.clone(), Value::from([vec![secret["sopsFile"]["path"].clone()], fields.to_vec()].concat()))
    };
    secrets.iter().map(short).collect::<serde_json::Map<_, _>>().into()
}

/// `check` finds nothing at all.
pub fn assert_clean(repository: &Scratch) {
    assert_finds(repository, &[]);
}

/// `check` finds just this, a rule and a key or file each: what the repository's owner has to answer for, and
/// nothing of what was generated.
pub fn assert_finds(repository: &Scratch, expected: &[(&str, &str)]) {
    let run = repository.sealnix(&["check", "--format", "json"]);
    let report = run.json().expect("a report");
    let findings = report["findings"].as_array().expect("findings");
    let found: BTreeSet<(&str, &str)> = findings
        .iter()
        .map(|finding| {
            let what = finding["key"].as_str().or(finding["places"][0]["path"].as_str());
            (finding["rule"].as_str().expect("a rule"), what.expect("a key or a file"))
        })
        .collect();
    assert_eq!(found, expected.iter().copied().collect(), "{report:#}");
    assert_eq!((findings.len(), run.code), (expected.len(), Some(0)), "{report:#}{}", run.stderr);
}

/// The installed Nix parses a file of the repository.
pub fn assert_parses(repository: &Scratch, path: &str) {
    let Some(store) = crate::support::installed_nix::Store::new() else { return };
    let path = repository.path().join(path);
    let output = store.run("nix-instantiate", &["--parse", &path.display().to_string()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
