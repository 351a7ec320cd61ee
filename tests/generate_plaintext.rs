//! `sealnix generate example` and `dummy`: plaintexts that have an encrypted file's shape and none of its values.

use std::fs;
use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use sealnix::generate::{Rendered, dummy, example};
use sealnix::sops::{self, Document, Leaf, Node, SealedType, Value};
use sealnix::source::Text;
use sealnix::yaml::{self, Kind};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::support::generated;
use crate::support::installed;
use crate::support::scratch::{Run, Scratch, fixtures};

/// A file of fixtures/vectors: what the real sops sealed, of every format.
const SEALED: [&str; 9] = [
    "02-yaml-types/enc.yaml",
    "04-yaml-comments/enc.yaml",
    "05-yaml-multidoc/enc.yaml",
    "28-yaml-odd-keys/enc.yaml",
    "29-json-types/enc.json",
    "30-json-nested/enc.json",
    "33-dotenv-basic/enc.env",
    "36-ini-basic/enc.ini",
    "37-ini-comments-default-section/enc.ini",
];

fn read(path: &str, content: &str) -> Document {
    sops::read(&Text::new(path.into(), content)).expect("sops metadata").expect("a file that sops takes")
}

fn vector(path: &str) -> Document {
    read(path, &fs::read_to_string(fixtures().join("vectors").join(path)).unwrap())
}

fn text_of(rendered: Rendered) -> String {
    match rendered {
        Rendered::Commented(text) | Rendered::Json(text) => text,
        Rendered::Nix(module) => panic!("{module:?} is no example"),
    }
}

/// A git repository that holds sealed files of fixtures/vectors, all tracked.
fn repository(vectors: &[&str]) -> Scratch {
    let folder = TempDir::new().unwrap();
    for vector in vectors {
        let target = folder.path().join(vector);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(fixtures().join("vectors").join(vector), target).unwrap();
    }
    fs::write(folder.path().join("flake.nix"), "{ outputs = _: { }; }\n").unwrap();
    Scratch::copy_of(folder.path(), &[], &[])
}

/// Every leaf by its path, list positions included, with its kind; empty maps and lists too.
fn shape_of(document: &Document) -> Vec<(Vec<String>, &'static str)> {
    fn walk(node: &Node, path: &[String], shape: &mut Vec<(Vec<String>, &'static str)>) {
        let below = |step: &str| [path, &[step.to_owned()]].concat();
        match &node.value {
            Value::Leaf(leaf) => shape.push((path.to_vec(), kind_of(*leaf))),
            Value::Map(children) if children.is_empty() => shape.push((path.to_vec(), "map")),
            Value::List(items) if items.is_empty() => shape.push((path.to_vec(), "list")),
            Value::Map(children) => children.iter().for_each(|child| walk(&child.node, &below(&child.key), shape)),
            Value::List(items) => {
                items.iter().enumerate().for_each(|(index, item)| walk(item, &below(&index.to_string()), shape));
            }
        }
    }
    let mut shape = Vec::new();
    document.parts.iter().for_each(|part| walk(part, &[], &mut shape));
    shape
}

fn kind_of(leaf: Leaf) -> &'static str {
    let sealed_type = match leaf {
        Leaf::Null => return "null",
        Leaf::ClearText { .. } => return "text",
        Leaf::ClearOther(sealed_type) => sealed_type,
        Leaf::Sealed(seal) => seal.sealed_type,
    };
    match sealed_type {
        SealedType::Int => "int",
        SealedType::Float => "float",
        SealedType::Bool => "bool",
        SealedType::Time => "time",
        _ => "text",
    }
}

