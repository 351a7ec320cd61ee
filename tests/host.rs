//! A host comes and goes in repositories of several styles, with the real sops: afterwards `check` is clean, or
//! says only what a person with a key has to do.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::installed;
use crate::support::scratch::{Run, Scratch};

/// An identity that lives as long as its test.
struct Identity {
    file: std::path::PathBuf,
    recipient: String,
}

fn identity(folder: &Path, name: &str) -> Identity {
    let file = folder.join(format!("{name}.txt"));
    let made = Command::new("age-keygen").arg("-o").arg(&file).output().unwrap();
    assert!(made.status.success());
    let printed = Command::new("age-keygen").arg("-y").arg(&file).output().unwrap();
    Identity { file, recipient: String::from_utf8(printed.stdout).unwrap().trim().to_owned() }
}

/// A rule file with `AGE_NAME` for the recipients, and where the hosts' own secrets lie with `HOST` for the name.
struct Style {
    name: &'static str,
    rules: &'static str,
    own: &'static str,
    common: &'static str,
}

const STYLES: [Style; 4] = [
    Style {
        name: "flat keys, block lists, a rule a host",
        rules: "\
# Who can open what.
keys:
  - &admin AGE_ADMIN # in the safe
  - &wren AGE_WREN
  - &robin AGE_ROBIN
creation_rules:
  - path_regex: ^secrets/common\\.yaml$
    key_groups:
      - age:
          - *admin
          - *wren
          - *robin

  # Only wren's.
  - path_regex: ^secrets/wren\\.yaml$
    key_groups:
      - age:
          - *admin
          - *wren

  # Only robin's.
  - path_regex: ^secrets/robin\\.yaml$
    key_groups:
      - age:
          - *admin
          - *robin
",
        own: "secrets/HOST.yaml",
        common: "secrets/common.yaml",
    },
    Style {
        name: "groups of keys with a prefix, brackets, a rule for everything last",
        rules: "\
keys:
- &people:
  - &admin AGE_ADMIN
- &hosts:
  - &host_wren AGE_WREN
  - &host_robin AGE_ROBIN
creation_rules:
- path_regex: hosts/wren/secrets\\.yaml$
  key_groups:
  - age: [*admin, *host_wren]
- path_regex: hosts/robin/secrets\\.yaml$
  key_groups:
  - age: [*admin, *host_robin]
- path_regex: .*\\.yaml$
  key_groups:
  - age: [*admin, *host_wren, *host_robin]
",
        own: "hosts/HOST/secrets.yaml",
        common: "common/secrets.yaml",
    },
    Style {
        name: "a map of keys, one rule for all",
        rules: "\
keys:
  people:
    admin: &admin AGE_ADMIN
  hosts:
    wren: &wren AGE_WREN
    robin: &robin AGE_ROBIN # attic
creation_rules:
  - path_regex: ^secrets/.*\\.yaml$
    key_groups:
      - age:
          - *admin
          - *wren
          - *robin",
        own: "secrets/HOST/secrets.yaml",
        common: "secrets/common.yaml",
    },
    Style {
        name: "recipients with commas and comments",
        rules: "\
creation_rules:
  - path_regex: ^secrets/wren/[^/]+\\.yaml$
    key_groups:
      - age:
          - AGE_ADMIN # admin
          - AGE_WREN # wren
  - path_regex: ^secrets/robin/[^/]+\\.yaml$
    key_groups:
      - age:
          - AGE_ADMIN # admin
          - AGE_ROBIN # robin
  # everybody
  - path_regex: ^common\\.yaml$
    age: >-
      AGE_ADMIN,
      AGE_WREN,
      AGE_ROBIN
",
        own: "secrets/HOST/secrets.yaml",
        common: "common.yaml",
    },
];

struct Fleet {
    scratch: Scratch,
    identities: BTreeMap<&'static str, Identity>,
    _keys: TempDir,
}

impl Fleet {
    fn of(style: &Style) -> Fleet {
        let keys = TempDir::new().unwrap();
        let names = ["ADMIN", "WREN", "ROBIN", "FINCH", "KIM"];
        let identities: BTreeMap<_, _> = names.map(|name| (name, identity(keys.path(), name))).into_iter().collect();
        let rules = identities.iter().fold(style.rules.to_owned(), |rules, (name, identity)| {
            rules.replace(&format!("AGE_{name}"), &identity.recipient)
        });
        let folder = TempDir::new().unwrap();
        let scratch = Scratch::copy_of(folder.path(), &[], &[]);
        let fleet = Fleet { scratch, identities, _keys: keys };
        fleet.write(".sops.yaml", &rules);
        fleet.write("flake.nix", &flake(&["wren", "robin"]));
        fleet.seal(style.common, "shared: one\n");
        for host in ["wren", "robin"] {
            let own = style.own.replace("HOST", host);
            fleet.seal(&own, "token: two\n");
            fleet.write(&format!("hosts/{host}/default.nix"), &module(style, &own));
        }
        fleet.scratch.git(&["add", "."]);
        fleet
    }

