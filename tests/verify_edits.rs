//! Files of the real sops with one thing edited by somebody without a key: each edit is right only where the real
//! sops still decrypts the file.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use sealnix::keys::private::{self, Identity};
use sealnix::proof::file::Opened;
use sealnix::proof::{FileProof, Outcome, State};
use sealnix::source::Text;
use tempfile::TempDir;

use crate::support::installed::SOPS;

const ALICE: &str = "age1g6e50tyffy2acgcdl6qmrzdg65mxrehh7lfutkgtxxjyfj4y7etqnlsp2a";

struct Bench {
    folder: TempDir,
    key: PathBuf,
    identities: Vec<Identity>,
}

impl Bench {
    fn new() -> Bench {
        let key = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/vectors/identities/alice.agekey");
        let identities = private::read(&key).unwrap().usable;
        Bench { folder: TempDir::new().unwrap(), key, identities }
    }

    fn sops(&self, arguments: &[&str]) -> Output {
        let mut sops = Command::new("sops");
        sops.args(arguments).current_dir(self.folder.path()).env("HOME", self.folder.path());
        sops.env("SOPS_AGE_KEY_FILE", &self.key).env_remove("SOPS_AGE_KEY").output().unwrap()
    }

    fn seal(&self, name: &str, plain: &str) -> String {
        fs::write(self.folder.path().join(name), plain).unwrap();
        let sealed = self.sops(&["--encrypt", "--age", ALICE, name]);
        assert!(sealed.status.success(), "{}", String::from_utf8_lossy(&sealed.stderr));
        String::from_utf8(sealed.stdout).unwrap()
    }

    fn prove(&self, name: &str, content: &str) -> FileProof {
        let identities: Vec<&Identity> = self.identities.iter().collect();
        FileProof::of_text(&Text::new(name.into(), content), &identities)
    }

    /// Whether it is right; `expected` is what the real sops does.
    fn judge(&self, what: &str, name: &str, content: &str, expected: bool) {
        fs::write(self.folder.path().join(name), content).unwrap();
        let sops = self.sops(&["--decrypt", name]);
        assert_eq!(sops.status.success(), expected, "sops, {what}: {}", String::from_utf8_lossy(&sops.stderr));
        let proof = self.prove(name, content);
        assert_eq!(proof.outcome() == Outcome::Right, expected, "{what}: {:?}", proof.state);
    }
}

/// With one type for another in the first sealed value.
fn with_type(sealed: &str, from: &str, to: &str) -> String {
    assert!(sealed.contains(&format!(",type:{from}]")), "{sealed}");
    sealed.replacen(&format!(",type:{from}]"), &format!(",type:{to}]"), 1)
}

/// Nothing authenticates the type of a sealed value.
#[test]
fn a_type_may_be_another_one_only_where_sops_does_not_see_it() {
    if !SOPS.is_here() {
        return;
    }
    let bench = Bench::new();
    let files = [
        ("c.yaml", "#5\na: one\n", "comment"),
        ("c.env", "#5\nA=one\n", "comment"),
        ("c.ini", "; 5\n[s]\na=one\n", "comment"),
        ("s.yaml", "a: \"5\"\n", "str"),
        ("s.env", "A=5\n", "str"),
        ("s.bin", "5", "str"),
    ];
    // What sops decrypts: a comment that does not open counts as one in clear.
    let right: [&[&str]; 6] = [
        &["comment", "bool", "time", "none"],
        &["comment", "bool", "time", "none"],
        &["comment", "bool", "time", "none"],
        &["str", "int", "float"],
        &["str", "int", "float"],
        &["str"],
    ];
    for ((name, plain, from), right) in files.into_iter().zip(right) {
        let sealed = bench.seal(name, plain);
        for to in ["str", "int", "float", "bool", "bytes", "time", "comment", "none"] {
            let what = format!("{name}: {from} as {to}");
            bench.judge(&what, name, &with_type(&sealed, from, to), right.contains(&to));
        }
    }
}

