//! Keys that stand twice in one map: sops refuses a YAML file for one in its first document and looks at no other
//! (source: `LoadPlainFile` in stores/yaml/store.go of getsops/sops; go-yaml v3, `uniqueKeys` in decode.go).

use std::collections::HashSet;

use super::document::{Document, Format};
use super::read::Refused;
use crate::yaml;

impl Document {
    /// The first key that sops refuses to find twice, its metadata included.
    pub fn key_named_twice(&self) -> Option<Refused> {
        if self.format != Format::Yaml {
            return None;
        }
        let yaml = yaml::parse(&self.text).ok()?;
        let mut pending: Vec<&yaml::Node> = yaml.documents.first().into_iter().collect();
        while let Some(node) = pending.pop() {
            let mut keys = HashSet::new();
            for entry in node.entries() {
                if entry.key.text().is_some_and(|key| !keys.insert(key)) {
                    let place = self.text.place(entry.key.span.clone());
                    return Some(Refused { why: "has this key twice in one map, which sops refuses".into(), place });
                }
            }
            pending.extend(node.items());
            pending.extend(node.entries().iter().map(|entry| &entry.value));
        }
        None
    }
}
