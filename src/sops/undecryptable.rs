//! What sops refuses of a file that it could read, once it is to be decrypted.

use std::collections::HashSet;

use super::document::{Document, Format, Value};
use super::read::Refused;
use crate::yaml;

impl Document {
    /// Why sops would not decrypt the file whoever asks; absent where nothing stands against it.
    pub fn undecryptable(&self) -> Option<Refused> {
        match self.format {
            Format::Yaml => self.key_named_twice(),
            Format::Binary => self.without_data(),
            Format::Json | Format::Dotenv | Format::Ini => None,
        }
    }

    /// Every map of the first YAML document must name each key once, the metadata's included; of others the
    /// metadata must be there once, for sops takes only one away (source: `LoadPlainFile` in stores/yaml/store.go of
    /// getsops/sops; go-yaml v3, `uniqueKeys` in decode.go).
    fn key_named_twice(&self) -> Option<Refused> {
        let yaml = yaml::parse(&self.text).ok()?;
        let (first, others) = yaml.documents.split_first()?;
        let mut pending = vec![first];
        while let Some(node) = pending.pop() {
            if let Some(entry) = twice(node, |_| true) {
                return Some(self.refused(entry));
            }
            pending.extend(node.items());
            pending.extend(node.entries().iter().map(|entry| &entry.value));
        }
        others.iter().find_map(|document| twice(document, |key| key == "sops")).map(|entry| self.refused(entry))
    }

    fn refused(&self, entry: &yaml::Entry) -> Refused {
        let place = self.text.place(entry.key.span.clone());
        Refused { why: "has this key twice in one map, which sops refuses".into(), place }
    }

    /// The binary form keeps its content in `data` (source: `EmitPlainFile` in stores/json/store.go of getsops/sops).
    fn without_data(&self) -> Option<Refused> {
        let root = self.parts.first()?;
        let Value::Map(children) = &root.value else { return None };
        let has_data = children.iter().any(|child| child.key == "data");
        let why = "has no `data`, in which sops keeps what a file of no known format holds".into();
        (!has_data).then(|| Refused { why, place: root.place.clone() })
    }
}

/// The first entry whose key, if it matters, stands in the map already.
fn twice(map: &yaml::Node, matters: impl Fn(&str) -> bool) -> Option<&yaml::Entry> {
    let mut keys = HashSet::new();
    map.entries().iter().find(|entry| entry.key.text().is_some_and(|key| matters(key) && !keys.insert(key)))
}
