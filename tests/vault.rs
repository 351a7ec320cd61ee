//! What is a sops file and what is not, and looking keys up as sops-nix does.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use sealnix::sops::{self, Document, Format, Found, Leaf, SealedType};
use sealnix::source::{Text, Tree};
use sealnix::vault::{Sealed, Vault};

const RECIPIENT: &str = "age1g6e50tyffy2acgcdl6qmrzdg65mxrehh7lfutkgtxxjyfj4y7etqnlsp2a";

/// `text` sealed, as long as it is; the ciphertext is nonsense, which no reader without a key sees.
fn sealed(length: usize, kind: &str) -> String {
    let data = ["", "AA==", "AAA=", "AAAA"][length % 4];
    format!("ENC[AES256_GCM,data:{data},iv:AAAA,tag:AAAA,type:{kind}]")
}

fn metadata() -> String {
    format!(
        "sops:\n    age:\n        - recipient: {RECIPIENT}\n          enc: x\n    lastmodified: \"2026-11-21T23:49:50Z\"\n    mac: {}\n    version: 3.11.0\n",
        sealed(3, "str")
    )
}

fn vault(files: &[(&str, &str)]) -> Vault {
    let texts = files.iter().map(|&(path, content)| (path.into(), Text::new(path.into(), content))).collect();
    Vault::read(&Tree { texts, ..Tree::default() })
}

fn document(path: &str, content: &str) -> Document {
    sops::read(&Text::new(path.into(), content)).unwrap().unwrap()
}

#[test]
fn only_files_with_sops_metadata_are_vault_files() {
    let secrets = format!("a: {}\n{}", sealed(1, "str"), metadata());
    let quoted = format!("Encrypt it, then:\n```yaml\n{secrets}```\n");
    let in_string = format!("kind: ConfigMap\ndata:\n  sops: |\n    {}\n", secrets.replace('\n', "\n    "));
    let vault = vault(&[
        ("secrets.yaml", &secrets),
        ("docs/secrets.md", &quoted),
        ("README.md", "Secrets are kept with sops:\nsops: see secrets/\n"),
        ("manifest.yaml", &in_string),
        ("values.yaml", "sops:\n  enabled: true\n  version: 3.8.1\n  age: {secretName: keys}\n"),
        ("list.yaml", "- sops: {mac: x}\n"),
        (".sops.yaml", &secrets),
        ("hosts/.sops.yaml", "creation_rules:\n  - age: x\n"),
        ("module.nix", "{ sops.secrets.a = { sopsFile = ./secrets.yaml; }; }\n"),
        ("tests.nix", "{ \"sops\" = { \"mac\" = 1; }; }\n"),
        ("broken.yaml", "sops: [\n"),
        ("plain.env", "SOPS=1\nA=sops\n"),
        ("plain.ini", "[sopsy]\nmac = 1\n"),
        ("later.yaml", &format!("a: 1\n---\nb: 2\n{}", metadata())),
    ]);
    assert_eq!(vault.files.keys().map(|path| &**path).collect::<Vec<_>>(), ["secrets.yaml"]);
    assert!(vault.document("secrets.yaml").is_some());
}

#[test]
fn a_broken_sops_file_is_unread_with_reason_and_place() {
    let conflict =
        format!("a: {}\n<<<<<<< HEAD\nb: {}\n=======\n>>>>>>> x\n{}", sealed(1, "str"), sealed(2, "str"), metadata());
    let json = "{\n\t\"a\": \"ENC[AES256_GCM,data:AA==,iv:AA,tag:AA,type:str]\",\n<<<<<<< HEAD\n\t\"sops\": {}\n}\n";
    let comma = "{\n\t\"sops\": {\"mac\": \"ENC[AES256_GCM,data:AA==,iv:AA,tag:AA,type:str]\"},\n}\n";
    let tab = format!("a: {}\n\tb: 1\n{}", sealed(1, "str"), metadata());
    let number = format!("1: {}\n{}", sealed(1, "str"), metadata());
    let list = format!("{}---\n- a\n", metadata());
    let laughs: String =
        (1..12).map(|n| format!("l{n}: &l{n} [{}]\n", vec![format!("*l{}", n - 1); 10].join(","))).collect();
    let laughs = format!("l0: &l0 x\n{laughs}{}", metadata());
    let cycle = format!("a: &a [*a]\n{}", metadata());
    let cases = [
        ("conflict.yaml", conflict.as_str(), 2, "conflict markers"),
        ("conflict.json", json, 3, "conflict markers"),
        ("tab.yaml", &tab, 2, "not valid YAML"),
        ("comma.json", comma, 3, "not valid JSON"),
        ("comma", comma, 3, "not valid JSON"),
        ("number.yaml", &number, 1, "not a string"),
        ("list.yaml", &list, 9, "not a map"),
        ("laughs.yaml", &laughs, 7, "aliases"),
        ("cycle.yaml", &cycle, 1, "aliases"),
        ("broken.env", "A=1\nsops_mac=x\nnonsense\n", 3, "without `=`"),
        ("broken.ini", "[a]\nnonsense\n[sops]\nmac = x\n", 2, "neither"),
    ];
    for (path, content, line, why) in cases {
        match vault(&[(path, content)]).files.get(path) {
            Some(Sealed::Unread { why: said, place, .. }) => {
                assert!(said.contains(why), "{path}: {said}");
                assert_eq!(place.start.line, line, "{path}: {said}");
            }
            other => panic!("{path}: {other:?}"),
        }
    }
}

