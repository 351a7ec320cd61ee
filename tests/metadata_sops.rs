//! Metadata as nobody writes it: sealed by the real sops, edited, and right exactly where the real sops still
//! decrypts it.

use std::fs;
use std::path::Path;
use std::process::Command;

use rayon::prelude::*;
use sealnix::keys::private::{self, Identity};
use sealnix::proof::{FileProof, Outcome};
use sealnix::source::Text;
use tempfile::TempDir;

use crate::support::installed::SOPS;

/// How many edits are passed over for one that is tried; with `SEALNIX_TEST_CASES` all are.
fn step() -> usize {
    if std::env::var_os("SEALNIX_TEST_CASES").is_some() { 1 } else { 3 }
}

/// A folder with an identity, for which sops seals there.
struct Bench {
    folder: TempDir,
    identity: Identity,
}

impl Bench {
    fn new() -> Bench {
        let folder = TempDir::new().unwrap();
        let key = folder.path().join("keys.txt");
        assert!(Command::new("age-keygen").arg("-o").arg(&key).output().unwrap().status.success());
        let identity = private::read(&key).unwrap().usable.remove(0);
        Bench { folder, identity }
    }

    fn sops(&self, folder: &Path, arguments: &[&str]) -> Option<String> {
        let mut sops = Command::new("sops");
        sops.args(arguments).current_dir(folder).env("HOME", folder).env_remove("SOPS_AGE_KEY");
        let output = sops.env("SOPS_AGE_KEY_FILE", self.folder.path().join("keys.txt")).output().unwrap();
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
    }

    fn seal(&self, name: &str, plain: &str) -> String {
        fs::write(self.folder.path().join(name), plain).unwrap();
        let sealed = self.sops(self.folder.path(), &["--encrypt", "--age", &self.identity.recipient, name]);
        sealed.unwrap_or_else(|| panic!("sops does not seal {plain}"))
    }

    /// How sealnix and sops differ over a file.
    fn difference(&self, name: &str, content: &str) -> Option<String> {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join(name), content).unwrap();
        let theirs = self.sops(folder.path(), &["--decrypt", name]).is_some();
        let proof = FileProof::of_text(&Text::new(name.into(), content), &[&self.identity]);
        let ours = proof.outcome() == Outcome::Right;
        (ours != theirs).then(|| format!("{theirs} says sops, sealnix {:?}", proof.state))
    }
}

