//! The leaf tree that every format is read into.

use std::collections::BTreeSet;

use crate::source::{Place, RepoPath, Text};

use super::metadata::Metadata;
use super::seal::{Seal, SealedType};

/// The form a sops file is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// `.yaml`, `.yml`.
    Yaml,
    /// `.json`.
    Json,
    /// `.env`.
    Dotenv,
    /// `.ini`.
    Ini,
    /// Anything else: one value `data` in JSON.
    Binary,
}

impl Format {
    /// The form that sops-nix knows by a word, in a secret's `format`.
    pub fn named(word: &str) -> Option<Format> {
        Some(match word {
            "yaml" => Format::Yaml,
            "json" => Format::Json,
            "dotenv" => Format::Dotenv,
            "ini" => Format::Ini,
            "binary" => Format::Binary,
            _ => return None,
        })
    }

    /// The word for it, in a secret's `format` and for `sops --input-type` alike.
    pub fn word(self) -> &'static str {
        match self {
            Format::Yaml => "yaml",
            Format::Json => "json",
            Format::Dotenv => "dotenv",
            Format::Ini => "ini",
            Format::Binary => "binary",
        }
    }

    /// The form that sops takes a file to have: by the end of its name alone, case-sensitive, never
    /// by its content. `.env` itself is dotenv; `secrets.yaml.enc` is binary.
    pub fn of(path: &str) -> Format {
        const ENDS: [(&str, Format); 5] = [
            (".yaml", Format::Yaml),
            (".yml", Format::Yaml),
            (".json", Format::Json),
            (".env", Format::Dotenv),
            (".ini", Format::Ini),
        ];
        ENDS.iter().find(|(end, _)| path.ends_with(end)).map_or(Format::Binary, |&(_, format)| format)
    }
}

/// One sops file.
#[derive(Debug, Clone)]
pub struct Document {
    /// Its path.
    pub path: RepoPath,
    /// The file as it is: what sops seals is sealed there.
    pub text: Text,
    /// The form it was read as.
    pub format: Format,
    /// The data of each YAML document without `sops`; other formats have exactly one.
    pub parts: Vec<Node>,
    /// Who can open it. That of the first YAML document, as sops reads it.
    pub metadata: Metadata,
}

/// A value with its place.
#[derive(Debug, Clone)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// Where its value stands.
    pub place: Place,
}

/// What a node holds.
#[derive(Debug, Clone)]
pub enum Value {
    /// A map, in file order; duplicates kept.
    Map(Vec<Child>),
    /// A list, comment items left out as sops leaves them out.
    List(Vec<Node>),
    /// A scalar.
    Leaf(Leaf),
}

/// One entry of a map.
#[derive(Debug, Clone)]
pub struct Child {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub key_place: Place,
    /// Its value.
    pub node: Node,
}

/// A scalar: sealed, or what kind of clear value. Never its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaf {
    /// `ENC[…]`.
    Sealed(Seal),
    /// A clear text, of this many bytes; 0 is the empty string, which sops never seals.
    ClearText {
        /// Its length in bytes.
        length: usize,
    },
    /// A clear number, boolean or date, by the type that sops would seal it as.
    ClearOther(SealedType),
    /// Null.
    Null,
}

/// What lies at a key path.
#[derive(Debug, Clone, Copy)]
pub enum Found<'a> {
    /// A scalar.
    Leaf {
        /// What it is.
        leaf: Leaf,
        /// The entry that holds it.
        child: &'a Child,
    },
    /// A map where a value is needed.
    Map(&'a Child),
    /// A list where a value is needed, or on the way to it.
    List(&'a Child),
    /// A scalar on the way.
    ThroughLeaf(&'a Child),
    /// Not in the first document, but in a later one, which sops-nix does not read.
    OnlyInLaterDocument(&'a Child),
    /// Nowhere.
    Missing,
}

impl Document {
    /// Looks a key up as sops-nix does in a file of its own format: split at `/`, every step a map
    /// of string keys, the last a leaf; no escaping, no list index; of duplicates the last; `<<` is
    /// merged in YAML (reference: sops-nix, `recurseSecretKey` in sops-install-secrets, and
    /// `isMerge` of the YAML library it reads with).
    pub fn find(&self, key: &str) -> Found<'_> {
        let mut parts = self.parts.iter();
        let Some(first) = parts.next() else { return Found::Missing };
        match self.find_in(first, key) {
            Found::Missing => {}
            found => return found,
        }
        for later in parts {
            if let Found::Leaf { child, .. } | Found::Map(child) | Found::List(child) = self.find_in(later, key) {
                return Found::OnlyInLaterDocument(child);
            }
        }
        Found::Missing
    }

    /// Every leaf of the first document that sops-nix can reach, by its `/` path, in file order.
    pub fn reachable_leaves(&self) -> Vec<(String, Leaf, &Child)> {
        let mut leaves = Vec::new();
        // An explicit stack: the depth comes from the file.
        let mut pending: Vec<(Option<String>, &Node)> =
            self.parts.first().map(|node| (None, node)).into_iter().collect();
        while let Some((prefix, node)) = pending.pop() {
            let mut seen = BTreeSet::new();
            for child in self.children(node).into_iter().rev() {
                if child.key.contains('/') || !seen.insert(&child.key) {
                    continue;
                }
                let path = match &prefix {
                    Some(prefix) => format!("{prefix}/{}", child.key),
                    None => child.key.clone(),
                };
                match &child.node.value {
                    // The empty key asks for the whole file.
                    Value::Leaf(leaf) if !path.is_empty() => leaves.push((path, *leaf, child)),
                    Value::Map(_) => pending.push((Some(path), &child.node)),
                    _ => {}
                }
            }
        }
        leaves.sort_by_key(|(_, _, child)| child.key_place.start.byte);
        leaves
    }

    fn find_in<'a>(&self, root: &'a Node, key: &str) -> Found<'a> {
        let mut node = root;
        let mut last: Option<&Child> = None;
        for step in key.split('/') {
            match &node.value {
                Value::Map(_) => {}
                Value::List(_) => return last.map_or(Found::Missing, Found::List),
                Value::Leaf(_) => return last.map_or(Found::Missing, Found::ThroughLeaf),
            }
            let Some(child) = self.children(node).into_iter().rfind(|child| child.key == step) else {
                return Found::Missing;
            };
            last = Some(child);
            node = &child.node;
        }
        let Some(child) = last else { return Found::Missing };
        match &child.node.value {
            Value::Leaf(leaf) => Found::Leaf { leaf: *leaf, child },
            Value::Map(_) => Found::Map(child),
            Value::List(_) => Found::List(child),
        }
    }

    /// The entries of a map in the order in which sops-nix sets them, the last of a name winning.
    pub fn children<'a>(&self, map: &'a Node) -> Vec<&'a Child> {
        let Value::Map(children) = &map.value else { return Vec::new() };
        let mut all = Vec::with_capacity(children.len());
        for child in children {
            match &child.node.value {
                Value::Map(_) if self.merges(child) => all.extend(self.children(&child.node)),
                // Of several merged maps the first wins.
                Value::List(maps) if self.merges(child) => {
                    all.extend(maps.iter().rev().flat_map(|map| self.children(map)));
                }
                _ => all.push(child),
            }
        }
        all
    }

    fn merges(&self, child: &Child) -> bool {
        self.format == Format::Yaml && child.key == "<<"
    }
}