/// The values of `lastmodified`, `version`, `created_at` and the key lists that sops refuses
/// (reference: sops.md sections 1 and 2).
#[test]
fn metadata_that_sops_refuses_is_refused() {
    let refused = |from: &str, to: &str| {
        let content = metadata().replace(from, to);
        assert_ne!(content, metadata());
        sops::read(&Text::new("a.yaml".into(), content)).unwrap().unwrap_err().why
    };
    assert!(refused("3.11.0", "99.0").contains("version"));
    assert!(refused("2026-11-21T", "2026-11-21 ").contains("lastmodified"));
    assert!(refused("2026-11-21T", "2026-13-21T").contains("lastmodified"));
    assert!(refused("    lastmodified:", "    last:").contains("no `lastmodified`"));
    assert!(refused("    age:", "    agee:").contains("no recipient"));
    assert!(refused("    mac:", "    shamir_threshold: two\n    mac:").contains("shamir_threshold"));
    assert!(refused("    age:", "    pgp: [{fp: AA, enc: x}]\n    age:").contains("created_at"));
    assert!(refused("    mac:", "    pgp: 1\n    mac:").contains("list"));
    assert!(refused("version: 3.11.0", "version: [3]").contains("not a text"));
}

#[test]
fn flat_lists_are_one_group_and_hide_key_groups() {
    let groups = "    key_groups:\n        - age: [{recipient: r1, enc: e}]\n        - age: [{recipient: r2, enc: e}]\n          pgp: [{fp: 'AB CD', enc: e, created_at: 2024-01-01T00:00:00Z}]\n    shamir_threshold: 2\n";
    let identities = |content: &str| -> Vec<Vec<String>> {
        let metadata = document("a.yaml", content).metadata;
        assert_eq!(metadata.threshold, Some(2));
        metadata.groups.iter().map(|group| group.iter().map(|one| one.identity.clone()).collect()).collect()
    };
    let with_both = metadata() + groups;
    assert_eq!(identities(&with_both), [[RECIPIENT.to_owned()]]);
    let empty_lists =
        with_both.replace("    age:\n        - recipient", "    kms: []\n    pgp:\n    x:\n        - recipient");
    assert_eq!(identities(&empty_lists), [vec!["r1".to_owned()], vec!["ABCD".to_owned(), "r2".to_owned()]]);
}

