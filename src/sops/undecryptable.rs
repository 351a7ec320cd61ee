//! What sops refuses of a file that it could read, once it is to be decrypted.

use std::collections::HashSet;

use super::document::{Document, Format};
use super::read::Refused;
use crate::yaml;

impl Document {
    /// The first key that sops does not let a YAML file name twice: of the first document every map must name each key
    /// once, the metadata's included; of others the metadata must be there once, for sops takes only one away
    /// (source: `LoadPlainFile` in stores/yaml/store.go of getsops/sops; go-yaml v3, `uniqueKeys` in decode.go).
    pub fn undecryptable(&self) -> Option<Refused> {
        if self.format != Format::Yaml {
            return None;
        }
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
        Refused::new("has this key twice in one map, which sops refuses", place)
    }
}

/// The first entry whose key, if it matters, stands in the map already.
fn twice(map: &yaml::Node, matters: impl Fn(&str) -> bool) -> Option<&yaml::Entry> {
    let mut keys = HashSet::new();
    map.entries().iter().find(|entry| entry.key.text().is_some_and(|key| matters(key) && !keys.insert(key)))
}