#[test]
fn a_key_may_stand_twice_but_in_the_metadata() {
    if !SOPS.is_here() {
        return;
    }
    let bench = Bench::new();
    let sealed = bench.seal("a.yaml", "a: one\n");
    let before = |line: &str, added: &str| sealed.replacen(line, &format!("{added}{line}"), 1);
    let kms = |more: &str| {
        let entry = "    kms:\n        - arn: x\n          created_at: \"2024-01-02T03:04:05Z\"\n          enc: eA==\n";
        before("    lastmodified", &format!("{entry}{more}"))
    };
    for (what, content, right) in [
        ("in a value", format!("{sealed}q:\n  b: \"\"\n  b: \"\"\n"), true),
        ("in a list", format!("{sealed}q: [{{b: \"\", b: \"\"}}]\n"), true),
        ("on top", format!("{sealed}q: \"\"\nq: \"\"\n"), false),
        ("in a later document", format!("{sealed}---\nq: \"\"\nq: \"\"\n"), true),
        ("in the metadata", before("    version:", "    version: 3.11.0\n"), false),
        ("in the metadata, of no name", before("    version:", "    foo: 1\n    foo: 1\n"), false),
        ("under no name of the metadata", before("    version:", "    foo: {a: 1, a: 2}\n"), true),
        ("in an entry", before("          enc: |", "          recipient: x\n"), false),
        ("in no context", kms(""), true),
        ("in a context", kms("          context: {a: \"5\", a: \"6\"}\n"), false),
        ("in a group", before("    lastmodified", "    key_groups:\n        - pgp: []\n          pgp: []\n"), false),
    ] {
        bench.judge(what, "a.yaml", &content, right);
    }
}

#[test]
fn a_binary_file_needs_its_text() {
    if !SOPS.is_here() {
        return;
    }
    let bench = Bench::new();
    let sealed = bench.seal("a.bin", "text");
    for (what, content, right) in [
        ("as it is", sealed.clone(), true),
        ("null before it", sealed.replacen('{', "{\"data\": null,", 1), false),
        ("an empty text before it", sealed.replacen('{', "{\"data\": \"\",", 1), true),
        ("something else before it", sealed.replacen('{', "{\"x\": null,", 1), true),
        (
            "in a list",
            sealed.replacen("\"data\": ", "\"data\": [", 1).replacen("type:str]\"", "type:str]\"]", 1),
            false,
        ),
    ] {
        bench.judge(what, "a.bin", &content, right);
    }
}

#[test]
fn blank_lines_may_stand_before_an_entry() {
    if !SOPS.is_here() {
        return;
    }
    let bench = Bench::new();
    let sealed = bench.seal("a.json", "{\"a\": \"one\"}");
    let start = "\"-----BEGIN";
    assert!(sealed.contains(start), "{sealed}");
    for (blank, right) in [("\\n", true), (" \\n\\n", true), (" ", false), ("x\\n", false)] {
        let content = sealed.replacen(start, &format!("\"{blank}-----BEGIN"), 1);
        bench.judge(blank, "a.json", &content, right);
    }
}

/// Each broken value could keep a copy of a long key.
#[test]
fn many_broken_values_are_counted() {
    let bench = Bench::new();
    let sealed = fs::read_to_string(bench.key.with_file_name("../01-yaml-flat/enc.yaml")).unwrap();
    let key = "k".repeat(200_000);
    let content = format!("{sealed}? {key}\n: [{}]\n", vec!["x"; 20_000].join(","));
    let proof = bench.prove("a.yaml", &content);
    let State::Opened(Opened { examined, .. }) = proof.state else { panic!("{:?}", proof.outcome()) };
    assert_eq!(examined.broken.len() + examined.more_broken, 20_000);
    assert!(examined.broken.len() <= 100);
    assert!(examined.broken.iter().all(|leaf| leaf.path[0].len() < 2_000));
}
