//! What of a sops file is in clear.

use std::collections::BTreeMap;

use crate::source::Place;

use super::document::{Document, Leaf, Node, Value};
use super::walk::{Visited, walk};

/// How much of a file is sealed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Sealed values.
    pub sealed: usize,
    /// Values in clear that sops could seal: neither empty nor null.
    pub clear: usize,
}

impl Document {
    /// Counts the values.
    pub fn count(&self) -> Count {
        let mut count = Count::default();
        // An explicit stack: the depth comes from the file.
        let mut pending: Vec<&Node> = self.parts.iter().collect();
        while let Some(node) = pending.pop() {
            match &node.value {
                Value::Map(children) => pending.extend(children.iter().map(|child| &child.node)),
                Value::List(items) => pending.extend(items),
                Value::Leaf(Leaf::Sealed(_)) => count.sealed += 1,
                Value::Leaf(Leaf::ClearText { length: 0 } | Leaf::Null) => {}
                Value::Leaf(_) => count.clear += 1,
            }
        }
        count
    }

    /// The values in clear that by the file's own settings are sealed, by their keys with `/` between them, each
    /// with where it stands. Comments are none, nor what sops never seals.
    pub fn unsealed(&self) -> BTreeMap<String, Place> {
        let mut unsealed = BTreeMap::new();
        if self.count().clear == 0 {
            return unsealed;
        }
        // What cannot be walked was not read as a document either.
        let _ = walk(&self.text, self.format, &self.metadata.crypt, |visit| {
            let is_clear = match visit.value {
                Visited::Text(text) => !text.is_empty(),
                Visited::Int(_) | Visited::Float(_) | Visited::Bool(_) | Visited::Time(_) => true,
                Visited::Sealed(_) | Visited::Comment(_) => false,
            };
            if is_clear && visit.is_sealed {
                unsealed.entry(visit.path.join("/")).or_insert_with(|| visit.place.clone());
            }
        });
        unsealed
    }
}