/// The same of a plaintext of YAML or JSON, with the values.
fn plain_shape(content: &str) -> Vec<(Vec<String>, &'static str)> {
    fn walk(node: &yaml::Node, path: &[String], shape: &mut Vec<(Vec<String>, &'static str)>) {
        let below = |step: &str| [path, &[step.to_owned()]].concat();
        match &node.value {
            yaml::Value::Scalar(scalar) => shape.push((
                path.to_vec(),
                match scalar.kind {
                    Kind::Null => "null",
                    Kind::Bool => "bool",
                    Kind::Int => "int",
                    Kind::Float => "float",
                    Kind::Timestamp => "time",
                    Kind::Str => "text",
                },
            )),
            yaml::Value::Map(entries) if entries.is_empty() => shape.push((path.to_vec(), "map")),
            yaml::Value::List(items) if items.is_empty() => shape.push((path.to_vec(), "list")),
            yaml::Value::Map(entries) => {
                for entry in entries {
                    let key = entry.key.scalar().expect("a key that is a scalar");
                    assert_eq!(key.kind, Kind::Str, "sops refuses the key {:?}", key.text);
                    walk(&entry.value, &below(&key.text), shape);
                }
            }
            yaml::Value::List(items) => {
                items.iter().enumerate().for_each(|(index, item)| walk(item, &below(&index.to_string()), shape));
            }
            yaml::Value::Alias(_) => panic!("an alias"),
        }
    }
    let yaml =
        yaml::parse(&Text::new("plain.yaml".into(), content)).unwrap_or_else(|error| panic!("{error}\n{content}"));
    let mut shape = Vec::new();
    yaml.documents.iter().for_each(|root| walk(root, &[], &mut shape));
    shape
}

fn leaf() -> impl Strategy<Value = Json> {
    let sealed = prop_oneof!["str", "int", "float", "bool", "time", "bytes"];
    let sealed = sealed.prop_map(|kind| json!(format!("ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:{kind}]")));
    prop_oneof![4 => sealed, 1 => Just(json!("")), 1 => Just(json!(null)), 1 => Just(json!("SECRET")), 1 => Just(json!(true))]
}

fn key() -> impl Strategy<Value = String> {
    // What YAML libraries take for something else than a text, and everything.
    let odd = proptest::sample::select(vec![
        "2024-01-02",
        "1_000",
        "0o17",
        "0b11",
        "0x1F",
        "017",
        ".inf",
        "1e3",
        "null",
        "~",
        "yes",
        "true",
        "=",
        "!tag",
        "*a",
        "&a",
        "- a",
        "? a",
        "a: b",
        "a #b",
        " a ",
        "%",
        "@",
        "`",
        "---",
        "...",
        "",
        "ünï",
        "a\nb",
        "\t",
        "'",
        "\"",
    ]);
    prop_oneof![3 => "[a-z]{1,6}", 1 => odd.prop_map(str::to_owned), 1 => any::<String>()].prop_filter(
        "the metadata's own name, and controls that YAML has no place for",
        |key| {
            // Two separators are line breaks in YAML 1.1, which the writer and sops speak, and letters in YAML 1.2,
            // which is read here.
            let is_separator = |c| matches!(c, '\u{2028}' | '\u{2029}');
            key != "sops"
                && key != "<<"
                && !key.chars().any(|c| c.is_control() && c != '\n' && c != '\t' || c == '\u{feff}' || is_separator(c))
        },
    )
}

fn tree() -> impl Strategy<Value = Json> {
    let nested = leaf().prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Json::Array),
            proptest::collection::vec((key(), inner), 0..4)
                .prop_map(|entries| Json::Object(entries.into_iter().collect())),
        ]
    });
    proptest::collection::vec((key(), nested), 0..5).prop_map(|entries| Json::Object(entries.into_iter().collect()))
}

/// A file that sops would have written: JSON is YAML.
fn sealed_file(mut tree: Json) -> String {
    tree["sops"] = json!({
        "age": [{ "recipient": "age1g6e50tyffy2acgcdl6qmrzdg65mxrehh7lfutkgtxxjyfj4y7etqnlsp2a", "enc": "x" }],
        "lastmodified": "2026-11-21T23:49:50Z",
        "mac": "ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]",
        "version": "3.11.0",
    });
    tree.to_string()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn an_example_reads_back_as_the_same_keys(tree in tree(), is_yaml in any::<bool>()) {
        let document = read(if is_yaml { "a.yaml" } else { "a.json" }, &sealed_file(tree));
        let mut shape = shape_of(&document);
        if !is_yaml {
            // JSON has no dates.
            shape.iter_mut().filter(|(_, kind)| *kind == "time").for_each(|(_, kind)| *kind = "text");
        }
        let example = text_of(example::example(&document).unwrap());
        prop_assert_eq!(plain_shape(&example), shape.clone(), "{}", example);
        prop_assert!(!example.contains("SECRET") && !example.contains("ENC["));
        let dummy = dummy::dummy(&document).unwrap();
        prop_assert_eq!(plain_shape(&dummy), shape, "{}", dummy);
        prop_assert!(!dummy.contains("SECRET") && !dummy.contains("ENC["));
    }
}

