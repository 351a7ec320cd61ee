//! What sops refuses of a file that it could read, once it is to be decrypted.

use std::collections::HashSet;

use super::document::{Document, Format, Leaf, Value};
use super::read::Refused;
use super::seal::SealedType;
use crate::yaml;

/// The fields of the metadata that hold maps, those inside them too.
const MAPS: [&str; 9] = ["age", "azure_kv", "context", "gcp_kms", "hc_vault", "hckms", "key_groups", "kms", "pgp"];

impl Document {
    /// What sops refuses only once it decrypts the file, which its metadata alone does not show.
    pub fn undecryptable(&self) -> Option<Refused> {
        match self.format {
            Format::Yaml => self.named_twice(),
            Format::Binary => self.without_data(),
            Format::Json | Format::Dotenv | Format::Ini => None,
        }
    }

    /// A binary file is what is at the first `data`, if it is text (source: `EmitPlainFile` in stores/json/store.go).
    fn without_data(&self) -> Option<Refused> {
        let Value::Map(children) = &self.parts.first()?.value else { return None };
        let data = children.iter().find(|child| child.key == "data");
        let rule = &self.metadata.crypt;
        let seals = rule.seals(rule.marks_key("data"));
        let is_text = data.is_some_and(|child| match &child.node.value {
            Value::Leaf(Leaf::Sealed(seal)) => !seals || seal.sealed_type == SealedType::Str,
            Value::Leaf(Leaf::ClearText { .. }) => true,
            _ => false,
        });
        let place = data.map_or_else(|| self.text.place(0..0), |child| child.key_place.clone());
        let why = "has no text `data`, without which sops writes no binary file";
        (!is_text).then(|| Refused::new(why, place))
    }

    /// The first key that a YAML file names twice and sops does not let it: in the metadata, but for what lies in
    /// fields that sops does not know; and of documents behind the first the metadata itself, for sops takes only one
    /// away. In values a key may stand twice (source: `LoadEncryptedFile` and `LoadPlainFile` in stores/yaml/store.go
    /// of getsops/sops; go-yaml v3, `uniqueKeys` in decode.go; tried with 3.11).
    fn named_twice(&self) -> Option<Refused> {
        let yaml = yaml::parse(&self.text).ok()?;
        let (first, others) = yaml.documents.split_first()?;
        let metadata = yaml.resolve(first).entries().iter().filter(|entry| is_named(entry, &["sops"]));
        let mut pending: Vec<&yaml::Node> = metadata.map(|entry| yaml.resolve(&entry.value)).collect();
        // Aliases lead to the same node again and again.
        let mut seen = HashSet::new();
        while let Some(node) = pending.pop().map(|node| yaml.resolve(node)) {
            if !seen.insert(node.span.start) {
                continue;
            }
            if let Some(entry) = twice(node, |_| true) {
                return Some(self.refused(entry));
            }
            pending.extend(node.items());
            pending.extend(node.entries().iter().filter(|entry| is_named(entry, &MAPS)).map(|entry| &entry.value));
        }
        others.iter().find_map(|document| twice(document, |key| key == "sops")).map(|entry| self.refused(entry))
    }

    fn refused(&self, entry: &yaml::Entry) -> Refused {
        let place = self.text.place(entry.key.span.clone());
        Refused::new("has this key twice in one map, which sops refuses", place)
    }
}

fn is_named(entry: &yaml::Entry, names: &[&str]) -> bool {
    entry.key.text().is_some_and(|key| names.contains(&key))
}

/// The first entry whose key, if it matters, stands in the map already.
fn twice(map: &yaml::Node, matters: impl Fn(&str) -> bool) -> Option<&yaml::Entry> {
    let mut keys = HashSet::new();
    map.entries().iter().find(|entry| entry.key.text().is_some_and(|key| matters(key) && !keys.insert(key)))
}
