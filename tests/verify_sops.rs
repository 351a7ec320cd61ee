//! Files that the real sops seals are right, whatever is in them; and what is changed in them is right only where
//! the real sops still decrypts it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use sealnix::keys::private::{self, Identity};
use sealnix::proof::{FileProof, Outcome, State};
use sealnix::source::Text;
use tempfile::TempDir;

use crate::support::installed::SOPS;

/// How many files are made; `SEALNIX_TEST_CASES` makes it more.
fn cases(usual: usize) -> usize {
    std::env::var("SEALNIX_TEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(usual)
}

/// A sequence of numbers that is the same every time (a linear congruential generator, Knuth's constants).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % limit
    }

    fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }
}

/// A folder with three identities, sealed for by sops.
struct Bench {
    folder: TempDir,
    identities: Vec<Identity>,
}

impl Bench {
    fn new() -> Bench {
        let folder = TempDir::new().unwrap();
        let mut text = String::new();
        for number in 0..3 {
            let made =
                run(Command::new("age-keygen").args(["-o", &format!("{number}.txt")]).current_dir(folder.path()));
            assert!(made.status.success());
            text += &fs::read_to_string(folder.path().join(format!("{number}.txt"))).unwrap();
        }
        fs::write(folder.path().join("keys.txt"), text).unwrap();
        let identities = private::read(&folder.path().join("keys.txt")).unwrap().usable;
        Bench { folder, identities }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn sops(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("sops");
        command.args(arguments).current_dir(self.folder.path()).env("SOPS_AGE_KEY_FILE", self.path("keys.txt"));
        run(command.env("HOME", self.folder.path()).env_remove("SOPS_AGE_KEY"))
    }

    /// Seals a file under another name of the same end; nothing where sops refuses.
    fn seal(&self, name: &str, options: &[&str]) -> Option<String> {
        let sealed = self.sops(&[options, &["--encrypt", name]].concat());
        sealed.status.success().then(|| String::from_utf8(sealed.stdout).unwrap())
    }

    fn prove(&self, name: &str, content: &str) -> FileProof {
        let identities: Vec<&Identity> = self.identities.iter().collect();
        FileProof::of_text(&Text::new(name.into(), content), &identities)
    }

    /// Whether the real sops decrypts it.
    fn decrypts(&self, name: &str, content: &str) -> bool {
        fs::write(self.path(name), content).unwrap();
        self.sops(&["--decrypt", name]).status.success()
    }

    /// Rules for one recipient, or for three groups of which two are needed.
    fn write_rules(&self, shamir: bool) {
        let one = |number: usize| format!("      - age: [{}]\n", self.identities[number].recipient);
        let groups: String = if shamir { (0..3).map(one).collect() } else { one(0) };
        let threshold = if shamir { "    shamir_threshold: 2\n" } else { "" };
        let rules = format!("creation_rules:\n  - key_groups:\n{groups}{threshold}");
        fs::write(self.path(".sops.yaml"), rules).unwrap();
    }
}

fn run(command: &mut Command) -> Output {
    command.output().unwrap()
}

const KEYS: [&str; 16] = [
    "a",
    "b",
    "key",
    "pass",
    "pass_unencrypted",
    "k-2",
    "x_secret",
    "\"a:b\"",
    "\"with space\"",
    "\"\"",
    "\"1\"",
    "grüße",
    "\"a/b\"",
    "user.name",
    "<<x",
    "\"tr\\tue\"",
];

const SCALARS: [&str; 44] = [
    "text",
    "\"\"",
    "~",
    "null",
    "0",
    "-7",
    "42",
    "0x1F",
    "0o17",
    "0b11",
    "017",
    "08",
    "1_000",
    "+5",
    "9223372036854775807",
    "-9223372036854775808",
    "1.50",
    "2.0",
    "1e3",
    "-0.0",
    "1e21",
    "1.0e-7",
    "123456789.123456789",
    "18446744073709551616",
    ".5",
    ".inf",
    "-.inf",
    ".nan",
    "true",
    "False",
    "yes",
    "no",
    "2024-01-02",
    "2024-01-02T03:04:05.5+02:00",
    "2024-01-02 03:04:05",
    "\"2024-01-02\"",
    "\"42\"",
    "\"tab\\there\"",
    "\"ünï ☃ 𝄞\"",
    "'it''s'",
    "\"ENC[\"",
    "\"line\\nline\\n\"",
    "!!str 5",
    "!!float 3",
];

/// A block of YAML: a map, with maps, lists, comments and blocks in it.
fn yaml(random: &mut Random, indent: usize, depth: usize) -> String {
    let pad = " ".repeat(indent);
    let mut text = String::new();
    let mut used = Vec::new();
    for _ in 0..=random.below(4) {
        let key = random.of(&KEYS);
        if used.contains(&key) {
            continue;
        }
        used.push(key);
        if random.below(3) == 0 {
            text += &format!("{pad}# {}\n", random.of(&["a comment", "seal this", "leave this", "ünï"]));
        }
        match random.below(if depth == 0 { 4 } else { 8 }) {
            0..=3 => text += &format!("{pad}{key}: {}\n", random.of(&SCALARS)),
            4 => text += &format!("{pad}{key}: |\n{pad}  one\n{pad}  two # no comment\n"),
            5 => text += &format!("{pad}{key}:\n{}", yaml(random, indent + 2, depth - 1)),
            6 => {
                text += &format!("{pad}{key}:\n");
                for _ in 0..=random.below(3) {
                    if random.below(4) == 0 {
                        text += &format!("{pad}  # in a list\n");
                    }
                    text += &format!("{pad}  - {}\n", random.of(&SCALARS));
                }
            }
            _ => {
                text +=
                    &format!("{pad}{key}: {}\n", random.of(&["[]", "{}", "[1, [a, 2.50], {b: c}]", "{d: true, e: ''}"]))
            }
        }
    }
    text
}

fn json(random: &mut Random, depth: usize) -> String {
    const SCALARS: [&str; 17] = [
        "\"text\"",
        "\"\"",
        "null",
        "0",
        "-7",
        "42",
        "-0",
        "9007199254740993",
        "1.50",
        "2.0",
        "1e3",
        "1E21",
        "1e-7",
        "true",
        "false",
        "\"\\u00fc\\n\\\"\"",
        "12345678901234567890",
    ];
    let mut fields = Vec::new();
    for number in 0..=random.below(4) {
        let key = format!("\"{}{number}\"", random.of(&["a", "pass", "x_unencrypted", "b:c", "ü"]));
        let key = if key.contains("_unencrypted") { format!("\"{number}_unencrypted\"") } else { key };
        let value = match random.below(if depth == 0 { 4 } else { 6 }) {
            0..=3 => random.of(&SCALARS).to_owned(),
            4 => json(random, depth - 1),
            _ => format!("[{}, [{}], {}]", random.of(&SCALARS), random.of(&SCALARS), json(random, depth - 1)),
        };
        fields.push(format!("{key}: {value}"));
    }
    format!("{{{}}}", fields.join(", "))
}

fn lines(random: &mut Random, ini: bool) -> String {
    let mut text = String::new();
    for number in 0..=random.below(6) {
        if ini && random.below(3) == 0 {
            text += &format!("[section{number}]\n");
        }
        let key = format!("{}{number}", random.of(&["A", "b_", "x-"]));
        let key = if random.below(4) == 0 { format!("{key}_unencrypted") } else { key };
        match random.below(5) {
            0 => text += "# a comment\n",
            _ => text += &format!("{key}={}\n", random.of(&["", "text", "a b", "x=y", "ünï", "42", "a\\nb", "true"])),
        }
    }
    text
}

const OPTIONS: [&[&str]; 8] = [
    &[],
    &["--encrypted-regex", "^(pass|a)"],
    &["--unencrypted-regex", "pass|b$"],
    &["--encrypted-suffix", "s"],
    &["--unencrypted-suffix", "key"],
    &["--encrypted-comment-regex", "seal"],
    &["--unencrypted-comment-regex", "leave"],
    &["--unencrypted-regex", "["],
];

/// The file's name, its plaintext and how it is sealed.
fn case(random: &mut Random) -> (&'static str, String, Vec<&'static str>, bool) {
    let (name, text) = match random.below(8) {
        0 => ("plain.json", json(random, 2)),
        1 => ("plain.env", lines(random, false)),
        2 => ("plain.ini", lines(random, true)),
        3 => ("plain.txt", random.of(&["", "binary\n", "{\"data\": 1}", "a\0b", "ünï ☃"]).to_owned()),
        4 => ("plain.yaml", format!("{}---\n{}", yaml(random, 0, 2), yaml(random, 0, 1))),
        _ => ("plain.yaml", yaml(random, 0, 3)),
    };
    let mut options = OPTIONS[random.below(OPTIONS.len())].to_vec();
    if random.below(3) == 0 {
        options.push("--mac-only-encrypted");
    }
    (name, text, options, random.below(5) == 0)
}

/// Why a proof is not right.
fn why(proof: &FileProof) -> String {
    match &proof.state {
        State::Opened(opened) => format!("{:?}", opened.examined),
        other => format!("{other:?}"),
    }
}

#[test]
fn what_sops_seals_is_right() {
    if !SOPS.is_here() {
        return;
    }
    let bench = Bench::new();
    let mut random = Random(7);
    let (mut sealed, mut wrong) = (0, Vec::new());
    for _ in 0..cases(40) {
        let (name, text, options, shamir) = case(&mut random);
        bench.write_rules(shamir);
        fs::write(bench.path(name), &text).unwrap();
        let Some(content) = bench.seal(name, &options) else { continue };
        sealed += 1;
        let proof = bench.prove(name, &content);
        // sops itself does not read all that it writes.
        if (proof.outcome() == Outcome::Right) != bench.decrypts(name, &content) {
            wrong.push(format!("{options:?}\n{text}\n{content}\n{}", why(&proof)));
        }
    }
    assert!(wrong.is_empty(), "{} of {sealed}\n{}", wrong.len(), wrong.join("\n=====\n"));
    eprintln!("{sealed} sealed");
    assert!(sealed * 3 > cases(40), "{sealed}");
}
