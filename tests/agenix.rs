//! Rules files of agenix and ragenix: the entries are those that Nix gives, with places; names and
//! lists of keys; and what the age files beside them say. `fixtures/agenix/*/expected.json` is what
//! `nix-instantiate --eval --strict --json` of Nix 2.8 prints of each rules file.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sealnix::agenix::{Agenix, Entry, RulesFile};
use sealnix::keys::age_file::{Fit, compare};
use sealnix::manifest::Certainty;
use sealnix::nixos;
use sealnix::source::{RepoPath, Text, Tree};
use sealnix::vault::{AgeFile, Vault};
use serde_json::Value;

use crate::support::installed_nix::Store;

/// Set to write what Nix gives instead of comparing it.
const RECORD: &str = "SEALNIX_TEST_RECORD";

/// The repositories, and the rules file of each.
const FIXTURES: [(&str, &str); 4] = [
    ("literal", "secrets.nix"),
    ("keys", "secrets/secrets.nix"),
    ("generated", "secrets/secrets.nix"),
    ("ragenix", "secrets/age-rules.nix"),
];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/agenix").join(name)
}

/// A fixture's tree without the git repository around it.
fn tree(name: &str) -> Tree {
    let mut tree = Tree::walk(&folder(name)).unwrap();
    tree.sees_untracked = true;
    tree
}

fn rules(tree: &Tree, chosen: &[&str]) -> Agenix {
    let chosen: Vec<RepoPath> = chosen.iter().map(|path| RepoPath::from(*path)).collect();
    Agenix::read(tree, &nixos::program(tree), &chosen).unwrap()
}

fn read(name: &str, rules_file: &str) -> (Tree, RulesFile) {
    let tree = tree(name);
    let mut agenix = rules(&tree, &[rules_file]);
    assert_eq!(agenix.files.len(), 1);
    (tree, agenix.files.remove(0))
}

/// A repository of these files.
fn written(files: &[(&str, &str)]) -> Tree {
    let mut tree = Tree { sees_untracked: true, ..Tree::default() };
    for (path, text) in files {
        let entry = sealnix::source::Entry { tracked: true, size: text.len() as u64 };
        tree.files.insert((*path).into(), entry);
        tree.texts.insert((*path).into(), Text::new((*path).into(), *text));
    }
    tree
}

fn entry<'r>(rules: &'r RulesFile, name: &str) -> &'r Entry {
    rules.entries.iter().find(|entry| entry.name == name).unwrap()
}

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGm3cHthucevKCGK1ECgAGKXMpHCK652YUhXjQkOEtbb";

#[test]
fn every_entry_is_what_nix_says() {
    let store = Store::new();
    for (name, rules_file) in FIXTURES {
        let expected = folder(name).join("expected.json");
        if let Some(store) = &store {
            let made = store.evaluate(&format!("import ./fixtures/agenix/{name}/{rules_file}"));
            if std::env::var_os(RECORD).is_some() {
                fs::write(&expected, serde_json::to_string_pretty(&made).unwrap() + "\n").unwrap();
            }
            let recorded: Value = serde_json::from_str(&fs::read_to_string(&expected).unwrap()).unwrap();
            assert_eq!(made, recorded, "{name}; with {RECORD}=1 it is written anew");
        }
        let expected: BTreeMap<String, Value> = serde_json::from_str(&fs::read_to_string(&expected).unwrap()).unwrap();
        let (_, rules) = read(name, rules_file);
        assert_eq!(rules.open, None);
        let names: Vec<&str> = rules.entries.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, expected.keys().map(String::as_str).collect::<Vec<_>>());
        for found in &rules.entries {
            let said = &expected[&found.name];
            // agenix reads what `jq` prints line by line, and leaves empty lines out.
            let keys = said["publicKeys"].as_array().unwrap().iter().flat_map(|key| key.as_str().unwrap().lines());
            let keys: Vec<&str> = keys.filter(|line| !line.is_empty()).collect();
            let texts: Vec<&str> = found.public_keys.iter().map(|key| key.text.as_str()).collect();
            assert_eq!(texts, keys, "{name}: {}", found.name);
            assert!(found.is_complete() && found.public_keys.iter().all(|key| key.recipient.is_ok()));
            assert_eq!(found.armor, Some(said["armor"].as_bool().unwrap_or(false)));
            assert!(found.place.is_some(), "{name}: {}", found.name);
        }
    }
}