/// YAML's date is one date of each kind, whatever the values were.
#[test]
fn an_example_has_every_kind() {
    let example = text_of(example::example(&vector("02-yaml-types/enc.yaml")).unwrap());
    for line in ["s: \"\"", "i: 0", "f: 0.0", "t: false", "nul: null", "empty: \"\"", "date: 0001-01-01"] {
        assert!(example.lines().any(|there| there == line), "{line}\n{example}");
    }
}

#[test]
fn the_flat_formats_are_lines() {
    let flat = |path| text_of(example::example(&vector(path)).unwrap());
    assert_eq!(flat("33-dotenv-basic/enc.env"), "FOO=\nEMPTY=\nQUOTED=\nNUM=\nEQ=\nML=\nexport X=\nP_unencrypted=\n");
    assert_eq!(
        flat("36-ini-basic/enc.ini"),
        "[sec]\nuser =\npw =\nn =\nempty =\n\n[other]\nx_unencrypted =\n\n[third]\n"
    );
    assert_eq!(flat("37-ini-comments-default-section/enc.ini"), "top =\n\n[sec]\nuser =\n");
}

#[test]
fn a_binary_file_has_no_example() {
    let repository = repository(&["38-binary/enc.bin"]);
    let run = repository.sealnix(&["generate", "example", "38-binary/enc.bin"]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""));
    assert!(run.stderr.contains("is one sealed value and has no keys"), "{}", run.stderr);
    let run = repository.sealnix(&["generate", "dummy", "38-binary/enc.bin"]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), "dummy\n"));
}

#[test]
fn a_dummy_says_what_each_value_stands_for() {
    let dummy = |path| dummy::dummy(&vector(path)).unwrap();
    assert_eq!(dummy("30-json-nested/enc.json").lines().nth(2), Some("    \"k\": \"dummy-o-k\","));
    assert!(dummy("02-yaml-types/enc.yaml").starts_with("s: dummy-s\ni: 1\n"));
    assert!(dummy("33-dotenv-basic/enc.env").starts_with("FOO=dummy-foo\nEMPTY=\n"));
    assert!(dummy("36-ini-basic/enc.ini").starts_with("[sec]\nuser = dummy-sec-user\n"));
}

#[test]
fn a_dummy_in_clear_stays_out_of_git() {
    let repository = repository(&["01-yaml-flat/enc.yaml"]);
    fs::write(repository.path().join(".gitignore"), "/ignored/\n*.agekey\n").unwrap();
    let dummy = |arguments: &[&str]| {
        let arguments = [&["generate", "dummy", "01-yaml-flat/enc.yaml"], arguments].concat();
        repository.sealnix(&arguments)
    };
    let refused = dummy(&["--out", "new/dummy.yaml"]);
    assert_eq!(refused.code, Some(2));
    assert!(!repository.path().join("new").exists());
    for way in ["outside of the repository", ".gitignore", "--tracked"] {
        assert!(refused.stderr.contains(way), "{}", refused.stderr);
    }
    assert_eq!(dummy(&["--out", "ignored/below/dummy.yaml"]).code, Some(0));
    assert!(repository.path().join("ignored/below/dummy.yaml").is_file());
    assert_eq!(dummy(&["--out", "new/dummy.yaml", "--tracked"]).code, Some(0));
    // The file itself is safe, and so is one that holds something else.
    assert_eq!(dummy(&["--out", "01-yaml-flat/enc.yaml", "--tracked", "--force"]).code, Some(2));
    fs::write(repository.path().join("ignored/mine.yaml"), "mine: 1\n").unwrap();
    assert_eq!(dummy(&["--out", "ignored/mine.yaml"]).code, Some(2));
    assert_eq!(fs::read_to_string(repository.path().join("ignored/mine.yaml")).unwrap(), "mine: 1\n");
    assert_eq!(dummy(&["--out", "ignored/mine.yaml", "--force"]).code, Some(0));
    // What git tracks although it ignores it.
    repository.git(&["add", "--force", "ignored/mine.yaml"]);
    assert_eq!(dummy(&["--out", "ignored/mine.yaml", "--force"]).code, Some(2));
    let outside = TempDir::new().unwrap();
    assert_eq!(dummy(&["--out", outside.path().join("d.yaml").to_str().unwrap()]).code, Some(0));
    // A link from elsewhere is replaced itself, and where a path leads that is not there cannot be told.
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(outside.path().join("d.yaml"), repository.path().join("link.yaml")).unwrap();
        assert_eq!(dummy(&["--out", "link.yaml", "--force"]).code, Some(2));
    }
    assert_eq!(dummy(&["--out", "ignored/nowhere/../../d.yaml"]).code, Some(2));
    assert_eq!(dummy(&["--out", "ignored/../d.yaml"]).code, Some(2));
    // An identity may go no further.
    assert_eq!(dummy(&["--out", "new/sealed.yaml", "--run-sops", "--key", "new/key"]).code, Some(2));
}

