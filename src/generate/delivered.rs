//! What of a sops file sops-nix can deliver, key by key, and what it cannot.

use std::collections::BTreeSet;

use thiserror::Error;

use crate::sops::{Child, Document, Format, Leaf, Node, SealedType, Value};

/// A key of a YAML or JSON file.
#[derive(Debug, Clone)]
pub struct Key<'d> {
    /// Its path as a secret's `key` names it, the steps joined by `/`; of one that cannot be named, as it
    /// would read.
    pub path: String,
    /// The value that is delivered, or why none is.
    pub value: Result<Leaf, LeftOut>,
    /// Where it stands.
    pub child: &'d Child,
}

/// Why sops-nix does not deliver a key, or why it had better not. Reads after the key: "`port` is left out: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum LeftOut {
    /// A number or boolean (reference: value-not-a-string).
    #[error("it is sealed as {0}, and sops-nix delivers only text")]
    NotText(&'static str),
    /// A type that sops does not open.
    #[error("it is sealed as a type that sops does not open")]
    UnknownType,
    /// Not sealed: a crypt rule leaves it in clear.
    #[error("it is not encrypted, so everyone can read it in the Nix store")]
    Clear,
    /// A list.
    #[error("it is a list, and sops-nix delivers only text")]
    List,
    /// A map without keys.
    #[error("it is empty")]
    EmptyMap,
    /// Null.
    #[error("it is null, and sops-nix delivers only text")]
    Null,
    /// A `/` in the key itself.
    #[error("its name holds a `/`, at which sops-nix splits")]
    Slash,
    /// No name that a file, or Nix, can have.
    #[error("no file can have such a name, as its secret would")]
    NoName,
    /// A name that is not found in the text, where a module looks for it at evaluation.
    #[error("its name is too long or odd for Nix to find it in the file")]
    OddName,
    /// The name of the folder that the host's templates are in (reference: sops.md, trap 27).
    #[error(
        "sops-nix puts templates into a folder of that name; a plain module with `--prefix` gives the secret another"
    )]
    Rendered,
    /// A dotenv file with a key that the build's reader refuses (reference: sops.md, trap 34).
    #[error("one of its keys holds a `/`, and the reader that the build checks it with refuses that")]
    SlashInDotenv,
    /// In another YAML document than the first.
    #[error("it is in a later YAML document, and sops-nix reads only the first")]
    LaterDocument,
}

/// Whether sops-nix delivers files of this format whole, whatever keys they have.
pub fn is_whole(format: Format) -> bool {
    match format {
        Format::Yaml | Format::Json => false,
        Format::Dotenv | Format::Ini | Format::Binary => true,
    }
}

/// Every key of a YAML or JSON file, in file order. What cannot be delivered as a whole (a list, a key that
/// holds `/`) is one entry, not one for each key below it. Of duplicates the last counts.
pub fn keys(document: &Document) -> Vec<Key<'_>> {
    let mut seen = BTreeSet::new();
    let mut all = Vec::new();
    for (index, part) in document.parts.iter().enumerate() {
        let mut keys = keys_of(document, part);
        if index > 0 {
            keys.retain(|key| !seen.contains(&key.path));
            keys.iter_mut().for_each(|key| key.value = Err(LeftOut::LaterDocument));
        }
        seen.extend(keys.iter().map(|key| key.path.clone()));
        all.extend(keys);
    }
    all
}

fn keys_of<'d>(document: &Document, part: &'d Node) -> Vec<Key<'d>> {
    let mut keys = Vec::new();
    // An explicit stack: the depth comes from the file.
    let mut pending: Vec<(Option<String>, &Node)> = vec![(None, part)];
    while let Some((above, node)) = pending.pop() {
        let mut seen = BTreeSet::new();
        for child in document.children(node).into_iter().rev() {
            if !seen.insert(&child.key) {
                continue;
            }
            let path = above.as_ref().map_or_else(|| child.key.clone(), |above| format!("{above}/{}", child.key));
            let value = match (&child.node.value, name(&child.key)) {
                (_, Err(why)) => Err(why),
                (Value::Map(entries), Ok(())) if !entries.is_empty() => {
                    pending.push((Some(path), &child.node));
                    continue;
                }
                (Value::Map(_), Ok(())) => Err(LeftOut::EmptyMap),
                (Value::List(_), Ok(())) => Err(LeftOut::List),
                (Value::Leaf(leaf), Ok(())) => delivered(*leaf, document.format),
            };
            keys.push(Key { path, value, child });
        }
    }
    keys.sort_by_key(|key| key.child.key_place.start.byte);
    keys
}

/// Whether a secret can be named after a key and found by it.
fn name(key: &str) -> Result<(), LeftOut> {
    match key {
        _ if key.contains('/') => Err(LeftOut::Slash),
        "" | "." | ".." => Err(LeftOut::NoName),
        _ if key.contains('\0') => Err(LeftOut::NoName),
        _ => Ok(()),
    }
}

fn delivered(leaf: Leaf, format: Format) -> Result<Leaf, LeftOut> {
    match leaf {
        Leaf::Sealed(seal) => match seal.sealed_type.not_text(format) {
            Some(what) => Err(LeftOut::NotText(what)),
            None if matches!(seal.sealed_type, SealedType::Str | SealedType::Time) => Ok(leaf),
            None => Err(LeftOut::UnknownType),
        },
        // sops never seals the empty text.
        Leaf::ClearText { length: 0 } => Ok(leaf),
        Leaf::ClearText { .. } | Leaf::ClearOther(_) => Err(LeftOut::Clear),
        Leaf::Null => Err(LeftOut::Null),
    }
}