#[test]
fn places_are_where_a_person_wrote_it() {
    let (_, rules) = read("literal", "secrets.nix");
    let line = |place: &Option<sealnix::source::Place>| place.as_ref().map(|place| place.start.line);
    let wifi = entry(&rules, "wifi.age");
    assert_eq!(line(&wifi.place), Some(17));
    // Each key is in the literal that a name is bound to.
    let keys: Vec<_> = wifi.public_keys.iter().map(|key| line(&key.place)).collect();
    assert_eq!(keys, [Some(2), Some(3), Some(9), Some(10)]);
    // A key that is read from a file stands there, and the list where it is used is named.
    let (_, rules) = read("keys", "secrets/secrets.nix");
    let team = entry(&rules, "team.age");
    assert_eq!(team.public_keys.len(), 2);
    assert_eq!(line(&team.public_keys[0].place), Some(10));
}

#[test]
fn names_lead_to_files_from_the_folder_of_the_rules() {
    let (_, rules) = read("keys", "secrets/secrets.nix");
    assert_eq!(&*entry(&rules, "atlas.age").file, "secrets/atlas.age");
    assert_eq!(&*entry(&rules, "../elsewhere.age").file, "elsewhere.age");
    let absolute = format!("{{ \"/etc/x.age\".publicKeys = [ \"{KEY}\" ]; \"./y.age\".publicKeys = [ ]; }}");
    let agenix = rules_of(&absolute);
    let files: Vec<&str> = agenix.entries().map(|(_, entry)| &*entry.file).collect();
    assert_eq!(files, ["y.age", "/etc/x.age"]);
}

fn rules_of(text: &str) -> Agenix {
    rules(&written(&[("secrets.nix", text)]), &[])
}

#[test]
fn what_keys_are_called_is_told() {
    let (_, rules) = read("keys", "secrets/secrets.nix");
    let names: Vec<String> = rules
        .names
        .iter()
        .map(|named| {
            format!("{}:{} {}/{}", named.place.path, named.place.start.line, named.within.join("/"), named.name)
        })
        .collect();
    assert_eq!(
        names,
        ["keys.nix:3 users/alice", "keys.nix:4 users/carol", "keys.nix:7 systems/atlas", "keys.nix:8 systems/borealis",]
    );
    let carol = rules.names.iter().find(|named| named.name == "carol").unwrap();
    assert!(carol.recipient.canonical().starts_with("ssh-rsa "));
    let groups: Vec<_> = rules.groups.iter().map(|group| (group.name.as_str(), group.recipients.len())).collect();
    assert_eq!(groups, [("admins", 2), ("all", 4)]);

    let (_, rules) = read("literal", "secrets.nix");
    let names: Vec<&str> = rules.names.iter().map(|named| named.name.as_str()).collect();
    assert_eq!(names, ["alice", "backup", "atlas", "borealis"]);
    let (_, rules) = read("generated", "secrets/secrets.nix");
    let names: Vec<_> = rules.names.iter().map(|named| (named.within.join("/"), named.name.as_str())).collect();
    let hosts = || "hosts".to_owned();
    assert_eq!(names, [(hosts(), "atlas"), (hosts(), "borealis"), (String::new(), "admin")]);
}

#[test]
fn every_secrets_nix_that_has_the_shape_of_one_is_found() {
    let module = "{ config, ... }: { age.secrets.x.file = ./x.age; }";
    let keys = "{ alice = \"none\"; }";
    let good = &format!("{{ \"x.age\".publicKeys = [ \"{KEY}\" ]; }}");
    let tree = written(&[
        ("hosts/secrets.nix", module),
        ("keys/secrets.nix", keys),
        ("a/secrets.nix", good),
        ("b/secrets.nix", good),
        ("other.nix", good),
        ("broken/secrets.nix", "{ \"x.age\".publicKeys = [ \"a\" "),
    ]);
    let agenix = rules(&tree, &[]);
    let files: Vec<_> = agenix.files.iter().map(|file| (&*file.path, file.open.is_some())).collect();
    assert_eq!(files, [("a/secrets.nix", false), ("b/secrets.nix", false), ("broken/secrets.nix", true)]);
    assert_eq!(agenix.entries_of("b/x.age").count(), 1);
    // What somebody names is looked at, whatever it is called; one that is none says why.
    let agenix = rules(&tree, &["other.nix", "hosts/secrets.nix", "gone.nix"]);
    let whys: Vec<_> = agenix.files.iter().map(|file| file.open.as_ref().map(|gap| gap.why.as_str())).collect();
    assert_eq!(whys, [None, Some("its value is a function, not a set of files"), Some("it is not in the repository")]);
}

