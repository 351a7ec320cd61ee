//! Vectors with one change each, opened with the right keys: nothing panics, and what is said to be right the real
//! sops decrypts too.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use rayon::prelude::*;
use sealnix::keys::private::{self, Form, Identity};
use sealnix::proof::{FileProof, Outcome, State};
use sealnix::sops::data_key::unwrap;
use sealnix::sops::decrypt::DataKey;
use sealnix::sops::mac::examine;
use sealnix::sops::{self, Metadata};
use sealnix::source::Text;
use tempfile::TempDir;

use crate::support::installed::SOPS;

/// How many mutants are made of the vectors; `SEALNIX_TEST_MUTANTS` makes it more.
fn mutants() -> usize {
    std::env::var("SEALNIX_TEST_MUTANTS").ok().and_then(|mutants| mutants.parse().ok()).unwrap_or(15_000)
}

/// How many of each kind are given to the real sops; `SEALNIX_TEST_CASES` makes it more.
fn sampled() -> usize {
    std::env::var("SEALNIX_TEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(12)
}

/// A sequence of numbers that is the same every time (a linear congruential generator, Knuth's constants).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % limit
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/vectors")
}

/// All of them, as sops uses them.
fn identities() -> Vec<Identity> {
    let names =
        ["alice.agekey", "bob.agekey", "carol.agekey", "dave.agekey", "ssh_derived.agekey", "ssh_ed25519", "ssh_rsa"];
    let read = |name| private::read(&folder().join("identities").join(name)).unwrap().usable;
    names.into_iter().flat_map(read).filter(|identity| identity.form != Form::Converted).collect()
}

/// A file that is right, and its key.
struct Base {
    name: String,
    content: String,
    metadata: Metadata,
    key: DataKey,
}

fn bases(identities: &[&Identity]) -> Vec<Base> {
    let mut folders: Vec<PathBuf> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let bases = folders.into_iter().filter_map(|folder| {
        let path = ["yaml", "json", "env", "ini", "bin"].map(|end| folder.join(format!("enc.{end}")));
        let path = path.into_iter().find(|path| path.exists())?;
        let content = fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let document = sops::read(&Text::new(name.as_str().into(), content.as_str()))?.ok()?;
        let key = unwrap(&document.metadata, identities).key.ok()?;
        examine(&document, &key, |_, _| {}).unwrap().is_right().then_some(())?;
        Some(Base { name, content, metadata: document.metadata, key })
    });
    bases.collect()
}

/// One change: a byte, a line, a word of sops' own.
fn mutant(random: &mut Random, content: &str) -> String {
    const WORDS: [&str; 14] = [
        "ENC[",
        ",type:int]",
        ",type:str]",
        "null",
        "\"\"",
        ": ",
        "- ",
        "#",
        "\n",
        " ",
        "mac_only_encrypted: true\n",
        "Z",
        "0",
        "\n# x\n",
    ];
    let mut bytes = content.as_bytes().to_vec();
    let at = random.below(bytes.len());
    let mut lines: Vec<&[u8]> = content.as_bytes().split_inclusive(|&byte| byte == b'\n').collect();
    let (one, other) = (random.below(lines.len()), random.below(lines.len()));
    match random.below(8) {
        0 => bytes[at] = b' ' + random.below(95) as u8,
        1 => drop(bytes.remove(at)),
        2 => bytes.insert(at, bytes[random.below(bytes.len())]),
        3 => drop(bytes.splice(at..at, WORDS[random.below(WORDS.len())].bytes())),
        4 => {
            lines.remove(one);
            bytes = lines.concat();
        }
        5 => {
            lines.swap(one, other);
            bytes = lines.concat();
        }
        6 => {
            lines.insert(other, lines[one]);
            bytes = lines.concat();
        }
        _ => bytes.truncate(at),
    }
    String::from_utf8(bytes).unwrap_or_else(|_| content.to_owned())
}

