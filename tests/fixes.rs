//! What the help of a finding says is done, with the real sops and git; then the finding is gone, and who needs the
//! file can open it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use sealnix::checks;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::installed;
use crate::support::scratch::{Scratch, fixtures};

/// A repository of one host, `web`, and identities that live as long as it.
struct Bench {
    repository: Scratch,
    identities: TempDir,
}

impl Bench {
    /// With a rule file, in which `ADMIN`, `WEB` and `LATE` are recipients; none without sops.
    fn new(rules: &str) -> Option<Bench> {
        if !installed::SOPS.is_here() {
            return None;
        }
        let folder = TempDir::new().unwrap();
        fs::copy(fixtures().join("rules/key-missing/fires/flake.nix"), folder.path().join("flake.nix")).unwrap();
        let bench =
            Bench { repository: Scratch::copy_of(folder.path(), &[], &[]), identities: TempDir::new().unwrap() };
        for name in ["ADMIN", "WEB", "LATE"] {
            let made = Command::new("age-keygen").arg("-o").arg(bench.identity(name)).output().unwrap();
            assert!(made.status.success());
        }
        bench.write(".sops.yaml", rules);
        Some(bench)
    }

    fn identity(&self, name: &str) -> PathBuf {
        self.identities.path().join(name)
    }

    fn recipient(&self, name: &str) -> String {
        let printed = Command::new("age-keygen").arg("-y").arg(self.identity(name)).output().unwrap();
        String::from_utf8(printed.stdout).unwrap().trim().to_owned()
    }

    /// Writes a file that git tracks, with the recipients in it.
    fn write(&self, path: &str, text: &str) {
        let text = ["ADMIN", "WEB", "LATE"].iter().fold(text.to_owned(), |text, name| {
            if text.contains(name) { text.replace(name, &self.recipient(name)) } else { text }
        });
        let file = self.repository.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
        self.repository.git(&["add", "--force", path]);
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.repository.path().join(path)).unwrap()
    }

    /// Changes a file by hand.
    fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path}: {text}");
        self.write(path, &text.replacen(from, to, 1));
    }

    /// The module of the host; its key is `WEB`.
    fn declare(&self, options: &str) {
        self.write(
            "configuration.nix",
            &format!("{{\n  sops.age.keyFile = \"/var/lib/sops/age.txt\";\n{options}\n}}\n"),
        );
    }

    fn seal(&self, path: &str, text: &str) {
        self.write(path, text);
        self.succeeds(&format!("sops --encrypt --in-place '{path}'"), "true");
        self.repository.git(&["add", "--force", path]);
    }

    /// Runs a command line as a person with the key `ADMIN`, who agrees and uses this editor.
    fn run(&self, line: &str, editor: &str) -> Output {
        Command::new("sh")
            .args(["-c", &format!("yes | {line}")])
            .current_dir(self.repository.path())
            .env("SOPS_AGE_KEY_FILE", self.identity("ADMIN"))
            .env("SOPS_EDITOR", editor)
            .env("HOME", self.identities.path())
            .stderr(Stdio::piped())
            .output()
            .unwrap()
    }

    fn succeeds(&self, line: &str, editor: &str) {
        let ran = self.run(line, editor);
        assert!(ran.status.success(), "{line}: {}", String::from_utf8_lossy(&ran.stderr));
    }

    fn opens(&self, path: &str, name: &str) -> bool {
        let mut sops = Command::new("sops");
        sops.args(["--decrypt", path]).current_dir(self.repository.path());
        sops.env("SOPS_AGE_KEY_FILE", self.identity(name)).env("HOME", self.identities.path());
        sops.output().unwrap().status.success()
    }

    /// The help of the findings of a rule.
    fn helps(&self, rule: &str) -> Vec<String> {
        let report = self.repository.sealnix(&["check", "--format", "json"]).json().unwrap();
        let findings = report["findings"].as_array().unwrap().iter().filter(|finding| finding["rule"] == rule);
        findings.map(|finding| finding["help"].as_str().unwrap().to_owned()).collect()
    }

    /// The help of the one finding of a rule.
    fn help(&self, rule: &str) -> String {
        let helps = self.helps(rule);
        assert_eq!(helps.len(), 1, "{rule}: {helps:?}");
        helps.into_iter().next().unwrap()
    }

    /// Runs what a help has between backquotes and begins so.
    fn follow(&self, help: &str, beginning: &str, editor: &str) {
        let lines: Vec<&str> = quoted(help).filter(|code| code.starts_with(beginning)).collect();
        assert!(!lines.is_empty(), "{help}");
        for line in lines {
            self.succeeds(line, editor);
            self.repository.git(&["add", "--all", "--force"]);
        }
    }

    fn is_gone(&self, rule: &str) {
        assert_eq!(self.helps(rule), [""; 0], "{}", self.read(".sops.yaml"));
    }
}