#[test]
fn what_cannot_be_known_is_unknown_with_the_reason() {
    let agenix = rules_of(&format!(
        "let keys = builtins.fetchurl \"https://example.org/keys\"; alice = \"{KEY}\"; in {{
           \"a.age\".publicKeys = [ alice (builtins.readFile keys) ];
           \"b.age\".publicKeys = [ alice ];
           \"c.age\".publicKeys = [ alice bob ];
           \"d.age\" = {{ }};
           \"e.age\".publicKeys = [ \"age1nonsense\" ];
         }} // builtins.fromJSON (builtins.readFile keys)"
    ));
    let file = &agenix.files[0];
    assert!(file.open.as_ref().unwrap().why.contains("fetchurl"));
    let why = |name: &str| entry(file, name).open.as_ref().map(|gap| gap.why.clone());
    assert!(why("a.age").unwrap().contains("fetchurl"));
    assert_eq!(entry(file, "a.age").public_keys.len(), 1);
    assert_eq!(why("b.age"), None);
    // What the unknown set may hold goes over it.
    assert!(matches!(entry(file, "b.age").certainty, Certainty::Assumed(_)));
    assert!(why("c.age").unwrap().contains("undefined variable 'bob'"));
    assert!(why("d.age").unwrap().contains("it has no `publicKeys`"));
    assert_eq!(entry(file, "e.age").recipients(), []);
    assert!(entry(file, "e.age").public_keys[0].recipient.is_err());
}

#[test]
fn the_lib_of_nixpkgs_is_there_without_a_flake() {
    let agenix = rules_of(&format!(
        "let inherit ((import <nixpkgs> {{ }}).lib) genAttrs; lib = import <nixpkgs/lib>; key = \"{KEY}\"; in
         genAttrs [ \"a.age\" \"b.age\" ] (_: {{ publicKeys = lib.flatten [ [ key ] ]; }})"
    ));
    let names: Vec<&str> = agenix.entries().map(|(_, entry)| entry.name.as_str()).collect();
    assert_eq!(names, ["a.age", "b.age"]);
    assert!(agenix.entries().all(|(_, entry)| entry.is_complete() && entry.public_keys.len() == 1));
}

#[test]
fn a_rules_file_that_never_ends_is_cut_short() {
    let agenix = rules_of("let f = n: f (n + 1); in { \"x.age\".publicKeys = f 0; \"y.age\".publicKeys = [ ]; }");
    assert!(entry(&agenix.files[0], "x.age").open.as_ref().unwrap().why.contains("limit"));
}

/// The files of `literal/` were made by age for the recipients of the first version of its rules.
#[test]
fn the_files_are_compared_with_their_entries() {
    let (tree, rules) = read("literal", "secrets.nix");
    let vault = Vault::read(&tree);
    let fit = |name: &str| -> Fit {
        let entry = entry(&rules, name);
        compare(vault.age[&entry.file].header().unwrap(), &entry.recipients())
    };
    for name in ["wifi.age", "db/password.age", "borealis-only.age"] {
        assert!(!fit(name).is_drifted(), "{name}");
    }
    // The rules name borealis, and the file is still sealed for atlas.
    let drifted = fit("drifted.age");
    assert_eq!((drifted.without_stanza, drifted.stale), (vec![1], vec![1]));
    assert!(vault.age["db/password.age"].header().unwrap().armored);
    assert!(!vault.age.contains_key("missing.age"));
    assert!(vault.age.contains_key("unruled.age"));
    let AgeFile::Unread { why, place, is_age: false } = &vault.age["broken.age"] else { panic!("it is no age file") };
    assert!(why.contains("does not start with"), "{why}");
    assert_eq!((&*place.path, place.start.line), ("broken.age", 1));

    // ragenix writes armor, and noise between the stanzas.
    let (tree, rules) = read("ragenix", "secrets/age-rules.nix");
    let vault = Vault::read(&tree);
    let entry = &rules.entries[0];
    let header = vault.age[&entry.file].header().unwrap();
    assert!(header.armored && header.stanzas.iter().any(sealnix::keys::age_file::Stanza::is_grease));
    assert!(!compare(header, &entry.recipients()).is_drifted());
}

#[test]
fn a_file_of_any_name_is_read_where_something_names_it() {
    let tree = tree("generated");
    let mut vault = Vault::read(&tree);
    assert_eq!(vault.age.len(), 5);
    vault.add_age_files(&tree, [&RepoPath::from("secrets/db/README"), &RepoPath::from("gone")]);
    assert_eq!(vault.age.len(), 6);
    assert!(vault.age["secrets/db/README"].header().is_none());
}
