//! Every file of fixtures/vectors (made by the real sops, see its README) read as sops reads it:
//! keys, types, recipients, groups, threshold; and what sops refuses is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::string_slice, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

use sealnix::sops::{self, Document, Format, Leaf, Node, SealedType, Value};
use sealnix::source::Text;
use serde_json::Value as Json;

/// Vectors that sops refuses because of their metadata: `sops_error` in their expected.json says
/// why (exit 1; of a missing or empty mac exit 51, "File has no MAC"). With the line of the place.
const REFUSED: [(&str, &str, &str); 5] = [
    ("t16-lastmodified-unparsable", "lastmodified", "\"bad2026"),
    ("t19-mac-empty", "`mac`", "sops"),
    ("t20-mac-removed", "`mac`", "sops"),
    ("t21-version-removed", "`version`", "sops"),
    ("t29-two-crypt-rules", "`encrypted_regex`", "z"),
];

struct Vector {
    name: String,
    text: Text,
    expected: Json,
}

fn vectors() -> Vec<Vector> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/vectors");
    let mut folders: Vec<PathBuf> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders.retain(|folder| folder.join("expected.json").exists());
    assert_eq!(folders.len(), 83);
    let read = |folder: PathBuf| {
        let expected: Json = serde_json::from_slice(&fs::read(folder.join("expected.json")).unwrap()).unwrap();
        let file = expected["file"].as_str().unwrap();
        let content = fs::read_to_string(folder.join(file)).unwrap();
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        Vector { name, text: Text::new(file.into(), content), expected }
    };
    folders.into_iter().map(read).collect()
}

/// The leaves of a file in the form of expected.json: path, type, sealed; and the document's number
/// where there are several.
fn leaves(document: &Document) -> Vec<Json> {
    fn walk(node: &Node, path: &[Json], out: &mut Vec<(Vec<Json>, Leaf)>) {
        let step = |name: Json| [path, &[name]].concat();
        match &node.value {
            Value::Leaf(leaf) => out.push((path.to_vec(), *leaf)),
            Value::Map(children) => {
                children.iter().for_each(|child| walk(&child.node, &step(child.key.clone().into()), out));
            }
            Value::List(items) => {
                items.iter().enumerate().for_each(|(index, item)| walk(item, &step(index.into()), out));
            }
        }
    }
    let mut all = Vec::new();
    for (number, part) in document.parts.iter().enumerate() {
        let mut leaves = Vec::new();
        walk(part, &[], &mut leaves);
        for (path, leaf) in leaves {
            let mut row = vec![Json::from(path), kind(leaf).into(), matches!(leaf, Leaf::Sealed(_)).into()];
            if document.parts.len() > 1 {
                row.push(serde_json::json!({ "doc": number }));
            }
            all.push(Json::from(row));
        }
    }
    all
}

fn kind(leaf: Leaf) -> &'static str {
    match leaf {
        Leaf::Sealed(seal) => match seal.sealed_type {
            SealedType::Str => "str",
            SealedType::Int => "int",
            SealedType::Float => "float",
            SealedType::Bool => "bool",
            SealedType::Bytes => "bytes",
            SealedType::Time => "time",
            SealedType::Comment => "comment",
            SealedType::Other => "other",
        },
        Leaf::ClearText { .. } => "str",
        Leaf::ClearOther(_) => "clear, not a string",
        Leaf::Null => "null",
    }
}

/// The expected leaves, with what a [`Leaf`] does not tell apart made one: the clear types that are
/// no strings, and the sealed types that sops does not know.
fn expected_leaves(expected: &Json) -> Vec<Json> {
    let mut rows = expected["keys"].as_array().unwrap().clone();
    for row in &mut rows {
        let known = ["str", "int", "float", "bool", "bytes", "time", "comment"];
        let (name, sealed) = (row[1].as_str().unwrap(), row[2].as_bool().unwrap());
        match (name, sealed) {
            (name, true) if !known.contains(&name) => row[1] = "other".into(),
            ("str" | "null", false) | (_, true) => {}
            (_, false) => row[1] = "clear, not a string".into(),
        }
    }
    rows
}

