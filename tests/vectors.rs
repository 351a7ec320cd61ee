//! Every file of fixtures/vectors (made by the real sops, see its README) read as sops reads it:
//! keys, types, recipients, groups, threshold; and what sops refuses is refused.

use std::fs;
use std::path::{Path, PathBuf};

use sealnix::sops::{self, Document, Format, Leaf, Node, Seal, SealedType, Value, Visited};
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
        Leaf::Sealed(Seal { sealed_type, .. }) | Leaf::ClearOther(sealed_type) => match sealed_type {
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
        Leaf::Null => "null",
    }
}

/// The expected leaves, with the sealed types that sops does not know made one, which a [`Leaf`] does not tell apart.
fn expected_leaves(expected: &Json) -> Vec<Json> {
    let mut rows = expected["keys"].as_array().unwrap().clone();
    for row in &mut rows {
        let known = ["str", "int", "float", "bool", "bytes", "time", "comment"];
        let (name, sealed) = (row[1].as_str().unwrap(), row[2].as_bool().unwrap());
        if sealed && !known.contains(&name) {
            row[1] = "other".into();
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

/// What a vector's metadata says of its values: the crypt rule, and what the MAC covers.
#[test]
fn every_crypt_rule_is_read() {
    for Vector { name, text, expected } in vectors() {
        let Some(Ok(document)) = sops::read(&text) else { continue };
        let rules = expected["rules"].as_object().unwrap();
        let mut options = rules.iter().filter(|(option, _)| *option != "mac_only_encrypted");
        let option = options.next().map(|(option, text)| (option.as_str(), text.as_str().unwrap()));
        // A file without a rule has sops' own.
        let option = option.unwrap_or(("unencrypted_suffix", "_unencrypted"));
        assert_eq!(document.metadata.crypt.option(), option, "{name}");
        assert!(options.next().is_none(), "{name}");
        let mac_only_encrypted = rules.get("mac_only_encrypted").is_some_and(|value| value.as_bool().unwrap());
        assert_eq!(document.metadata.mac_only_encrypted, mac_only_encrypted, "{name}");
        assert!(document.metadata.mac.starts_with("ENC["), "{name}");
    }
}

/// Each recipient holds the data key in the form of its kind.
#[test]
fn every_recipient_has_its_sealed_data_key() {
    for Vector { name, text, .. } in vectors() {
        let Some(Ok(document)) = sops::read(&text) else { continue };
        for recipient in document.metadata.recipients() {
            let lines: Vec<&str> = recipient.enc.trim().lines().collect();
            let ends = match recipient.kind {
                "age" => ["-----BEGIN AGE ENCRYPTED FILE-----", "-----END AGE ENCRYPTED FILE-----"],
                "pgp" => ["-----BEGIN PGP MESSAGE-----", "-----END PGP MESSAGE-----"],
                _ => continue,
            };
            assert_eq!([lines[0], lines[lines.len() - 1]], ends, "{name}");
        }
    }
}

/// A value with the keys that lead to it and the length of its plaintext. Comments too.
type Length = (String, usize);

/// Every value of a file, in the order of sops; of a sealed one the length that its seal tells.
fn lengths(text: &Text, format: Format) -> Vec<Length> {
    let mut lengths = Vec::new();
    let sealed = |text: &str| Seal::parse(text).map(|seal| seal.length);
    sops::walk(text, format, &sops::CryptRule::default(), |visit| {
        let length = match visit.value {
            Visited::Sealed(text) | Visited::Text(text) | Visited::Comment(text) => sealed(text).unwrap_or(text.len()),
            Visited::Time(text) => text.len(),
            // `True`, `False`.
            Visited::Bool(text) => text.len(),
            // In decimal, and floats without an exponent (reference: sops.md section 3).
            Visited::Int(text) | Visited::Float(text) => match text.replace('_', "").split_at_checked(2) {
                Some(("0x", digits)) => i64::from_str_radix(digits, 16).unwrap().to_string().len(),
                Some(("0o", digits)) => i64::from_str_radix(digits, 8).unwrap().to_string().len(),
                _ if text.parse::<i64>().is_ok() => text.len(),
                _ => text.parse::<f64>().unwrap().to_string().len(),
            },
        };
        lengths.push((visit.path.join(":"), length));
    })
    .unwrap();
    lengths
}

/// What `sops -d` printed, in a form that can be walked: dotenv and ini need metadata.
fn decrypted(name: &str, sealed: &Text, format: Format) -> Option<Text> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/vectors").join(name);
    let extension = sealed.path().rsplit('.').next().unwrap();
    let plain = fs::read(folder.join(format!("dec.{extension}"))).ok()?;
    let metadata = match format {
        Format::Dotenv => sealed.content().find("sops_").unwrap()..,
        Format::Ini => sealed.content().find("[sops]").unwrap()..,
        Format::Yaml | Format::Json | Format::Binary => sealed.content().len()..,
    };
    let plain = String::from_utf8(plain).ok()? + "\n" + &sealed.content()[metadata];
    Some(Text::new(sealed.path().clone(), plain))
}

/// The length that a seal tells is that of the plaintext which the real sops gave back.
#[test]
fn every_seal_tells_the_length_of_its_plaintext() {
    let mut checked = 0;
    for Vector { name, text, .. } in vectors() {
        let Some(Ok(document)) = sops::read(&text) else { continue };
        let sealed = lengths(&text, document.format);
        if document.format == Format::Binary {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/vectors").join(&name);
            assert_eq!(sealed, [("data".to_owned(), fs::read(folder.join("dec.bin")).unwrap().len())], "{name}");
        } else if let Some(plain) = decrypted(&name, &text, document.format) {
            assert_eq!(sealed, lengths(&plain, document.format), "{name}");
            checked += sealed.len();
        } else {
            // Sops opens none of these; what was sealed is left of the plaintext, whatever was moved.
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/vectors").join(&name);
            let Ok(plain) = fs::read_to_string(folder.join("plain.yaml")) else { continue };
            let mut plain = lengths(&Text::new("plain.yaml".into(), plain), Format::Yaml);
            for (path, leaf, _) in document.reachable_leaves() {
                let Leaf::Sealed(seal) = leaf else { continue };
                let at = plain.iter().position(|(_, length)| *length == seal.length);
                plain.swap_remove(at.unwrap_or_else(|| panic!("{name}: {path}")));
            }
        }
    }
    assert!(checked > 300, "{checked}");
}