/// An example is no secret that somebody forgot to seal; with a value or a comment in it, it is.
#[test]
fn check_takes_an_example_for_what_it_is() {
    let repository = repository(&["01-yaml-flat/enc.yaml", "30-json-nested/enc.json", "33-dotenv-basic/enc.env"]);
    let examples = [
        ("01-yaml-flat/enc.yaml", "e.yaml"),
        ("30-json-nested/enc.json", "e.json"),
        ("33-dotenv-basic/enc.env", "e.env"),
    ];
    for (file, example) in examples {
        let folder = file.split('/').next().unwrap();
        let run = repository.sealnix(&["generate", "example", file, "--out", &format!("{folder}/{example}")]);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
    }
    let rules = "creation_rules:\n  - path_regex: ^[0-9]+-.*/[^/]*$\n    age: age1g6e50tyffy2acgcdl6qmrzdg65mxrehh7lfutkgtxxjyfj4y7etqnlsp2a\n";
    fs::write(repository.path().join(".sops.yaml"), rules).unwrap();
    repository.git(&["add", "."]);
    let not_encrypted = || {
        let report = repository.sealnix(&["check", "--format", "json"]).json().unwrap();
        let findings = report["findings"].as_array().unwrap().iter();
        findings.filter(|finding| finding["rule"] == "file-not-encrypted").count()
    };
    assert_eq!(not_encrypted(), 0);
    for (path, addition) in [("01-yaml-flat/e.yaml", "a: hunter2\n"), ("33-dotenv-basic/e.env", "# hunter2\n")] {
        let path = repository.path().join(path);
        fs::write(&path, fs::read_to_string(&path).unwrap() + addition).unwrap();
    }
    let json = repository.path().join("30-json-nested/e.json");
    fs::write(&json, fs::read_to_string(&json).unwrap().replacen("\"\"", "\"hunter2\"", 1)).unwrap();
    assert_eq!(not_encrypted(), 3);
}

/// sops with this identity, in a folder where no rule file says anything about the file.
fn decrypt(file: &Path, key: &Path) -> Option<String> {
    let output = Command::new("sops").arg("-d").arg(file).env("SOPS_AGE_KEY_FILE", key).output().unwrap();
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
}

/// A rule file that matches nothing, and one that would give the file to somebody else.
const UNHELPFUL: [&str; 2] = [
    "creation_rules:\n  - path_regex: ^nothing$\n    age: age1g6e50tyffy2acgcdl6qmrzdg65mxrehh7lfutkgtxxjyfj4y7etqnlsp2a\n",
    "creation_rules:\n  - key_groups:\n      - age: [age1g6e50tyffy2acgcdl6qmrzdg65mxrehh7lfutkgtxxjyfj4y7etqnlsp2a]\n      - age: [age1g6e50tyffy2acgcdl6qmrzdg65mxrehh7lfutkgtxxjyfj4y7etqnlsp2a]\n",
];

/// The shape, where JSON has one kind of number: sops writes a clear `0.0` as `0`, and 3.13 seals `0` as an int.
fn numbers(document: &Document) -> Vec<(Vec<String>, &'static str)> {
    let mut shape = shape_of(document);
    if document.format == sops::Format::Json {
        shape.iter_mut().filter(|(_, kind)| *kind == "int").for_each(|(_, kind)| *kind = "float");
    }
    shape
}

