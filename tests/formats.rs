//! Files as nobody writes them, read as the real sops reads them.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use sealnix::sops::{self, CryptRule, Format, Refused, Visited, walk};
use sealnix::source::Text;
use tempfile::TempDir;

use crate::support::installed;

/// The real sops with an identity of its own.
struct Sops {
    folder: TempDir,
    recipient: String,
}

impl Sops {
    /// Absent where it is not installed.
    fn new() -> Option<Sops> {
        installed::SOPS.is_here().then(|| {
            let folder = TempDir::new().unwrap();
            let key = folder.path().join("key");
            assert!(Command::new("age-keygen").arg("-o").arg(&key).output().unwrap().status.success());
            let recipient = Command::new("age-keygen").arg("-y").arg(&key).output().unwrap().stdout;
            Sops { folder, recipient: String::from_utf8(recipient).unwrap().trim().to_owned() }
        })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, arguments: &[&str], name: &str) -> Output {
        let key = self.path("key");
        let mut sops = Command::new("sops");
        sops.args(["--config", "/dev/null"]).args(arguments).arg(name);
        sops.current_dir(self.folder.path()).env("SOPS_AGE_KEY_FILE", key).output().unwrap()
    }

    /// A plaintext sealed with these options. Absent if sops refuses it.
    fn seal(&self, name: &str, plain: &str, options: &[&str]) -> Option<String> {
        fs::write(self.path(name), plain).unwrap();
        let output = self.run(&[&["--encrypt", "--age", &self.recipient], options].concat(), name);
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
    }

    /// A file in which nothing is sealed: what is written before its metadata is read as it is.
    fn clear(&self, name: &str, plain: &str) -> String {
        self.seal(name, plain, &["--encrypted-regex", "^NOTHING$"]).unwrap()
    }

    /// The values of a file as sops reads it. Absent if it refuses the file.
    fn values(&self, name: &str, content: &str) -> Option<Vec<(String, String)>> {
        fs::write(self.path(name), content).unwrap();
        let output = self.run(&["--decrypt", "--ignore-mac", "--output-type", "json"], name);
        let json = output.status.success().then(|| String::from_utf8(output.stdout).unwrap())?;
        Some(values("sops.json", &json).unwrap())
    }
}

/// The values of a file as sealnix walks it, comments left out.
fn values(name: &str, content: &str) -> Result<Vec<(String, String)>, Refused> {
    let mut values = Vec::new();
    walk(&Text::new(name.into(), content), Format::of(name), &CryptRule::default(), |visit| {
        let (Visited::Text(text) | Visited::Sealed(text)) = visit.value else { return };
        values.push((format!("{:?}", visit.path), text.to_owned()));
    })?;
    Ok(values)
}

/// Each text, with metadata behind it, as sops and sealnix read it.
fn compare(name: &str, plain: &str, texts: impl IntoIterator<Item = String>) {
    let Some(sops) = Sops::new() else { return };
    let clear = sops.clear(name, plain);
    let metadata = &clear[clear.find(if name.ends_with(".ini") { "[sops]" } else { "sops_" }).unwrap()..];
    let mut accepted = 0;
    for text in texts {
        let content = format!("{text}\n{metadata}");
        let theirs = sops.values(name, &content);
        let ours = values(name, &content);
        assert_eq!(theirs, ours.clone().ok(), "{text:?}: {ours:?}");
        // The tree of the vault has the same values.
        let document = sops::read(&Text::new(name.into(), content.as_str())).unwrap();
        assert_eq!(document.is_ok(), theirs.is_some(), "{text:?}");
        accepted += usize::from(theirs.is_some());
    }
    assert!(accepted > 10, "{accepted}");
}

