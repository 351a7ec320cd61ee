//! Sops files that are broken: each is said with its file, and its line where there is one, and the
//! rest of the repository is still checked.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use tempfile::TempDir;

use crate::support::bounded::{MOST_SECONDS, bounded};
use crate::support::scratch::{Run, Scratch, fixtures};

/// A file of fixtures/vectors: what the real sops sealed.
fn vector(path: &str) -> String {
    fs::read_to_string(fixtures().join("vectors").join(path)).unwrap()
}

/// A bad file, and the finding about it: its rule, its line (none: the file as a whole) and a part of its message.
struct Bad {
    name: &'static str,
    content: Vec<u8>,
    rule: &'static str,
    line: Option<usize>,
    why: &'static str,
}

fn bad(name: &'static str, content: impl Into<Vec<u8>>, rule: &'static str, line: usize, why: &'static str) -> Bad {
    Bad { name, content: content.into(), rule, line: (line > 0).then_some(line), why }
}

/// Checks a repository that declares a secret in each file, beside one with a mistake of its own.
fn check(files: &[Bad]) {
    let folder = TempDir::new().unwrap();
    let good = fixtures().join("rules/key-missing/fires");
    for file in ["flake.nix", ".sops.yaml", "secrets/web.yaml"] {
        let target = folder.path().join(file);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(good.join(file), target).unwrap();
    }
    let mut module = "{\n  networking.hostName = \"web\";\n  sops.age.keyFile = \"/k\";\n".to_owned();
    module += "  sops.secrets.wanted = { sopsFile = ./secrets/web.yaml; key = \"not-there\"; };\n";
    for (index, file) in files.iter().enumerate() {
        let format = match file.name.rsplit('.').next().unwrap() {
            "yaml" => "yaml",
            "json" => "json",
            "env" => "dotenv",
            "ini" => "ini",
            _ => "binary",
        };
        writeln!(module, "  sops.secrets.s{index} = {{ sopsFile = ./secrets/{}; format = \"{format}\"; }};", file.name)
            .unwrap();
        fs::write(folder.path().join("secrets").join(file.name), &file.content).unwrap();
    }
    fs::write(folder.path().join("configuration.nix"), module + "}\n").unwrap();
    let repository = Scratch::copy_of(folder.path(), &[], &[]);
    let run = bounded(repository.path(), &["check", "--format", "json"]);
    let report = run.json().unwrap();
    assert!(matches!(run.code, Some(1 | 2)), "{:?}\n{}", run.code, run.stderr);
    let findings = report["findings"].as_array().unwrap();
    assert!(findings.iter().any(|finding| finding["rule"] == "key-missing"), "the rest is checked: {report:#}");
    let mut wrong = Vec::new();
    for Bad { name, rule, line, why, .. } in files {
        let path = format!("secrets/{name}");
        let about = |finding: &&serde_json::Value| finding["message"].as_str().unwrap().contains(&path);
        let found: Vec<_> = findings.iter().filter(about).collect();
        let said = |finding: &&serde_json::Value| {
            let at = &finding["places"][0];
            let line_is_right = line.is_none_or(|line| at["path"] == path.as_str() && at["start"]["line"] == line);
            finding["rule"] == *rule && finding["message"].as_str().unwrap().contains(why) && line_is_right
        };
        if !found.iter().copied().any(|finding| said(&finding)) {
            let found =
                found.iter().map(|it| format!("{} {} {}", it["rule"], it["places"][0]["start"]["line"], it["message"]));
            wrong.push(format!("{name}: {:#?}", found.collect::<Vec<_>>()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The first `part` of a text, in hundredths.
fn cut(text: &str, part: usize) -> String {
    text[..text.len() * part / 100].to_owned()
}

fn utf_16(text: &str) -> Vec<u8> {
    "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

const MALFORMED: &str = "sops-metadata-malformed";
const NOT_LOOKED_AT: &str = "not-looked-at";

#[test]
fn files_that_were_cut_off() {
    let yaml = vector("01-yaml-flat/enc.yaml");
    let json = vector("29-json-types/enc.json");
    let env = vector("33-dotenv-basic/enc.env");
    let ini = vector("36-ini-basic/enc.ini");
    let lines = |text: &str, count: usize| text.split_inclusive('\n').take(count).collect::<String>();
    check(&[
        bad("half.yaml", cut(&yaml, 60), MALFORMED, 3, "no `lastmodified`"),
        bad("head.yaml", lines(&yaml, 2), MALFORMED, 1, "no sops metadata"),
        bad("half.json", cut(&json, 60), NOT_LOOKED_AT, 14, "not valid JSON"),
        bad("head.json", lines(&json, 3), NOT_LOOKED_AT, 4, "not valid JSON"),
        bad("half.env", lines(&env, 12), MALFORMED, 0, "no `version`"),
        bad("head.env", lines(&env, 3), MALFORMED, 2, "no sops metadata"),
        bad("half.ini", lines(&ini, 15), MALFORMED, 0, "no `"),
        bad("head.ini", lines(&ini, 4), MALFORMED, 2, "no sops metadata"),
        bad("half.bin", cut(&vector("38-binary/enc.bin"), 50), NOT_LOOKED_AT, 0, "not valid JSON"),
        bad("empty.yaml", "", "file-not-encrypted", 0, ""),
    ]);
}

#[test]
fn files_in_other_encodings() {
    let yaml = vector("01-yaml-flat/enc.yaml");
    let latin_1: Vec<u8> = [b"caf\xe9: x\n", yaml.as_bytes()].concat();
    let noise: Vec<u8> = (0..100_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    check(&[
        bad("utf-16.yaml", utf_16(&yaml), NOT_LOOKED_AT, 0, "not UTF-8"),
        bad("utf-16.env", utf_16(&vector("33-dotenv-basic/enc.env")), NOT_LOOKED_AT, 0, "not UTF-8"),
        bad("latin-1.yaml", latin_1, NOT_LOOKED_AT, 0, "not UTF-8"),
        bad("noise.yaml", noise, "file-not-encrypted", 0, ""),
        bad("bom.json", format!("\u{feff}{}", vector("29-json-types/enc.json")), NOT_LOOKED_AT, 1, "not valid JSON"),
    ]);
}

#[test]
fn files_that_two_people_or_an_editor_changed() {
    let yaml = vector("01-yaml-flat/enc.yaml");
    let conflict = format!("<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> x\n{yaml}");
    let edit = |from: &str, to: &str| {
        assert!(yaml.contains(from), "{from}");
        yaml.replacen(from, to, 1)
    };
    check(&[
        bad("conflict.yaml", conflict.as_str(), "conflict-markers", 1, "conflict markers"),
        bad("twice.yaml", format!("x: 1\nx: 2\n{yaml}"), NOT_LOOKED_AT, 2, "a key twice"),
        bad("list.yaml", edit("    age:\n", "    pgp: 1\n    age:\n"), MALFORMED, 4, "`pgp`"),
        bad("map.yaml", edit("version: 3.11.0", "version: {a: 1}"), MALFORMED, 0, "`version`"),
        bad("threshold.yaml", edit("    age:\n", "    shamir_threshold: two\n    age:\n"), MALFORMED, 4, "no number"),
        bad("truth.yaml", edit("    age:\n", "    mac_only_encrypted: 3\n    age:\n"), MALFORMED, 4, "true nor false"),
        bad("enc.yaml", edit("BEGIN AGE ENCRYPTED FILE", "BEGIN AGE"), MALFORMED, 5, "no age file"),
        bad("base64.yaml", edit("            YWdl", "            ????"), MALFORMED, 5, "no age file"),
    ]);
}

#[test]
fn files_that_ask_for_too_much() {
    let yaml = vector("01-yaml-flat/enc.yaml");
    let json = vector("29-json-types/enc.json");
    let laughs: String =
        (1..12).map(|n| format!("l{n}: &l{n} [{}]\n", vec![format!("*l{}", n - 1); 10].join(","))).collect();
    let deep = 100_000;
    let flow = format!("deep: {}{}\n{yaml}", "[".repeat(deep), "]".repeat(deep));
    let block = format!("deep:\n  {}x\n{yaml}", "- ".repeat(deep));
    let in_json = json.replacen('{', &format!("{{\"deep\": {}{},", "[".repeat(deep), "]".repeat(deep)), 1);
    check(&[
        bad("laughs.yaml", format!("l0: &l0 x\n{laughs}{yaml}"), NOT_LOOKED_AT, 7, "aliases"),
        bad("cycle.yaml", format!("a: &a [*a]\n{yaml}"), NOT_LOOKED_AT, 1, "aliases"),
        bad("flow.yaml", flow, NOT_LOOKED_AT, 1, "deep"),
        bad("block.yaml", block, NOT_LOOKED_AT, 2, "deep"),
        bad("deep.json", in_json, NOT_LOOKED_AT, 1, ""),
        bad("values.yaml", format!("{}{yaml}", "a: [1,1,1,1,1]\n".repeat(210_000)), NOT_LOOKED_AT, 0, ""),
        bad(
            "lines.env",
            format!("{}{}", "A=1\n".repeat(1_000_000), vector("33-dotenv-basic/enc.env")),
            NOT_LOOKED_AT,
            0,
            "more than",
        ),
        bad(
            "lines.ini",
            format!("{}{}", "A=1\n".repeat(1_000_000), vector("36-ini-basic/enc.ini")),
            NOT_LOOKED_AT,
            0,
            "more than",
        ),
    ]);
}

#[test]
fn files_of_100_megabytes() {
    let line = "pad: 0123456789012345678901234567890123456789012345678901234567890123456789\n";
    let big = |tail: &str| line.repeat(100 << 20 >> 6) + tail;
    check(&[
        bad("large.yaml", big(&vector("01-yaml-flat/enc.yaml")), NOT_LOOKED_AT, 0, "larger than 16 MiB"),
        bad("large.bin", big(&vector("38-binary/enc.bin")), NOT_LOOKED_AT, 0, "larger than 4 MiB"),
    ]);
}

/// Each is below the largest that is read, but a comment takes many times the memory that it has in the file. The bound
/// has room for one of them at a time, which takes eighteen times its size. The hosts come from a manifest, so that no
/// evaluator reserves a stack; two threads read, since each reserves memory, and they share one arena of glibc, which
/// would reserve 64 MiB for each.
#[test]
fn large_files_of_comments() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("manifest.json"), r#"{"version":1,"hosts":[]}"#).unwrap();
    let comments = "#\n".repeat(15_800_000 / 2) + &vector("01-yaml-flat/enc.yaml");
    for name in ["one.yaml", "two.yaml"] {
        fs::write(folder.path().join(name), &comments).unwrap();
    }
    let repository = Scratch::copy_of(folder.path(), &[], &[]);
    let mut shell = Command::new("sh");
    let check = "check --manifest manifest.json --format json";
    let script = format!("ulimit -t {MOST_SECONDS}; ulimit -v 250000; exec \"$0\" {check}");
    shell.args(["-c", &script, env!("CARGO_BIN_EXE_sealnix")]);
    let run = Run::of(shell.env("RAYON_NUM_THREADS", "2").env("MALLOC_ARENA_MAX", "1").current_dir(repository.path()));
    let report = run.json().unwrap();
    let undecided = report["summary"]["undecided"].as_object().unwrap();
    assert_eq!(undecided.len(), 2, "{report:#}");
    assert!(undecided.keys().all(|why| why.contains("values and comments")), "{report:#}");
}

/// A rule file that is broken decides nothing, and that is said: sops refuses what is no YAML; what is deeper than is
/// read here, or no text, is not looked at.
#[test]
fn rule_files() {
    let good = fixtures().join("rules/key-missing/fires");
    let deep = "[".repeat(100_000);
    let invalid = "policy-invalid";
    let cases: [(&[u8], &str, &str); 5] = [
        (b"creation_rules:\n<<<<<<< HEAD\n", invalid, "not valid YAML"),
        (b"creation_rules:\n\t- age: x\n", invalid, "tab"),
        (deep.as_bytes(), NOT_LOOKED_AT, "deep"),
        (b"creation_rules: caf\xe9\n", NOT_LOOKED_AT, "UTF-8"),
        (b"\x00\x01\x02", invalid, "NUL"),
    ];
    for (rules, rule, why) in cases {
        let repository = Scratch::copy_of(&good, &[], &[]);
        fs::write(repository.path().join(".sops.yaml"), rules).unwrap();
        let run = bounded(repository.path(), &["check", "--format", "json"]);
        let report = run.json().unwrap();
        assert_eq!(run.code, Some(2), "{why}: {}", run.stderr);
        let findings = report["findings"].as_array().unwrap();
        assert!(findings.iter().any(|finding| finding["rule"] == "key-missing"), "{why}: {report:#}");
        let said =
            |finding: &serde_json::Value| finding["rule"] == rule && finding["message"].as_str().unwrap().contains(why);
        assert!(findings.iter().any(said), "{why}: {report:#}");
    }
}