#[test]
fn sops_seals_an_example_as_the_kinds_of_its_source() {
    if !installed::SOPS.is_here() {
        return;
    }
    let folder = TempDir::new().unwrap();
    let key = folder.path().join("key");
    assert!(Command::new("age-keygen").arg("-o").arg(&key).output().unwrap().status.success());
    let recipient = Command::new("age-keygen").arg("-y").arg(&key).output().unwrap().stdout;
    let recipient = String::from_utf8(recipient).unwrap();
    for path in SEALED {
        let document = vector(path);
        for (what, text) in
            [("example", text_of(example::example(&document).unwrap())), ("dummy", dummy::dummy(&document).unwrap())]
        {
            let name = format!("{what}.{}", path.rsplit('.').next().unwrap());
            fs::write(folder.path().join(&name), &text).unwrap();
            let sealed = Command::new("sops")
                .args(["--config", "/dev/null", "--encrypt", "--age", recipient.trim(), &name])
                .current_dir(folder.path())
                .output()
                .unwrap();
            assert!(sealed.status.success(), "{path}: {}\n{text}", String::from_utf8_lossy(&sealed.stderr));
            let sealed = read(&name, &String::from_utf8(sealed.stdout).unwrap());
            assert_eq!(numbers(&sealed), numbers(&document), "{path}: {what}");
        }
    }
}

/// Any shape: what YAML libraries disagree about is in the keys.
#[test]
fn sops_seals_an_example_of_any_shape() {
    if !installed::SOPS.is_here() {
        return;
    }
    let folder = TempDir::new().unwrap();
    let mut runner = TestRunner::deterministic();
    for index in 0..24 {
        let path = if index % 2 == 0 { "a.yaml" } else { "a.json" };
        let document = read(path, &sealed_file(tree().new_tree(&mut runner).unwrap().current()));
        let text = text_of(example::example(&document).unwrap());
        fs::write(folder.path().join(path), &text).unwrap();
        let recipient = "age1g6e50tyffy2acgcdl6qmrzdg65mxrehh7lfutkgtxxjyfj4y7etqnlsp2a";
        let mut sops = Command::new("sops");
        sops.args(["--config", "/dev/null", "--encrypt", "--age", recipient, path]).current_dir(folder.path());
        let sealed = sops.output().unwrap();
        assert!(sealed.status.success(), "{}\n{text}", String::from_utf8_lossy(&sealed.stderr));
        let sealed = read(path, &String::from_utf8(sealed.stdout).unwrap());
        let mut expected = numbers(&document);
        if path == "a.json" {
            // JSON has no dates.
            expected.iter_mut().filter(|(_, kind)| *kind == "time").for_each(|(_, kind)| *kind = "text");
        }
        assert_eq!(numbers(&sealed), expected, "{text}");
    }
}

/// What a dummy is for: a host that opens it, with the module that declares its keys.
#[test]
fn a_sealed_dummy_stands_in_for_the_real_file() {
    if !installed::SOPS.is_here() {
        return;
    }
    let source = "02-yaml-types/enc.yaml";
    let real = fs::read_to_string(fixtures().join("vectors").join(source)).unwrap();
    let repository = generated::repository(&["module.nix"], &[("real.yaml", &real), ("module.nix", "{ }\n")]);
    let folder = TempDir::new().unwrap();
    let key = folder.path().join("key");
    generated::generate(&repository, &format!("dummy real.yaml --out dummy.yaml --run-sops --key {}", key.display()));
    generated::generate(&repository, "module dummy.yaml --out module.nix --force");
    let recipient = Command::new("age-keygen").arg("-y").arg(&key).output().unwrap().stdout;
    let recipient = String::from_utf8(recipient).unwrap();
    let config = format!("[hosts.web]\nrecipients = [\"{}\"]\n", recipient.trim());
    fs::write(repository.path().join("sealnix.toml"), config).unwrap();
    // The real file is not in use now, the dummy has the same empty value, and sops-nix delivers neither numbers nor
    // booleans.
    let not_text =
        ["i", "neg", "big", "hex", "oct", "f", "f0", "sci", "small", "t", "fa"].map(|key| ("unused-key", key));
    let of_files = [("unused-file", "real.yaml"), ("empty-value", "empty")];
    generated::assert_finds(&repository, &[&not_text[..], &of_files].concat());
    // The same keys are declared as of the real file.
    let declared = generated::secrets(&repository);
    generated::generate(&repository, "module real.yaml --out module.nix --force");
    let of_real = serde_json::to_string(&generated::secrets(&repository)).unwrap();
    assert_eq!(serde_json::to_string(&declared).unwrap(), of_real.replace("real.yaml", "dummy.yaml"));
}