/// Texts that a strategy makes, the same in every run.
fn generated(pattern: &'static str, count: usize) -> Vec<String> {
    let mut runner = TestRunner::deterministic();
    let strategy = proptest::string::string_regex(pattern).unwrap();
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

#[test]
fn ini_is_read_as_sops_reads_it() {
    let odd = [
        "top = 1\n[a]\nb: x = y\n",
        "q = \"a b\"\nq2 = 'single'\nq3 = \"a \"b\" c\"\nq4 = 'a\"\n",
        "bt = `back # tick` rest\ntq = \"\"\"triple\nsecond ; line\"\"\" # c\nafter = 1\n",
        "hash = p#q\nsemi = p ; q\n",
        "cont = one \\\n   two \\\nthree\nnext = 1\ncont = a\\\n\nnext2 = x\\\n; y\n",
        "empty =\nempty2 = \"\"\nonly = #\n",
        "- = n1\n- = n2\n[s]\n- = m\n",
        "\"quo=ted\" = v\n`b:t` = w\n\"\"\"three\"\"\" = x\n",
        "dup = 1\nother = 2\ndup = 3\n",
        "[ spaced ]\nk = v\n[x]y]\nz = 1\n[sec] ; inline\na = b\n[sec]\na = c\n[DEFAULT]\nlater = 1\n",
        "\u{feff}bom = 1\n",
        "crlf = a\r\n[s]\r\nb = c\r\n",
        "[unclosed\n",
        "[]\na = 1\n",
        "nothing\n",
        "= value\n",
        "\"\" = value\n",
        "\"open = value\n",
        "v = `open\nk = 1\n",
        "v = `\nk = `\n",
        "v = \"\"\"\nk = 1\n",
        "a.b/c = 1\nä ö = ü\n",
        "x = %(top)s\ny = ${HOME}\nz = a\\nb\n",
    ];
    let random = generated("([a-c\\[\\]=:#;\"'`\\\\ \n\t]{1,6}(=|\n)){1,6}", 24);
    compare("a.ini", "a = 1\n", odd.into_iter().map(str::to_owned).chain(random));
}

#[test]
fn dotenv_is_read_as_sops_reads_it() {
    let odd = [
        "A=1\nB=a=b\nC=\n",
        "export X=1\nSP =1\n=empty\n",
        "Q=\"x y\"\nR='z'\nS=`t`\n",
        "N=a\\nb\\\\nc\n",
        "#c\n# sops_c=1\nD=1 # no comment\n",
        " #c\n",
        "CR=x\r\nE=2\r\n",
        "CR=x\r\n\r\nE=2\r\n",
        "A=1\nA=2\n",
        "nothing\n",
        "  \n",
        "sops=1\nSOPS_x=2\n",
        "\u{feff}BOM=1\n",
        "ä/ö:ü.-=ß\n",
    ];
    let random = generated("([A-C#= \"\\\\nr\t]{1,5}(=|\n)){1,6}", 12);
    compare("a.env", "A=1\n", odd.into_iter().map(str::to_owned).chain(random));
}

/// What a comment seals, or leaves clear: the sealed file shows what sops took the comments to be
/// in force for.
#[test]
fn comments_seal_what_sops_says_they_seal() {
    let Some(sops) = Sops::new() else { return };
    let mut runner = TestRunner::deterministic();
    let line = prop_oneof![
        Just("# enc"),
        Just("# plain"),
        Just(""),
        Just("KEY: v"),
        Just("KEY: v # enc"),
        Just("KEY: # enc\n  DEEP: v\n  DEEP: w\n  # enc"),
        Just("KEY:\n  # enc\n  DEEP: v\n  # x\n  DEEP:\n    LOW: w\n    # enc\n    LOW: u\n  DEEP: y"),
        Just("KEY:\n  - a\n  # enc\n  - b\n  - c # enc\n  - d"),
        Just("KEY:\n  - # enc\n    DEEP: v\n  - DEEP: w\n    # enc\n    LOW: 1"),
        Just("KEY: &A\n  # enc\n  DEEP: v"),
        Just("KEY: |\n  text # enc\n  # enc"),
        Just("KEY: {a: b, c: d} # enc"),
        Just("KEY: []\n  # enc"),
    ];
    let lines = proptest::collection::vec(line, 1..8);
    let mut sealed_values = 0;
    for round in 0..20 {
        let plain = lines.new_tree(&mut runner).unwrap().current().join("\n") + "\nlast: x\n";
        let plain = ["KEY", "DEEP", "LOW", "&A"].into_iter().fold(plain, numbered);
        let option = ["--encrypted-comment-regex", "--unencrypted-comment-regex"][round % 2];
        let sealed = sops.seal("a.yaml", &plain, &[option, "enc"]).unwrap_or_else(|| panic!("{plain}"));
        let text = Text::new("a.yaml".into(), sealed.as_str());
        let document = sops::read(&text).unwrap().unwrap();
        walk(&text, document.format, &document.metadata.crypt, |visit| {
            let is_sealed = match visit.value {
                Visited::Comment(comment) => comment.starts_with("ENC["),
                value => matches!(value, Visited::Sealed(_)),
            };
            sealed_values += usize::from(is_sealed);
            let at = visit.place.start.line;
            assert_eq!(visit.is_sealed, is_sealed, "{plain}\n---\n{sealed}\nline {at}");
        })
        .unwrap();
    }
    assert!(sealed_values > 40, "{sealed_values}");
}

/// Each occurrence of a word with a number of its own.
fn numbered(text: String, word: &str) -> String {
    let mut parts = text.split(word);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.enumerate().fold(first, |all, (number, part)| format!("{all}{word}{number}{part}"))
}