#[test]
fn every_vector_is_read_as_sops_reads_it() {
    let format = |name: &str| match name {
        "yaml" => Format::Yaml,
        "json" => Format::Json,
        "dotenv" => Format::Dotenv,
        "ini" => Format::Ini,
        "binary" => Format::Binary,
        other => panic!("{other}"),
    };
    for Vector { name, text, expected } in vectors() {
        let read = sops::read(&text);
        if name == "43-yaml-not-encrypted" {
            assert!(read.is_none(), "{name}");
            continue;
        }
        if REFUSED.iter().any(|(refused, ..)| *refused == name) {
            assert!(read.unwrap().is_err(), "{name}");
            continue;
        }
        let document = read.unwrap().unwrap_or_else(|refused| panic!("{name}: {refused}"));
        assert_eq!(document.format, format(expected["format"].as_str().unwrap()), "{name}");
        assert_eq!(leaves(&document), expected_leaves(&expected), "{name}");
        let groups: Vec<Json> = document
            .metadata
            .groups
            .iter()
            .map(|group| group.iter().map(|one| serde_json::json!({ "type": one.kind, "id": one.identity })).collect())
            .collect();
        assert_eq!(Json::from(groups), groups_of(&name, &expected), "{name}");
        assert_eq!(document.metadata.threshold.unwrap_or(0), expected["threshold"].as_u64().unwrap() as u32, "{name}");
        assert_eq!(document.metadata.version.as_deref(), expected["version"].as_str(), "{name}");
        assert_eq!(document.metadata.last_modified.as_deref(), expected["lastmodified"].as_str(), "{name}");
        for recipient in document.metadata.recipients() {
            let place = &recipient.place;
            let written = &text.content()[place.start.byte as usize..place.end.byte as usize];
            // A long plain scalar is folded over lines.
            let written = written.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
            let written = written.trim_matches('"');

            assert!(recipient.identity.starts_with(written), "{name}: {written}");
        }
    }
}

/// expected.json names an AWS key by its arn alone; the identity that updatekeys compares has role,
/// context and profile too (reference: sops.md section 2), as typed into vector 42.
fn groups_of(name: &str, expected: &Json) -> Json {
    let mut groups = expected["groups"].clone();
    if name == "42-yaml-cloud-metadata" {
        let arn = groups[0][0]["id"].as_str().unwrap().to_owned();
        groups[0][0]["id"] = format!("{arn}+arn:aws:iam::111122223333:role/r|env:prod|prof").into();
    }
    groups
}

#[test]
fn what_sops_refuses_is_refused_with_reason_and_place() {
    let vectors = vectors();
    for (name, why, written) in REFUSED {
        let Vector { text, .. } = vectors.iter().find(|vector| vector.name == name).unwrap();
        let refused = sops::read(text).unwrap().unwrap_err();
        assert!(refused.why.contains(why), "{name}: {}", refused.why);
        let place = refused.place.start.byte as usize..;
        assert!(text.content()[place].starts_with(written), "{name}: {:?}", refused.place);
    }
}

/// The plaintext is at hand for the vectors, so the length that a seal tells can be checked.
#[test]
fn a_seal_tells_the_length_of_its_plaintext() {
    let mut checked = 0;
    for Vector { name, text, expected } in vectors() {
        let plain = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/vectors").join(&name).join("dec.json");
        let Some(Ok(document)) = sops::read(&text) else { continue };
        let Ok(plain) = fs::read(plain) else { continue };
        let plain: Json = serde_json::from_slice(&plain).unwrap();
        assert_eq!(expected["format"], "json");
        for (path, leaf, child) in document.reachable_leaves() {
            let Leaf::Sealed(seal) = leaf else { continue };
            let value = &plain[path.split('/').next().unwrap()];
            if let (Some(value), false) = (value.as_str(), path.contains('/')) {
                assert_eq!(seal.length, value.len(), "{name}: {}", child.key);
                checked += 1;
            }
        }
    }
    assert!(checked > 0);
}