#[test]
fn the_lines_that_a_dummy_prints_seal_it() {
    if !installed::SOPS.is_here() {
        return;
    }
    for rules in UNHELPFUL {
        for (file, out) in [
            ("01-yaml-flat/enc.yaml", "it's a dummy.yaml"),
            ("33-dotenv-basic/enc.env", "dummy.txt"),
            ("38-binary/enc.bin", "-d"),
        ] {
            let repository = repository(&[file]);
            fs::write(repository.path().join(".sops.yaml"), rules).unwrap();
            fs::write(repository.path().join(".gitignore"), "*\n").unwrap();
            let run = repository.sealnix(&["generate", "dummy", file, &format!("--out={out}")]);
            assert_eq!(run.code, Some(0), "{}", run.stderr);
            let plain = fs::read_to_string(repository.path().join(out)).unwrap();
            let lines: Vec<&str> = run.stdout.lines().filter_map(|line| line.strip_prefix("    ")).collect();
            let shell =
                Command::new("sh").args(["-ec", &lines.join("\n")]).current_dir(repository.path()).output().unwrap();
            assert!(shell.status.success(), "{lines:?}: {}", String::from_utf8_lossy(&shell.stderr));
            let sealed = fs::read_to_string(repository.path().join(out)).unwrap();
            assert!(sealed.contains("ENC[AES256_GCM") && !sealed.contains("dummy-foo"), "{sealed}");
            if out.ends_with(".yaml") {
                let key = repository.path().join(format!("{out}.agekey"));
                assert_eq!(decrypt(&repository.path().join(out), &key).unwrap().lines().count(), plain.lines().count());
            }
        }
    }
}

#[test]
fn run_sops_leaves_a_sealed_file_and_its_key() {
    if !installed::SOPS.is_here() {
        return;
    }
    let repository = repository(&SEALED);
    fs::write(repository.path().join(".sops.yaml"), UNHELPFUL[0]).unwrap();
    let folder = TempDir::new().unwrap();
    let key = folder.path().join("key");
    for (index, path) in SEALED.iter().enumerate() {
        // Where git would track it: it is sealed. The key is made once, and used after that.
        let out = format!("dummies/{index}.{}", path.rsplit('.').next().unwrap());
        let arguments = ["generate", "dummy", path, "--out", &out, "--run-sops", "--key", key.to_str().unwrap()];
        let Run { code, stderr, .. } = repository.sealnix(&arguments);
        assert_eq!(code, Some(0), "{stderr}");
        let out = repository.path().join(out);
        let opened = decrypt(&out, &key).expect("the key opens it");
        assert!(opened.contains("dummy-"), "{opened}");
        assert_eq!(shape_of(&read(path, &fs::read_to_string(&out).unwrap())), shape_of(&vector(path)), "{path}");
    }
    assert_eq!(fs::read_dir(repository.path().join("dummies")).unwrap().count(), SEALED.len(), "nothing else is left");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let again =
        repository.sealnix(&["generate", "dummy", SEALED[0], "--out", "dummies/0.yaml", "--run-sops", "--tracked"]);
    assert_eq!(again.code, Some(2), "it is there and holds something else");
    // Both may be meant for git, as the tests of machines want them.
    let both = repository.sealnix(&["generate", "dummy", SEALED[0], "--out", "new/d.yaml", "--run-sops", "--tracked"]);
    assert_eq!(both.code, Some(0), "{}", both.stderr);
    assert!(decrypt(&repository.path().join("new/d.yaml"), &repository.path().join("new/d.yaml.agekey")).is_some());
    // Where the programs are not to be found nothing is made.
    let mut command = Command::new(env!("CARGO_BIN_EXE_sealnix"));
    let arguments = ["generate", "dummy", SEALED[0], "--out", "d.yaml", "--run-sops", "--tracked"];
    let missing = Run::of(command.args(arguments).current_dir(repository.path()).env("PATH", folder.path()));
    assert_eq!(missing.code, Some(2));
    assert!(missing.stderr.contains("is not on PATH"), "{}", missing.stderr);
    assert!(!repository.path().join("d.yaml").exists() && !repository.path().join("d.yaml.agekey").exists());
}