/// A file of a name, each time with one text in it replaced; some must stay right and some must not.
fn compare(name: &str, plain: &str, edits: &[(&str, &str)]) {
    if !SOPS.is_here() {
        return;
    }
    let bench = Bench::new();
    let sealed = bench.seal(name, plain);
    assert_eq!(bench.difference(name, &sealed), None);
    let differences: Vec<String> = edits
        .par_iter()
        .step_by(step())
        .filter_map(|(from, to)| {
            assert!(sealed.contains(from), "{from:?} is not in {sealed}");
            let difference = bench.difference(name, &sealed.replacen(from, to, 1))?;
            Some(format!("{to:?}: {difference}"))
        })
        .collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// The text in front of which something is put, which ends in it.
fn before(end: &str, added: &[&str]) -> Vec<(String, String)> {
    added.iter().map(|added| (end.to_owned(), format!("{added}{end}"))).collect()
}

fn compare_all(name: &str, plain: &str, edits: &[Vec<(String, String)>]) {
    let edits: Vec<(&str, &str)> = edits.iter().flatten().map(|(from, to)| (from.as_str(), to.as_str())).collect();
    compare(name, plain, &edits);
}

fn instead(of: &str, texts: &[&str]) -> Vec<(String, String)> {
    texts.iter().map(|text| (of.to_owned(), (*text).to_owned())).collect()
}

#[test]
fn yaml() {
    let truths =
        ["true", "\"false\"", "\"\"", "tRuE", "no", "\"no\"", "off", "n", "False", "0", "null", "~", "No", "nO"];
    let truths = truths.map(|truth| format!("mac_only_encrypted: {truth}\n    "));
    let numbers = [
        "\"2\"",
        "\"\"",
        "0x2",
        "2.0",
        "2.5",
        "1_0",
        "-1",
        "0",
        "null",
        "1e1",
        "4294967296",
        "0o7",
        "07",
        "x",
        ".inf",
        "-.inf",
        ".nan",
        "9223372036854775808",
        "[2]",
    ];
    let numbers = numbers.map(|number| format!("shamir_threshold: {number}\n    "));
    let others = [
        "key_groups: 5\n    ",
        "key_groups: [5]\n    ",
        "key_groups: [~]\n    ",
        "key_groups: [{pgp: [{fp: X}]}]\n    ",
        "key_groups: [{pgp: [{fp: [X]}]}]\n    ",
        "key_groups: [{pgp: 5}]\n    ",
        "pgp: [~]\n    ",
        "pgp: [x]\n    ",
        "pgp: ~\n    ",
        "pgp: \"\"\n    ",
        "pgp: {}\n    ",
        "kms: [null]\n    ",
        "foo: {a: [1]}\n    ",
        "hckms: [{key_id: x, created_at: \"2024-01-02T03:04:05Z\", enc: eA==}]\n    ",
        "hckms: [{key_id: \"r: \", created_at: \"2024-01-02T03:04:05Z\", enc: eA==}]\n    ",
        "hckms: [{key_id: \"r:x\", created_at: \"2024-01-02T03:04:05Z\", enc: eA==}]\n    ",
        "pgp: [{fp: X, enc: eA==}]\n    ",
        "pgp: [{fp: 5, created_at: 2024-01-02T03:04:05Z, enc: eA==}]\n    ",
        "kms: [{arn: x, created_at: \"2024-01-02T03:04:05Z\", enc: eA==, context: {a: 5, b: true}}]\n    ",
        "kms: [{arn: x, created_at: \"2024-01-02T03:04:05Z\", enc: eA==, context: []}]\n    ",
        "kms: [{arn: x, created_at: \"2024-01-02T03:04:05Z\", enc: eA==, context: {a: [b]}}]\n    ",
        "encrypted_regex: \"\"\n    ",
        "encrypted_regex: ~\n    ",
        "encrypted_regex: x\n    ",
        "<<: {mac: bad, version: x}\n    ",
        "<<: [{mac: bad}, {mac_only_encrypted: x}]\n    ",
        "\"<<\": {mac_only_encrypted: x}\n    ",
    ];
    let added: Vec<&str> = truths.iter().chain(&numbers).map(String::as_str).chain(others).collect();
    let version = [
        "version: 3.11.0-",
        "version: 3.11.0-01",
        "version: 3.11.0-a_b",
        "version: 3.11.0-ä",
        "version: 3.11.0-rc.1+b.01",
        "version: 3.11.0+",
        "version: v3.11.0",
        "version: vv3.11.0",
        "version: +3.11.0",
        "version: 3.011.0",
        "version: 3.11",
        "version: 3.11.0.1",
        "version: 1.2.3.4",
        "version: v1.2.3.4",
        "version: \" 3.11.0\"",
        "version: [3.11.0]",
        "<<: {version: 3.11.0}",
        "<<: [{version: 3.11.0}, {version: x}]",
        "<<: {<<: {version: 3.11.0}}",
        "\"<<\": {version: 3.11.0}",
        "Version: 3.11.0",
    ];
    compare_all("a.yaml", "a: one\n", &[before("version:", &added), instead("version: 3.11.0", &version)]);
}

#[test]
fn json() {
    let added = [
        "\"mac_only_encrypted\": \"false\", ",
        "\"mac_only_encrypted\": false, ",
        "\"mac_only_encrypted\": null, ",
        "\"MAC_only_Encrypted\": 0, ",
        "\"shamir_threshold\": \"2\", ",
        "\"shamir_threshold\": 2, ",
        "\"shamir_threshold\": 2.0, ",
        "\"shamir_threshold\": 1e0, ",
        "\"shamir_threshold\": -1, ",
        "\"shamir_threshold\": -0, ",
        "\"shamir_threshold\": 9223372036854775808, ",
        "\"mac\": \"bad\", ",
        "\"MAC\": \"bad\", ",
        "\"mac\": null, ",
        "\"MAC\": null, ",
        "\"mac\": 5, ",
        "\"encrypted_regex\": 5, ",
        "\"encrypted_regex\": \"\", ",
        "\"Encrypted_Regex\": \"x\", ",
        "\"pgp\": [null], ",
        "\"AGE\": null, ",
        "\"AGE\": [], ",
        "\"age\": \"x\", ",
        "\"key_groups\": 5, ",
        "\"key_groups\": [null], ",
        "\"kms\": [{\"arn\": \"x\", \"created_at\": \"2024-01-02T03:04:05Z\", \"enc\": \"eA==\", \"context\": []}], ",
        "\"kms\": [{\"arn\": \"x\", \"created_at\": \"2024-01-02T03:04:05Z\", \"enc\": \"eA==\", \"context\": {\"a\": 5}}], ",
        "\"kms\": [{\"Arn\": \"x\", \"Created_At\": \"2024-01-02T03:04:05Z\", \"ENC\": \"eA==\"}], ",
    ];
    let version = [
        "\"Version\": \"3.11.0\"",
        "\"verſion\": \"3.11.0\"",
        "\"VERSION\": \"3.11.0\", \"version\": null",
        "\"version\": \"3.11.0\", \"Version\": \"x\"",
        "\"Version\": \"x\", \"version\": \"3.11.0\"",
        "\"version\": 3.11",
        "\"version\": \"3.11.0\", \"mac\": \"bad\"",
        "\"version\": \"3.11.0\", \"MAC\": \"bad\"",
    ];
    let first = [
        "\"sops\": {\"version\": \"0\"}, \"a\"",
        "\"sops\": {}, \"a\"",
        "\"sops\": null, \"a\"",
        "\"SOPS\": null, \"a\"",
        "\"SOPS\": {}, \"a\"",
        "\"SOPS\": \"\", \"a\"",
        "\"sopſ\": [], \"a\"",
        "\"x\": [], \"sops\": {}, \"a\"",
    ];
    let last = ["}, \"sops\": {}}", "}, \"sops\": null}", "}, \"Sops\": null}", "}, \"Sops\": {}}", "}, \"y\": {}}"];
    let last = last.map(|last| ("\n\t}\n}".to_owned(), last.to_owned())).to_vec();
    let edits =
        [before("\"version\":", &added), instead("\"version\": \"3.11.0\"", &version), instead("\"a\"", &first), last];
    compare_all("a.json", "{\"a\": \"one\"}", &edits);
}

/// What both flat formats have, with what their names begin with.
fn flat(prefix: &str) -> Vec<String> {
    let lines = [
        "mac_only_encrypted=false",
        "mac_only_encrypted=0",
        "mac_only_encrypted=yes",
        "mac_only_encrypted=",
        "shamir_threshold=",
        "shamir_threshold=x",
        "shamir_threshold=-1",
        "shamir_threshold=+2",
        "shamir_threshold=02",
        "shamir_threshold=2.0",
        "shamir_threshold=2.5",
        "shamir_threshold=inf",
        "shamir_threshold=1_0",
        "foo=1",
        "Version=x",
        "key_groups=5",
        "encrypted_regex=",
        "age__list_0_map_recipient=x",
        "age__list_5__map_enc=x",
        "age__map_x=x",
    ];
    lines.iter().map(|line| format!("{prefix}{line}\n{prefix}version")).collect()
}

#[test]
fn dotenv() {
    let lines = flat("sops_");
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let more = ["sops_version=3.11.0\nsops_version", "sops_version=x\nsops_version", "#sops_mac=1\nsops_version"];
    compare_all("a.env", "A=one\n", &[instead("sops_version", &lines), instead("sops_version", &more)]);
}

#[test]
fn ini() {
    let lines = flat("");
    // Anywhere in the section: sops writes its lines in any order.
    let lines: Vec<String> = lines.iter().map(|line| line.replace("\nversion", "\nlastmodified ")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let sections = ["[sops]\nmac=bad\n[sops]", "[sops]\n[sops]", "[q]\nz=\n[sops]", "[SOPS]\nz=\n[sops]"];
    compare_all("a.ini", "[s]\na=one\n", &[instead("lastmodified ", &lines), instead("[sops]", &sections)]);
}

/// Keys and clear values that JSON may hold and YAML may not, and escapes that stand for two characters in UTF-16.
#[test]
fn texts_of_json() {
    if !SOPS.is_here() {
        return;
    }
    let bench = Bench::new();
    let long = "k".repeat(3000);
    let texts = [
        &long,
        "a\u{7f}b",
        "a\u{85}b\u{90}",
        "a\u{feff}b",
        "a\u{fffe}b",
        "a\u{2028}b",
        "a😀b",
        "\\ud83d\\ude00",
        "\\uD83D",
        "\\ude00\\ud83d",
        "\\ud83dx",
        "\\ud83d\\u0041",
        "\\ud83d\\ud83d\\ude00",
        "a\\/b\\\\\\b\\f\\t\\u0000",
        "",
    ];
    let differences: Vec<String> = texts
        .par_iter()
        .enumerate()
        .step_by(step())
        .filter_map(|(number, text)| {
            let name = format!("{number}.json");
            let sealed = bench.seal(&name, &format!("{{\"{text}\": \"v\", \"c_unencrypted\": \"{text}\"}}"));
            // As sops writes it, and as it was written.
            let spliced =
                sealed.find(": \"ENC[").zip(sealed.find("\"c_unencrypted\"")).zip(sealed.find(",\n\t\"sops\""));
            let ((sealed_at, clear_at), sops_at) = spliced.unwrap();
            let written = format!(
                "{{\"{text}\"{}\"c_unencrypted\": \"{text}\"{}",
                &sealed[sealed_at..clear_at],
                &sealed[sops_at..]
            );
            let differences = [sealed, written].map(|content| bench.difference(&name, &content));
            differences.into_iter().flatten().next().map(|difference| format!("{text:?}: {difference}"))
        })
        .collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
