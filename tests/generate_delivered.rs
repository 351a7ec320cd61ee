//! What sops-nix delivers of a file, and what not (reference: the traps of sops.md section 6).

use std::path::Path;

use sealnix::generate::delivered::{self, LeftOut};
use sealnix::sops::{self, Document};
use sealnix::source::Text;

use crate::support::sealed;

fn document(path: &str, content: &str) -> Document {
    sops::read(&Text::new(path.into(), content)).expect("a sops file").expect("one that sops reads")
}

/// The keys in order, each with why it is left out.
fn keys(document: &Document) -> Vec<(String, Option<LeftOut>)> {
    delivered::keys(document).into_iter().map(|key| (key.path, key.value.err())).collect()
}

fn expect(document: &Document, expected: &[(&str, Option<LeftOut>)]) {
    let expected: Vec<_> = expected.iter().map(|(path, why)| ((*path).to_owned(), *why)).collect();
    assert_eq!(keys(document), expected);
}

#[test]
fn every_key_stands_in_file_order_with_what_becomes_of_it() {
    let body = "\
z: STR
map:
    list:
        - 1
    deep:
        b: INT
        a: STR
    none: null
    no: {}
flag: BOOL
clear_unencrypted: words
count_unencrypted: 3
empty: \"\"
a/b:
    c: STR
\"\": STR
x:
    ..: STR
\"nul\\0\": STR
";
    expect(
        &document("a.yaml", &sealed::yaml(body)),
        &[
            ("z", None),
            ("map/list", Some(LeftOut::List)),
            ("map/deep/b", Some(LeftOut::NotText("a whole number"))),
            ("map/deep/a", None),
            ("map/none", Some(LeftOut::Null)),
            ("map/no", Some(LeftOut::EmptyMap)),
            ("flag", Some(LeftOut::NotText("a boolean"))),
            ("clear_unencrypted", Some(LeftOut::Clear)),
            ("count_unencrypted", Some(LeftOut::Clear)),
            ("empty", None),
            ("a/b", Some(LeftOut::Slash)),
            ("", Some(LeftOut::NoName)),
            ("x/..", Some(LeftOut::NoName)),
            ("nul\0", Some(LeftOut::NoName)),
        ],
    );
}

#[test]
fn a_later_document_counts_where_the_first_has_no_such_key() {
    let first = sealed::yaml("a: STR\nm:\n    x: STR\n");
    let second = sealed::yaml("a: STR\nm:\n    \"y\": STR\nb: INT\n");
    expect(
        &document("a.yaml", &format!("{first}---\n{second}")),
        &[("a", None), ("m/x", None), ("m/y", Some(LeftOut::LaterDocument)), ("b", Some(LeftOut::LaterDocument))],
    );
}

#[test]
fn numbers_of_json_are_numbers() {
    expect(
        &document("a.json", &sealed::json("\"a\": STR, \"n\": FLOAT, \"m\": {\"b\": STR}")),
        &[("a", None), ("n", Some(LeftOut::NotText("a number"))), ("m/b", None)],
    );
}

/// Files that the real sops sealed: what `find` reaches as text is what is delivered, and nothing else.
#[test]
fn what_is_delivered_can_be_found() {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/vectors");
    let mut files = 0;
    for name in ["02-yaml-types", "03-yaml-nested", "06-yaml-anchors", "18-yaml-encrypted-regex", "28-yaml-odd-keys"] {
        let content = std::fs::read_to_string(vectors.join(name).join("enc.yaml")).unwrap();
        let document = document("enc.yaml", &content);
        for key in delivered::keys(&document) {
            let found = document.find(&key.path);
            assert_eq!(
                key.value.is_ok(),
                matches!(found, sops::Found::Leaf { leaf, .. } if Ok(leaf) == key.value),
                "{name}: {}",
                key.path
            );
        }
        files += 1;
    }
    assert_eq!(files, 5);
}