    fn path(&self) -> &Path {
        self.scratch.path()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn rules(&self) -> String {
        fs::read_to_string(self.path().join(".sops.yaml")).unwrap()
    }

    fn seal(&self, path: &str, text: &str) {
        self.write(path, text);
        let sealed = Command::new("sops").args(["-e", "-i", path]).current_dir(self.path()).output().unwrap();
        assert!(sealed.status.success(), "{path}: {}", String::from_utf8_lossy(&sealed.stderr));
    }

    fn opens(&self, path: &str, who: &str) -> bool {
        let mut sops = Command::new("sops");
        sops.args(["-d", path]).current_dir(self.path()).env("SOPS_AGE_KEY_FILE", &self.identities[who].file);
        sops.env("HOME", self.path()).env("XDG_CONFIG_HOME", self.path()).output().unwrap().status.success()
    }

    fn recipient(&self, who: &str) -> &str {
        &self.identities[who].recipient
    }

    /// Runs sealnix, which must succeed.
    fn sealnix(&self, arguments: &[&str]) -> Run {
        let run = self.scratch.sealnix(arguments);
        assert_eq!(run.code, Some(0), "{arguments:?}: {}{}", run.stdout, run.stderr);
        run
    }

    /// The rules that have findings, and how many there are.
    fn findings(&self) -> BTreeMap<String, usize> {
        self.scratch.git(&["add", "."]);
        let report = self.scratch.sealnix(&["check", "--format", "json"]).json().unwrap();
        let mut found = BTreeMap::new();
        for finding in report["findings"].as_array().unwrap() {
            *found.entry(finding["rule"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        found
    }

    /// Runs the lines `sops updatekeys …` of an output as the admin.
    fn update(&self, output: &str) -> usize {
        let lines: Vec<&str> =
            output.lines().map(str::trim).filter(|line| line.contains("sops updatekeys -y")).collect();
        let lines: Vec<&str> =
            lines.into_iter().filter(|line| line.starts_with("sops") || line.starts_with('(')).collect();
        for line in &lines {
            let ran = Command::new("sh")
                .args(["-c", line])
                .current_dir(self.path())
                .env("SOPS_AGE_KEY_FILE", &self.identities["ADMIN"].file)
                .output()
                .unwrap();
            assert!(ran.status.success(), "{line}: {}", String::from_utf8_lossy(&ran.stderr));
        }
        lines.len()
    }

    /// A text with names for the keys, which are others in every run.
    fn shown(&self, text: &str) -> String {
        self.identities
            .iter()
            .fold(text.to_owned(), |text, (name, identity)| text.replace(&identity.recipient, &format!("AGE_{name}")))
    }
}

fn flake(hosts: &[&str]) -> String {
    let hosts: String = hosts
        .iter()
        .map(|host| {
            format!(
                "      {host} = nixpkgs.lib.nixosSystem {{\n        system = \"x86_64-linux\";\n        modules = [ \
                 sops-nix.nixosModules.sops ./hosts/{host} ];\n      }};\n"
            )
        })
        .collect();
    format!(
        "{{\n  inputs.nixpkgs.url = \"github:NixOS/nixpkgs/nixos-unstable\";\n  inputs.sops-nix.url = \
         \"github:Mic92/sops-nix\";\n  outputs = {{ nixpkgs, sops-nix, ... }}: {{\n    nixosConfigurations = \
         {{\n{hosts}    }};\n  }};\n}}\n"
    )
}

fn module(style: &Style, own: &str) -> String {
    format!(
        "{{\n  services.openssh.enable = true;\n  sops.defaultSopsFile = ../../{own};\n  sops.secrets.token = {{ \
         }};\n  sops.secrets.shared.sopsFile = ../../{};\n}}\n",
        style.common
    )
}

/// What a person with a key has to do is all that is left.
fn only_to_be_updated(findings: &BTreeMap<String, usize>, style: &str) {
    let allowed: BTreeSet<&str> = ["recipients-drifted", "host-not-a-recipient"].into();
    assert!(findings.keys().all(|rule| allowed.contains(rule.as_str())), "{style}: {findings:?}");
}

#[test]
fn a_host_comes_and_goes() {
    if !installed::SOPS.is_here() {
        return;
    }
    for style in &STYLES {
        let fleet = Fleet::of(style);
        let name = style.name;
        let before = fleet.rules();
        assert_eq!(fleet.findings(), BTreeMap::new(), "{name}");

        let dry =
            fleet.sealnix(&["host", "add", "finch", "--age", fleet.recipient("FINCH"), "--host-dir", "--dry-run"]);
        assert_eq!(fleet.rules(), before, "{name}");
        let add = ["host", "add", "finch", "--age", fleet.recipient("FINCH"), "--host-dir"];
        let added = fleet.sealnix(&add);
        insta::assert_snapshot!(
            format!("host_added_{}", name.replace([' ', ','], "_")),
            fleet.shown(&format!("{}\n=====\n{}", dry.stdout, added.stdout))
        );
        // A rule of its own for one file waits for what `sops` makes by it, which is said under "Left to do". That
        // of a folder takes the example, too.
        let waits: BTreeMap<String, usize> = match name {
            "a map of keys, one rule for all" | "recipients with commas and comments" => BTreeMap::new(),
            _ => [("rule-matches-nothing".to_owned(), 1)].into(),
        };
        let mut found = fleet.findings();
        assert_eq!(found.remove("rule-matches-nothing"), waits.values().next().copied(), "{name}");
        only_to_be_updated(&found, name);
        assert!(fleet.update(&added.stdout) > 0, "{name}");
        assert_eq!(fleet.findings(), waits, "{name}");
        assert!(fleet.opens(style.common, "FINCH"), "{name}");
        for host in ["wren", "robin"] {
            let shared = name.contains("one rule for all");
            assert_eq!(fleet.opens(&style.own.replace("HOST", host), "FINCH"), shared, "{name}");
        }

        let again = fleet.sealnix(&add);
        assert!(again.stdout.starts_with("Nothing is to be changed.\n"), "{name}: {}", again.stdout);

        // What is left to do: the secrets, and the host itself.
        let own = style.own.replace("HOST", "finch");
        fleet.seal(&own, "token: three\n");
        assert!(fleet.opens(&own, "FINCH") && fleet.opens(&own, "ADMIN") && !fleet.opens(&own, "WREN"), "{name}");
        fleet.write("flake.nix", &flake(&["wren", "robin", "finch"]));
        let manifest = fleet.scratch.sealnix(&["manifest"]).json().unwrap();
        let host = manifest["hosts"].as_array().unwrap().iter().find(|host| host["name"] == "finch").unwrap();
        assert_eq!(host["sops"]["age"]["keyFile"], Value::from("/var/lib/sops-nix/key.txt"), "{name}");
        assert_eq!(host["hostName"], Value::from("finch"), "{name}");
        assert_eq!(fleet.findings(), BTreeMap::new(), "{name}");

        fleet.write("flake.nix", &flake(&["wren", "robin"]));
        let removed = fleet.sealnix(&["host", "remove", "finch"]);
        insta::assert_snapshot!(
            format!("host_removed_{}", name.replace([' ', ','], "_")),
            fleet.shown(&removed.stdout)
        );
        assert_eq!(fleet.rules(), before, "{name}");
        fs::remove_file(fleet.path().join(&own)).unwrap();
        only_to_be_updated(&fleet.findings(), name);
        fleet.update(&removed.stdout.lines().filter(|line| !line.ends_with(&own)).collect::<Vec<_>>().join("\n"));
        assert_eq!(fleet.findings(), BTreeMap::new(), "{name}");
        assert!(!fleet.opens(style.common, "FINCH"), "{name}");
    }
}

#[test]
fn a_person_comes_and_goes() {
    if !installed::SOPS.is_here() {
        return;
    }
    for style in &STYLES {
        let fleet = Fleet::of(style);
        let (name, before) = (style.name, fleet.rules());
        let added = fleet.sealnix(&["recipient", "add", "kim", "--age", fleet.recipient("KIM")]);
        only_to_be_updated(&fleet.findings(), name);
        assert_eq!(fleet.update(&added.stdout), 3, "{name}: {}", added.stdout);
        assert_eq!(fleet.findings(), BTreeMap::new(), "{name}");
        assert!(fleet.opens(style.common, "KIM") && fleet.opens(&style.own.replace("HOST", "wren"), "KIM"), "{name}");
        let removed = fleet.sealnix(&["recipient", "remove", "kim"]);
        assert_eq!(fleet.rules(), before, "{name}");
        assert_eq!(fleet.update(&removed.stdout), 3, "{name}: {}", removed.stdout);
        assert_eq!(fleet.findings(), BTreeMap::new(), "{name}");
        assert!(!fleet.opens(style.common, "KIM"), "{name}");
    }
}