/// Commits what git tracks.
fn commit(repository: &Scratch) {
    repository.git(&["-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "-m", "a"]);
}

/// What stands between backquotes.
fn quoted(help: &str) -> impl Iterator<Item = &str> {
    help.split('`').skip(1).step_by(2)
}

const BOTH: &str = "keys:\n  - &admin ADMIN\n  - &web WEB\ncreation_rules:\n  - path_regex: ^secrets/\n    key_groups:\n      - age:\n          - *admin\n          - *web\n";
const ADMIN_ALONE: &str = "keys:\n  - &admin ADMIN\n  - &web WEB\ncreation_rules:\n  - path_regex: ^secrets/\n    key_groups:\n      - age:\n          - *admin\n";

#[test]
fn two_key_groups_become_one() {
    let rules = format!("{}      - age:\n          - *web\n", ADMIN_ALONE);
    let Some(bench) = Bench::new(&rules) else { return };
    bench.declare("  sops.secrets.token.sopsFile = ./secrets/web.yaml;");
    bench.write(".sops.yaml", BOTH);
    bench.seal("secrets/web.yaml", "token: a\n");
    bench.write(".sops.yaml", &rules);
    bench.succeeds("sops updatekeys secrets/web.yaml", "true");
    assert!(!bench.opens("secrets/web.yaml", "WEB"));
    let help = bench.help("accidental-key-groups");
    assert!(
        help.starts_with("move the keys of the second group into the lists of the first and take it away"),
        "{help}"
    );
    bench.edit(".sops.yaml", "      - age:\n          - *web\n", "          - *web\n");
    // Both keys are needed one last time.
    let [admin, web] = ["ADMIN", "WEB"].map(|name| fs::read_to_string(bench.identity(name)).unwrap());
    fs::write(bench.identity("ADMIN"), format!("{admin}{web}")).unwrap();
    bench.follow(&help, "sops updatekeys", "true");
    bench.is_gone("accidental-key-groups");
    assert!(bench.opens("secrets/web.yaml", "WEB"));
}

#[test]
fn what_settings_leave_clear_is_sealed_by_others() {
    let Some(bench) = Bench::new(&format!("{BOTH}    encrypted_regex: ^pass\n")) else { return };
    bench.declare("  sops.secrets.token.sopsFile = ./secrets/web.yaml;");
    bench.seal("secrets/web.yaml", "password: a\ntoken: b\n");
    let help = bench.help("value-in-plaintext");
    bench.edit(".sops.yaml", "^pass", "^(pass|token)");
    bench.follow(&help, "sops ", "true");
    bench.is_gone("value-in-plaintext");
    assert!(bench.opens("secrets/web.yaml", "WEB"));
}

#[test]
fn what_its_name_leaves_clear_is_sealed_under_another() {
    let Some(bench) = Bench::new(BOTH) else { return };
    bench.declare("  sops.secrets.token_unencrypted.sopsFile = ./secrets/web.yaml;");
    bench.seal("secrets/web.yaml", "password: a\ntoken_unencrypted: b\n");
    let help = bench.help("value-in-plaintext");
    assert!(help.starts_with("take `_unencrypted` off the end of its name"), "{help}");
    bench.follow(&help, "sops ", "sed -i s/_unencrypted//");
    bench.edit("configuration.nix", "_unencrypted", "");
    bench.is_gone("value-in-plaintext");
    bench.is_gone("key-missing");
    assert!(bench.opens("secrets/web.yaml", "WEB"));
}

#[test]
fn a_value_that_was_replaced_by_hand_comes_back_from_a_commit() {
    let Some(bench) = Bench::new(BOTH) else { return };
    bench.declare("  sops.secrets.token.sopsFile = ./secrets/web.yaml;");
    bench.seal("secrets/web.yaml", "token: a\n");
    commit(&bench.repository);
    let line = bench.read("secrets/web.yaml").lines().next().unwrap().to_owned();
    bench.edit("secrets/web.yaml", &line, "token: b");
    let help = bench.help("value-in-plaintext");
    bench.follow(&help.replace("COMMIT", "HEAD"), "git ", "true");
    bench.follow(&help, "sops ", "sed -i 's/token: a/token: c/'");
    bench.is_gone("value-in-plaintext");
    assert!(bench.opens("secrets/web.yaml", "WEB"));
}

#[test]
fn a_host_becomes_a_recipient() {
    // The rules, and how they look when what the help says was written: in a list, in a text, for a text that is an
    // anchor's, and where only another rule file has the anchor.
    let list = format!("{ADMIN_ALONE}          - *web\n");
    let text =
        "keys:\n  - &web WEB\ncreation_rules:\n  - path_regex: ^secrets/\n    age: >-\n      ADMIN,\n      LATE\n";
    let alias = "keys:\n  - &admin ADMIN\n  - &web WEB\ncreation_rules:\n  - path_regex: ^secrets/\n    age: *admin\n";
    let apart = "keys:\n  - &admin ADMIN\ncreation_rules:\n  - path_regex: ^secrets/\n    key_groups:\n      - age:\n          - *admin\n";
    let cases = [
        (ADMIN_ALONE, "add `*web` to the rule", list.clone()),
        (
            text,
            "add `WEB` to the `age` of the rule at `.sops.yaml:4`, behind a comma",
            text.replace("LATE", "LATE,\n      WEB"),
        ),
        (
            alias,
            "make a list of the `age` of the rule at `.sops.yaml:5`, `age: [*admin, *web]`",
            alias.replace("age: *admin", "age: [*admin, *web]"),
        ),
        (apart, "add `WEB` to the rule at `.sops.yaml:4`", format!("{apart}          - WEB\n")),
    ];
    for (rules, wanted, mended) in cases {
        let Some(bench) = Bench::new(rules) else { return };
        bench.declare("  sops.secrets.token.sopsFile = ./secrets/web.yaml;");
        if rules == apart {
            bench.write("hosts/.sops.yaml", ADMIN_ALONE);
        }
        bench.seal("secrets/web.yaml", "token: a\n");
        let help = bench.help("host-not-a-recipient");
        let wanted = wanted.replace("WEB", &bench.recipient("WEB"));
        assert!(help.starts_with(&wanted), "{help}\n{wanted}");
        bench.write(".sops.yaml", &mended);
        bench.follow(&help, "sops updatekeys", "true");
        bench.is_gone("host-not-a-recipient");
        assert!(bench.opens("secrets/web.yaml", "WEB"), "{rules}");
    }
}

#[test]
fn a_recipient_in_a_text_gets_its_anchor_in_a_list() {
    let text =
        "keys:\n  - &admin ADMIN\n  - &web WEB\ncreation_rules:\n  - path_regex: ^secrets/\n    age: ADMIN,LATE\n";
    let Some(bench) = Bench::new(text) else { return };
    bench.declare("");
    assert_eq!(bench.help("anchor-unused"), "make a list of this `age`, and write `*admin`");
    bench.write(".sops.yaml", &text.replace("ADMIN,LATE", "[*admin, LATE]"));
    bench.is_gone("anchor-unused");
    bench.seal("secrets/web.yaml", "token: a\n");
    // One that stands alone can be an alias itself.
    bench.write(".sops.yaml", &text.replace("ADMIN,LATE", "ADMIN"));
    assert_eq!(bench.help("anchor-unused"), "write `*admin`");
    bench.write(".sops.yaml", &text.replace("ADMIN,LATE", "*admin"));
    bench.is_gone("anchor-unused");
    bench.seal("secrets/web.yaml", "token: a\n");
}

#[test]
fn recipients_that_drifted_come_back() {
    let Some(bench) = Bench::new(BOTH) else { return };
    bench.declare("");
    bench.seal("secrets/c.json", "{\"a\": \"b\"}\n");
    bench.edit(".sops.yaml", "          - *web\n", "          - *web\n          - LATE\n");
    bench.follow(&bench.help("recipients-drifted"), "sops updatekeys", "true");
    bench.is_gone("recipients-drifted");
    assert!(bench.opens("secrets/c.json", "LATE"));
}

#[test]
fn a_file_gets_a_creation_rule() {
    let Some(bench) = Bench::new("creation_rules:\n  - age: ADMIN\n") else { return };
    bench.declare("");
    for path in ["secrets/c++.yaml", "secrets/a-b (1).yaml"] {
        bench.seal(path, "token: a\n");
    }
    bench.write(".sops.yaml", "creation_rules:\n  - path_regex: ^other$\n    age: ADMIN\n");
    let helps = bench.helps("no-creation-rule");
    let rules: String = helps
        .iter()
        .filter_map(|help| quoted(help).next())
        .map(|rule| format!("  - {rule}\n    age: ADMIN,LATE\n"))
        .collect();
    bench.write(".sops.yaml", &format!("creation_rules:\n{rules}"));
    for help in helps {
        bench.follow(&help, "sops updatekeys", "true");
    }
    bench.is_gone("no-creation-rule");
    bench.is_gone("recipients-drifted");
    assert!(bench.opens("secrets/c++.yaml", "LATE") && bench.opens("secrets/a-b (1).yaml", "LATE"));
}

#[test]
fn an_unused_key_is_declared_or_taken_out() {
    let Some(bench) = Bench::new(BOTH) else { return };
    let declarations = [
        "  sops.secrets.token.sopsFile = ./secrets/web.yaml;",
        "  sops.defaultSopsFile = ./secrets/web.yaml;\n  sops.secrets.token = { };",
    ];
    for declaration in declarations {
        bench.declare(declaration);
        bench.seal("secrets/web.yaml", "token: a\nsmtp:\n  \"pass${x}\": b\n");
        let help = bench.help("unused-key");
        let line = quoted(&help).find(|code| code.starts_with("sops.secrets.")).unwrap();
        bench.declare(&format!("{declaration}\n  {line}"));
        bench.is_gone("unused-key");
        bench.is_gone("key-missing");
        bench.declare(declaration);
        bench.follow(&help, "sops unset", "true");
        bench.is_gone("unused-key");
    }
}

#[test]
fn a_merge_that_was_committed_half_done_is_taken_back() {
    let Some(bench) = Bench::new(BOTH) else { return };
    bench.declare("  sops.secrets.token.sopsFile = ./secrets/web.yaml;");
    bench.seal("secrets/web.yaml", "token: a\n");
    commit(&bench.repository);
    let sealed = bench.read("secrets/web.yaml");
    bench.write("secrets/web.yaml", &format!("<<<<<<< HEAD\n{sealed}=======\n{sealed}>>>>>>> other\n"));
    commit(&bench.repository);
    let help = bench.help("conflict-markers");
    bench.follow(&help.replace("COMMIT", "HEAD~"), "git checkout HEAD~", "true");
    bench.is_gone("conflict-markers");
    assert!(bench.opens("secrets/web.yaml", "WEB"));
}

#[test]
fn a_private_key_is_taken_out_of_what_holds_more() {
    let Some(bench) = Bench::new("") else { return };
    bench.declare("");
    let secret = fs::read_to_string(bench.identity("ADMIN")).unwrap();
    let secret = secret.lines().last().unwrap();
    bench.write(".sops.yaml", &format!("creation_rules:\n  - age: {secret}\n"));
    assert!(bench.help("private-key-committed").starts_with("take it out of `.sops.yaml`"));
    bench.write(".sops.yaml", "creation_rules:\n  - age: ADMIN\n");
    bench.is_gone("private-key-committed");
    // Of post-quantum keys nothing here makes one: what age 1.3 documents of it is its name, 32 bytes and Bech32.
    let human = bech32::Hrp::parse("age-secret-key-pq-").unwrap();
    let key = bech32::encode::<bech32::Bech32>(human, &[7; 32]).unwrap().to_uppercase();
    bench.write("keys.txt", &format!("# mine\n{key}\n"));
    assert!(bench.help("private-key-committed").contains("`git rm --cached keys.txt`"));
}

/// What git alone mends, in the fixtures of all rules.
#[test]
fn what_git_is_to_do_mends() {
    let mut tried = Vec::new();
    for rule in checks::rules() {
        let fixture = fixtures().join("rules").join(rule.id).join("fires");
        let untracked = fs::read_to_string(fixture.with_extension("untracked")).unwrap_or_default();
        let repository = Scratch::copy_of(&fixture, &[], &untracked.lines().collect::<Vec<_>>());
        commit(&repository);
        let help = || {
            let report = repository.sealnix(&["check", "--format", "json"]).json().ok()?;
            let mut findings = report["findings"].as_array()?.iter();
            let finding = findings.find(|finding| finding["rule"] == rule.id)?;
            finding.get("help").and_then(Value::as_str).map(str::to_owned)
        };
        let Some(first) = help() else { continue };
        let commands: Vec<&str> = quoted(&first).filter(|code| code.starts_with("git ")).collect();
        // About a file that is there, and without a commit to be chosen.
        let is_there = |path: &str| repository.path().join(path).is_file();
        let can_run =
            |command: &&str| !command.contains("checkout") && command.split(' ').next_back().is_some_and(is_there);
        if commands.is_empty() || !commands.iter().all(can_run) {
            continue;
        }
        for command in commands {
            let arguments: Vec<&str> = command.split(' ').skip(1).collect();
            repository.git(&arguments);
        }
        assert_eq!(help(), None, "{}: {first}", rule.id);
        tried.push(rule.id);
    }
    assert!(tried.contains(&"sops-file-untracked") && tried.contains(&"private-key-committed"), "{tried:?}");
}