#[test]
fn keys_are_found_as_sops_nix_finds_them() {
    let content = format!(
        "a: {s}\nm:\n    k: {i}\n    dup: 1\n    dup: {s}\n    n:\n        deep: {s}\n    x/y: {s}\nl:\n    - {c}\n    - {s}\nnil: null\nempty: \"\"\nclear: text\nnum: 5\nbase: &b\n    q: {s}\nmerged:\n    !!merge <<:\n        k: {s}\n    <<: *b\n    z: {i}\n\"\": {s}\n{meta}---\nlate: {s}\na: 1\n{meta}",
        s = sealed(3, "str"),
        i = sealed(1, "int"),
        c = sealed(3, "comment"),
        meta = metadata(),
    );
    let document = document("a.yaml", &content);
    let kind = |key: &str| match document.find(key) {
        Found::Leaf { leaf: Leaf::Sealed(seal), .. } => format!("{:?} {}", seal.sealed_type, seal.length),
        Found::Leaf { leaf: Leaf::ClearText { length }, .. } => format!("clear {length}"),
        Found::Leaf { leaf: Leaf::ClearOther(_), .. } => "other".into(),
        Found::Leaf { leaf: Leaf::Null, .. } => "null".into(),
        Found::Map(_) => "map".into(),
        Found::List(_) => "list".into(),
        Found::ThroughLeaf(child) => format!("through {}", child.key),
        Found::OnlyInLaterDocument(_) => "later".into(),
        Found::Missing => "missing".into(),
    };
    let cases = [
        ("a", "Str 3"),
        ("m/k", "Int 1"),
        ("m/n/deep", "Str 3"),
        ("m", "map"),
        ("m/n", "map"),
        // No escaping: a key that contains a slash is out of reach.
        ("m/x/y", "missing"),
        ("l", "list"),
        ("l/0", "list"),
        ("a/b", "through a"),
        ("nil", "null"),
        ("empty", "clear 0"),
        ("clear", "clear 4"),
        ("num", "other"),
        // Of duplicates the last.
        ("m/dup", "Str 3"),
        // The library that sops-nix reads with merges `<<`.
        ("merged/k", "Str 3"),
        ("merged/q", "Str 3"),
        ("merged/z", "Int 1"),
        ("merged/<<", "missing"),
        ("late", "later"),
        ("sops/mac", "missing"),
        ("sops", "missing"),
        ("nowhere", "missing"),
        ("m/", "missing"),
    ];
    for (key, expected) in cases {
        assert_eq!(kind(key), expected, "{key}");
    }
    let reachable: Vec<String> = document.reachable_leaves().into_iter().map(|(path, ..)| path).collect();
    assert_eq!(
        reachable,
        ["a", "m/k", "m/dup", "m/n/deep", "nil", "empty", "clear", "num", "base/q", "merged/q", "merged/k", "merged/z"]
    );
    for key in &reachable {
        assert!(matches!(document.find(key), Found::Leaf { .. }), "{key}");
    }
}

#[test]
fn the_form_follows_the_end_of_the_name() {
    let forms = [
        ("a.yaml", Format::Yaml),
        ("a/b.yml", Format::Yaml),
        ("a.json", Format::Json),
        (".env", Format::Dotenv),
        ("prod.env", Format::Dotenv),
        ("a.ini", Format::Ini),
        ("e.env.local", Format::Binary),
        ("ed.YAML", Format::Binary),
        ("secrets.yaml.enc", Format::Binary),
        ("key", Format::Binary),
    ];
    for (path, format) in forms {
        assert_eq!(Format::of(path), format, "{path}");
    }
    // With `format = "yaml"` a secret can be read from a file of any name.
    let content = format!("a: {}\n{}", sealed(1, "str"), metadata());
    assert_eq!(document("secrets.yaml.enc", &content).format, Format::Yaml);
}

#[test]
fn a_place_in_a_file_of_one_line_costs_no_walk_over_it() {
    let pairs: String = (0..100_000).map(|n| format!("\"ключ{n}\":\"{}\",", sealed(3, "str"))).collect();
    let content = format!(
        "{{{pairs}\"sops\":{{\"mac\":\"m\",\"version\":\"3.9.0\",\"lastmodified\":\"2024-01-01T00:00:00Z\",\"age\":[{{\"recipient\":\"r\",\"enc\":\"e\"}}]}}}}"
    );
    let document = document("a.json", &content);
    let Found::Leaf { child, .. } = document.find("ключ99999") else { panic!() };
    let before = &content[..child.key_place.start.byte as usize];
    assert_eq!(child.key_place.start.column as usize, before.chars().count() + 1);
    assert!(before.len() > 6_000_000);
}

#[test]
fn seals_are_read_as_the_expression_of_sops_reads_them() {
    let seal = |text: &str| sops::Seal::parse(text).map(|seal| (seal.sealed_type, seal.length));
    assert_eq!(seal("ENC[AES256_GCM,data:AAA=,iv:a,tag:b,type:str]"), Some((SealedType::Str, 2)));
    assert_eq!(seal("ENC[AES256_GCM,data:AAAA,iv:a,tag:b,type:int] garbage"), Some((SealedType::Int, 3)));
    assert_eq!(seal("ENC[AES256_GCM,data:AAAA,iv:a,tag:b,type:foo]"), Some((SealedType::Other, 3)));
    for clear in [
        " ENC[AES256_GCM,data:AAAA,iv:a,tag:b,type:str]",
        "ENC[AES256_GCM,data:,iv:a,tag:b,type:str]",
        "ENC[AES256_GCM,data:AAAA,iv:a,tag:b,type:]",
        "ENC[AES256_GCM,data:AAAA,iv:a,tag:b]",
        "ENC[AES256_GCM,data:AAAA,iv:a,tag:b,type:str",
        "ENC[AES256_GCM,data:AA\nAA,iv:a,tag:b,type:str]",
        "",
    ] {
        assert_eq!(seal(clear), None, "{clear}");
    }
}

