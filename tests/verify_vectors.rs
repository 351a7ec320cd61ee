//! Every file of fixtures/vectors opened with the identities that opened it for the real sops, and with those that
//! did not; what sops accepts is right here, and what it refuses is wrong in the same place.

use std::fs;
use std::path::PathBuf;

use sealnix::keys::private::{self, Form, Identity};
use sealnix::sops::data_key::{NoKey, Unwrapped, unwrap};
use sealnix::sops::decrypt::{Broken, DataKey};
use sealnix::sops::mac::{Examined, Mac, examine};
use sealnix::sops::{self, Document, SealedType};
use sealnix::source::Text;
use sealnix::yaml;
use serde_json::Value as Json;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/vectors")
}

/// The identities of these names, in the one form that sops used them in; none of `pgp`.
fn identities(names: &[&str]) -> Vec<Identity> {
    let read = |name: &&str| {
        let file = folder().join("identities").join(if name.starts_with("ssh_d") || !name.starts_with("ssh") {
            format!("{name}.agekey")
        } else {
            (*name).to_owned()
        });
        private::read(&file).unwrap_or_else(|error| panic!("{name}: {error}")).usable
    };
    let all = names.iter().filter(|name| **name != "pgp").flat_map(read);
    all.filter(|identity| identity.form != Form::Converted).collect()
}

struct Vector {
    name: String,
    expected: Json,
    document: Document,
}

impl Vector {
    /// Those that are read at all.
    fn all() -> Vec<Vector> {
        let mut folders: Vec<PathBuf> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
        folders.sort();
        let vectors = folders.into_iter().filter(|folder| folder.join("expected.json").exists()).filter_map(|folder| {
            let expected: Json = serde_json::from_slice(&fs::read(folder.join("expected.json")).unwrap()).unwrap();
            let file = expected["file"].as_str().unwrap();
            let text = Text::new(file.into(), fs::read_to_string(folder.join(file)).unwrap());
            let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
            Some(Vector { name, expected, document: sops::read(&text)?.ok()? })
        });
        let vectors: Vec<Vector> = vectors.collect();
        // Of 83 sops refuses six for their metadata: tests/vectors.rs.
        assert_eq!(vectors.len(), 77);
        vectors
    }

    fn named(name: &str) -> Vector {
        Vector::all().into_iter().find(|vector| vector.name == name).unwrap()
    }

    fn lists(&self, key: &str) -> Vec<Vec<String>> {
        serde_json::from_value(self.expected[key].clone()).unwrap_or_default()
    }

    fn unwrap(&self, names: &[&str]) -> Unwrapped {
        let identities = identities(names);
        unwrap(&self.document.metadata, &identities.iter().collect::<Vec<_>>())
    }

    fn key(&self, names: &[&str]) -> DataKey {
        self.unwrap(names).key.unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }

    fn examined(&self) -> Examined {
        let names = &self.lists("decrypts_with")[0];
        let key = self.key(&names.iter().map(String::as_str).collect::<Vec<_>>());
        examine(&self.document, &key, |_, _| {}).unwrap()
    }
}

#[test]
fn what_opened_for_sops_opens_and_nothing_else() {
    let (mut opened, mut closed) = (0, 0);
    for vector in Vector::all() {
        for names in vector.lists("decrypts_with").iter().filter(|names| !names.contains(&"pgp".to_owned())) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            vector.key(&names);
            opened += 1;
        }
        for names in vector.lists("does_not_decrypt_with") {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            assert!(vector.unwrap(&names).key.is_err(), "{}: {names:?}", vector.name);
            closed += 1;
        }
    }
    assert!(opened > 80 && closed > 20, "{opened} {closed}");
}

#[test]
fn what_sops_accepts_is_right_and_what_it_refuses_is_not() {
    for vector in Vector::all() {
        let examined = vector.examined();
        assert_eq!(Json::from(examined.is_right()), vector.expected["mac_ok"], "{}: {examined:?}", vector.name);
        // sops says 25 (and panics with 2) where a value does not open, 51 where only the MAC is wrong.
        let broken = matches!(vector.expected["sops_exit"].as_i64(), Some(25 | 2));
        assert_eq!(!examined.broken.is_empty(), broken, "{}: {examined:?}", vector.name);
    }
}