/// The lines that are not in both.
fn changed(before: &str, after: &str) -> String {
    let lines = |of: &str, other: &str, sign: char| -> String {
        let other: Vec<&str> = other.lines().collect();
        of.lines().filter(|line| !other.contains(line)).map(|line| format!("{sign}{line}\n")).collect()
    };
    let lines = lines(before, after, '-') + &lines(after, before, '+');
    if lines.is_empty() { after.to_owned() } else { lines }
}

/// Whether it is said to be right. The data key of a file whose recipients did not change is had already.
fn is_right(base: &Base, content: &str, identities: &[&Identity]) -> bool {
    let text = Text::new(base.name.as_str().into(), content);
    let Some(Ok(document)) = sops::read(&text) else { return false };
    let entries = |metadata: &Metadata| {
        let groups = metadata.groups.iter();
        let groups: Vec<Vec<_>> =
            groups.map(|group| group.iter().map(|one| (one.kind, one.enc.clone())).collect()).collect();
        (groups, metadata.threshold)
    };
    if document.undecryptable().is_none() && entries(&document.metadata) == entries(&base.metadata) {
        return examine(&document, &base.key, |_, _| {}).is_ok_and(|examined| examined.is_right());
    }
    let proof = FileProof::of_document(&document, identities);
    matches!(proof.state, State::Opened(_)) && proof.outcome() == Outcome::Right
}

#[test]
fn mutants_are_right_only_where_sops_decrypts_them() {
    let identities = identities();
    let identities: Vec<&Identity> = identities.iter().collect();
    let bases = bases(&identities);
    assert!(bases.len() > 55, "{}", bases.len());
    let judged: Vec<(usize, String, bool)> = (0..mutants())
        .into_par_iter()
        .map(|number| {
            let base = number % bases.len();
            let mut random = Random(number as u64 * 7919);
            let content = mutant(&mut random, &bases[base].content);
            let right = is_right(&bases[base], &content, &identities);
            (base, content, right)
        })
        .collect();
    // What sops decrypts and then cannot write has no `data`; it was right.
    let judged =
        judged.into_iter().filter(|(base, content, _)| bases[*base].name != "enc.bin" || content.contains("\"data\""));
    let (right, wrong): (Vec<_>, Vec<_>) = judged.partition(|(.., right)| *right);
    assert!(right.len() > 500 && wrong.len() > 5_000, "{} {}", right.len(), wrong.len());
    if !SOPS.is_here() {
        return;
    }
    let home = TempDir::new().unwrap();
    let ssh = home.path().join(".ssh");
    fs::create_dir(&ssh).unwrap();
    fs::copy(folder().join("identities/ssh_ed25519"), ssh.join("id_ed25519")).unwrap();
    fs::copy(folder().join("identities/ssh_rsa"), ssh.join("id_rsa")).unwrap();
    let keys = ["alice", "bob", "carol", "dave", "ssh_derived"]
        .map(|name| fs::read_to_string(folder().join(format!("identities/{name}.agekey"))).unwrap());
    fs::write(home.path().join("keys.txt"), keys.concat()).unwrap();
    let decrypts = |name: &str, content: &str| {
        fs::write(home.path().join(name), content).unwrap();
        let mut sops = Command::new("sops");
        sops.args(["--decrypt", name]).current_dir(home.path()).env("HOME", home.path());
        sops.env("SOPS_AGE_KEY_FILE", home.path().join("keys.txt")).output().unwrap().status.success()
    };
    let mut differ = Vec::new();
    for (all, expected) in [(&right, true), (&wrong, false)] {
        for (base, content, _) in all.iter().step_by(all.len() / sampled()) {
            let name = &bases[*base].name;
            if decrypts(name, content) != expected {
                differ.push(format!(
                    "sops says {} of a mutant of {name}:\n{}",
                    !expected,
                    changed(&bases[*base].content, content)
                ));
            }
        }
    }
    assert!(differ.is_empty(), "{}\n{}", differ.len(), differ.join("\n=====\n"));
}