fn real_files() -> Vec<(String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/vectors");
    let mut files = Vec::new();
    for case in fs::read_dir(root).unwrap() {
        for name in ["enc.yaml", "enc.json", "enc.ini", "enc.env", "enc.bin"] {
            let content = fs::read(case.as_ref().unwrap().path().join(name)).ok();
            files.extend(content.map(|content| (name.to_owned(), content)));
        }
    }
    files
}

proptest! {
    #[test]
    fn mutated_sops_files_never_panic(
        (name, file) in prop::sample::select(real_files()),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0usize..60, "[-&*#:,!|>\\[\\]{}\"'= \n_a0]{0,8}"), 1..6),
    ) {
        let mut bytes = file;
        for (at, cut, put) in &edits {
            let at = at.index(bytes.len() + 1);
            let end = (at + cut).min(bytes.len());
            bytes.splice(at..end, put.bytes());
        }
        let content = String::from_utf8_lossy(&bytes).into_owned();
        if let Some(Ok(document)) = sops::read(&Text::new(name.into(), content)) {
            for (path, ..) in document.reachable_leaves() {
                prop_assert!(matches!(document.find(&path), Found::Leaf { .. }), "{}", path);
            }
        }
    }
}

/// sops-nix goes by a secret's `format` alone (reference: sops.md section 6, traps 3 and 10).
#[test]
fn a_file_is_read_in_the_form_that_a_secret_declares() {
    let line = |key: &str| format!("{key}={}\n", sealed(3, "str"));
    let flat =
        "sops_age__list_0__map_recipient=age1x\nsops_age__list_0__map_enc=x\nsops_lastmodified=2026-11-21T23:49:50Z\n";
    let dotenv = format!("{}{flat}sops_mac={}\nsops_version=3.11.0\n", line("A"), sealed(3, "str"));
    let ini =
        format!("[s]\nk = {}\n[sops]\n{}", sealed(1, "str"), dotenv.split_once('\n').unwrap().1.replace("sops_", ""));
    let yaml = format!("a: {}\n{}", sealed(1, "str"), metadata());
    let as_format = |name: &str, content: &str, format| {
        let read = sops::read_as(&Text::new(name.into(), content), format);
        read.map(|read| {
            read.map(|document| document.reachable_leaves().into_iter().map(|(path, ..)| path).collect::<Vec<_>>())
        })
    };
    assert_eq!(as_format("app.env.enc", &dotenv, Format::Dotenv).unwrap().unwrap(), ["A"]);
    assert_eq!(as_format("app", &ini, Format::Ini).unwrap().unwrap(), ["s/k"]);
    assert_eq!(as_format("app.json", &yaml, Format::Yaml).unwrap().unwrap(), ["a"]);
    assert!(as_format("app.env", &dotenv, Format::Yaml).is_none(), "dotenv is a text to YAML");
    assert!(as_format("app.json", &yaml, Format::Json).is_none_or(|read| read.is_err()));
    // A name that says nothing.
    for (content, format) in [(&dotenv, Format::Dotenv), (&ini, Format::Ini), (&yaml, Format::Yaml)] {
        assert_eq!(document("secrets.enc", content).format, format);
    }
}

/// Each sealed file once, with the best reading: that of its name, else that of a declared form.
#[test]
fn every_sealed_file_is_listed_once() {
    let yaml = format!("a: {}\n{}", sealed(1, "str"), metadata());
    let broken = format!("a: {}\n", sealed(1, "str"));
    let files =
        [("by-name.yaml", &yaml), ("only-declared.env", &yaml), ("other-name.json", &yaml), ("refused.yaml", &broken)];
    let mut vault = vault(&files.map(|(path, content)| (path, content.as_str())));
    let declared = [
        ("by-name.yaml", Format::Json),
        ("only-declared.env", Format::Ini),
        ("only-declared.env", Format::Yaml),
        ("other-name.json", Format::Yaml),
    ];
    for (path, format) in declared {
        if let Some(read) = sops::read_as(&Text::new(path.into(), yaml.as_str()), format) {
            vault.declared.insert((path.into(), format), read.into());
        }
    }
    let listed = vault.sealed_files();
    let paths: Vec<&str> = listed.keys().map(|path| &***path).collect();
    assert_eq!(paths, ["by-name.yaml", "only-declared.env", "other-name.json", "refused.yaml"]);
    for (path, sealed) in listed {
        let format = sealed.document().map(|document| document.format);
        assert_eq!(format, (&**path != "refused.yaml").then_some(Format::Yaml), "{path}");
        assert_eq!(vault.document(path).map(|document| document.format), format, "{path}");
        assert!(vault.is_sealed(path));
    }
    assert_eq!(vault.documents().count(), 3);
    assert!(vault.sealed_file("gone").is_none());
}
