//! From a tree of YAML to the leaf tree. JSON, dotenv and ini come as such a tree too.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::source::{Place, Text};
use crate::yaml::{self, Kind, MAX_DEPTH, MAX_NODES, Yaml};

use super::document::{Child, Document, Format, Leaf, Node, Value};
use super::fields::is_folded;
use super::metadata::{self, Metadata};
use super::read::Refused;
use super::seal::{Seal, SealedType};

/// The sops document that a file holds; absent if its first document has no sops metadata and no
/// value that is sealed.
pub(super) fn document(text: &Text, yaml: &Yaml, format: Format) -> Option<Result<Document, Refused>> {
    let root = yaml.documents.first()?;
    match yaml.entry(root, "sops") {
        Some(entry) if metadata::is_metadata(yaml, yaml.resolve(&entry.value)) => {
            Some(read_document(text, yaml, entry, format))
        }
        _ => {
            let sealed = first_sealed(root)?;
            Some(Err(Refused::without_metadata(text.place(sealed.span.clone()))))
        }
    }
}

/// The first value of a map, or of a map in it, that is sealed: this is no prose that quotes one.
fn first_sealed(root: &yaml::Node) -> Option<&yaml::Node> {
    let mut all = root.entries().iter().flat_map(|entry| {
        let inner = entry.value.entries().iter().map(|entry| &entry.value);
        std::iter::once(&entry.value).chain(inner)
    });
    all.find(|value| value.text().is_some_and(|text| Seal::parse(text).is_some()))
}

fn read_document(text: &Text, yaml: &Yaml, metadata: &yaml::Entry, format: Format) -> Result<Document, Refused> {
    let metadata = Metadata::read(text, yaml, metadata, format)?;
    if matches!(format, Format::Json | Format::Binary) {
        one_metadata(text, yaml)?;
    }
    let mut reader = Reader { text, yaml, nodes: 0, top: 0..0 };
    let parts = yaml.documents.iter().enumerate();
    let parts =
        parts.map(|(index, root)| reader.part(root, index == 0 && format == Format::Yaml)).collect::<Result<_, _>>()?;
    Ok(Document { path: text.path().clone(), text: text.clone(), format, parts, metadata })
}

/// sops panics at a second `sops`, and reads what has this name in another case as metadata too.
fn one_metadata(text: &Text, yaml: &Yaml) -> Result<(), Refused> {
    let mut exact = false;
    for entry in yaml.documents.first().map_or(&[][..], yaml::Node::entries) {
        let key = entry.key.text().unwrap_or_default();
        let why = match &entry.value.value {
            _ if !is_folded(key, "sops") => continue,
            _ if key == "sops" && exact => "has a second `sops`, which sops refuses",
            _ if key == "sops" => {
                exact = true;
                continue;
            }
            yaml::Value::Map(_) => continue,
            _ if entry.value.is_null() && !exact => continue,
            _ => "has a key that sops takes for its metadata too, since it reads JSON without regard to case",
        };
        return Err(Refused { is_metadata: true, ..Refused::new(why, text.place(entry.key.span.clone())) });
    }
    Ok(())
}

struct Reader<'a> {
    text: &'a Text,
    yaml: &'a Yaml,
    /// How many nodes were made; sops expands aliases, so a file can ask for more than it holds.
    nodes: usize,
    /// The key at the top of the file that is being read: where such growth can be seen.
    top: Range<usize>,
}

impl Reader<'_> {
    /// One YAML document, without its `sops`.
    fn part(&mut self, root: &yaml::Node, is_first: bool) -> Result<Node, Refused> {
        let mut keys = BTreeSet::new();
        let resolved = self.yaml.resolve(root);
        let value = match &resolved.value {
            yaml::Value::Map(entries) => {
                let mut children = Vec::with_capacity(entries.len());
                for entry in entries {
                    let key = self.yaml.resolve(&entry.key).text().unwrap_or_default();
                    // go-yaml looks for them in the first document only, and there at the top only.
                    if is_first && !keys.insert(key) {
                        return Err(self.refuse(&entry.key, "has a key twice, which sops refuses"));
                    }
                    if key != "sops" {
                        self.top = entry.key.span.clone();
                        children.push(self.child(entry, 1)?);
                    }
                }
                Value::Map(children)
            }
            _ if resolved.is_null() => Value::Map(Vec::new()),
            _ => return Err(self.refuse(root, "holds a document that is not a map, which sops refuses")),
        };
        Ok(Node { value, place: self.place(root) })
    }

    fn child(&mut self, entry: &yaml::Entry, depth: usize) -> Result<Child, Refused> {
        let key = match self.yaml.resolve(&entry.key).scalar() {
            Some(scalar) if scalar.kind == Kind::Str => scalar.text.to_string(),
            _ => return Err(self.refuse(&entry.key, "has a key that is not a string, which sops refuses; quote it")),
        };
        Ok(Child { key, key_place: self.place(&entry.key), node: self.node(&entry.value, depth)? })
    }

    fn node(&mut self, node: &yaml::Node, depth: usize) -> Result<Node, Refused> {
        self.nodes += 1;
        if depth > MAX_DEPTH || self.nodes > MAX_NODES {
            let why = "grows too large when its aliases are expanded, as sops does";
            return Err(Refused::new(why, self.text.place(self.top.clone())));
        }
        let value = match &self.yaml.resolve(node).value {
            yaml::Value::Scalar(scalar) => Value::Leaf(leaf(scalar)),
            yaml::Value::Map(entries) => {
                Value::Map(entries.iter().map(|entry| self.child(entry, depth + 1)).collect::<Result<_, _>>()?)
            }
            yaml::Value::List(items) => {
                let mut nodes = Vec::with_capacity(items.len());
                for item in items {
                    let node = self.node(item, depth + 1)?;
                    if !is_comment(&node) {
                        nodes.push(node);
                    }
                }
                Value::List(nodes)
            }
            // No alias names an alias.
            yaml::Value::Alias(_) => return Err(self.refuse(node, "has an alias that names nothing")),
        };
        Ok(Node { value, place: self.place(node) })
    }

    fn place(&self, node: &yaml::Node) -> Place {
        self.text.place(node.span.clone())
    }

    fn refuse(&self, node: &yaml::Node, why: &str) -> Refused {
        Refused::new(why, self.place(node))
    }
}

fn leaf(scalar: &yaml::Scalar) -> Leaf {
    match scalar.kind {
        Kind::Null => Leaf::Null,
        Kind::Str => Seal::parse(&scalar.text).map_or(Leaf::ClearText { length: scalar.text.len() }, Leaf::Sealed),
        Kind::Bool => Leaf::ClearOther(SealedType::Bool),
        Kind::Int => Leaf::ClearOther(SealedType::Int),
        Kind::Float => Leaf::ClearOther(SealedType::Float),
        Kind::Timestamp => Leaf::ClearOther(SealedType::Time),
    }
}

/// A comment inside a list is an item of its own in the file.
fn is_comment(node: &Node) -> bool {
    matches!(node.value, Value::Leaf(Leaf::Sealed(Seal { sealed_type: SealedType::Comment, .. })))
}