#[test]
fn every_broken_value_is_told_with_its_keys_and_why() {
    let broken = |name: &str| {
        let vector = Vector::named(name);
        let leaves = vector.examined().broken.into_iter();
        let told = leaves.map(|leaf| {
            let place = leaf.place.start.byte as usize..leaf.place.end.byte as usize;
            let written = vector.document.text.content()[place].to_owned();
            (leaf.path.join("/"), leaf.why, written.chars().take(4).collect::<String>())
        });
        told.collect::<Vec<_>>()
    };
    let one = |path: &str, why, written: &str| vec![(path.to_owned(), why, written.to_owned())];
    assert_eq!(broken("t01-edit-ciphertext"), one("a", Broken::Authentication, "ENC["));
    assert_eq!(broken("t02-value-replaced-by-plaintext"), one("a", Broken::NotSealed, "plai"));
    assert_eq!(broken("t03-encrypted-int-replaced-by-plain-int"), one("num", Broken::Clear("number"), "7"));
    assert_eq!(broken("t04-renamed-key"), one("z", Broken::Authentication, "ENC["));
    assert_eq!(broken("t05-swapped-values").len(), 2);
    assert_eq!(broken("t24-type-str-to-bool"), one("a", Broken::NotItsType, "ENC["));
    assert_eq!(broken("t25-type-unknown"), one("a", Broken::UnknownType, "ENC["));
    assert_eq!(broken("t27-unencrypted-suffix-changed"), one("c_unencrypted", Broken::NotSealed, "clea"));
    assert_eq!(broken("t32-ini-section-renamed").len(), 1);
}

#[test]
fn a_wrong_mac_is_told_from_one_that_does_not_open() {
    for (name, mac) in [
        ("t06-reordered-keys", Mac::Wrong),
        ("t09-edited-unencrypted-value", Mac::Wrong),
        ("t28-mac-only-encrypted-added", Mac::Wrong),
        ("t31-dotenv-deleted", Mac::Wrong),
        ("t15-lastmodified-changed", Mac::Unreadable(Broken::Authentication)),
        ("t18-mac-edited", Mac::Unreadable(Broken::Authentication)),
        ("t33-moe-unencrypted-edited", Mac::Right),
    ] {
        assert_eq!(Vector::named(name).examined().mac, mac, "{name}");
    }
}

#[test]
fn the_groups_that_open_are_told_and_who_opened_them() {
    let vector = Vector::named("12-yaml-shamir-2of3");
    let Unwrapped { groups, needed, key } = vector.unwrap(&["carol"]);
    assert_eq!(key.err(), Some(NoKey::Groups { opened: 1, needed: 2 }));
    assert_eq!(needed, 2);
    assert_eq!(groups.iter().map(|group| group.opened).collect::<Vec<_>>(), [None, None, Some((0, 0))]);
    let groups = vector.unwrap(&["alice", "bob"]).groups;
    assert_eq!(groups.iter().map(|group| group.opened).collect::<Vec<_>>(), [Some((0, 0)), Some((0, 1)), None]);
}

/// What was opened is what the real sops printed, as far as the text of a scalar is one in YAML: its texts, whole
/// numbers and booleans.
#[test]
fn the_values_are_those_that_sops_decrypts() {
    let mut compared = 0;
    for vector in Vector::all() {
        let file = vector.expected["file"].as_str().unwrap().replace("enc.", "dec.");
        let Ok(decrypted) = fs::read_to_string(folder().join(&vector.name).join(&file)) else { continue };
        if !file.ends_with("yaml") && !file.ends_with("json") || vector.name.starts_with("06") {
            continue;
        }
        let names = &vector.lists("decrypts_with")[0];
        let key = vector.key(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let mut opened = Vec::new();
        examine(&vector.document, &key, |_, plain| {
            if matches!(plain.sealed_type, SealedType::Str | SealedType::Int | SealedType::Bool) {
                opened.push(String::from_utf8(plain.bytes.to_vec()).unwrap());
            }
        })
        .unwrap();
        let text = Text::new(file.as_str().into(), decrypted);
        let mut all: Vec<String> = Vec::new();
        let yaml = yaml::parse(&text).unwrap();
        let mut pending: Vec<&yaml::Node> = yaml.documents.iter().rev().collect();
        while let Some(node) = pending.pop() {
            pending.extend(node.items().iter().rev());
            pending.extend(node.entries().iter().rev().map(|entry| &entry.value));
            if let Some(scalar) = node.scalar() {
                all.push(match scalar.kind {
                    yaml::Kind::Bool => scalar.text.replace('t', "T").replace("fa", "Fa"),
                    _ => scalar.text.to_string(),
                });
            }
        }
        let mut rest = all.iter();
        for value in opened.iter().filter(|value| !value.is_empty()) {
            assert!(rest.any(|written| written == value), "{}", vector.name);
            compared += 1;
        }
    }
    assert!(compared > 100, "{compared}");
}
