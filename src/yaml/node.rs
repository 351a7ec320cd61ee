//! The tree: scalars, maps, lists and aliases, each with its byte range in the file.

use std::ops::Range;

use crate::source::Text;

use super::kind::Kind;

/// A file of YAML (or JSON, which is YAML).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Yaml {
    /// The root of each document, in file order; a file of comments has none.
    pub documents: Vec<Node>,
    /// Every anchor of every document, in file order.
    pub anchors: Vec<Anchor>,
    /// Every comment, in file order.
    pub comments: Vec<Comment>,
}

/// A value with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// Its bytes, without anchor and tag; of a block scalar the text, without the `|`; of a block
    /// collection from its first key or `-` to the end of its last child.
    pub span: Range<usize>,
    /// Its explicit tag in full (`tag:yaml.org,2002:str`, `!vault`).
    pub tag: Option<Box<str>>,
    /// Its anchor, as an index into [`Yaml::anchors`].
    pub anchor: Option<usize>,
}

/// What a node holds. Nested at most [`super::MAX_DEPTH`] deep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Text, as whatever kind it resolves to.
    Scalar(Scalar),
    /// A map, in file order; duplicate keys kept.
    Map(Vec<Entry>),
    /// A list.
    List(Vec<Node>),
    /// `*name`: an index into [`Yaml::anchors`]. Never expanded here; see [`Yaml::resolve`].
    Alias(usize),
}

/// One entry of a map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key: any node, almost always a scalar.
    pub key: Node,
    /// Its value.
    pub value: Node,
}

/// A scalar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    /// The text after escapes and folding.
    pub text: Box<str>,
    /// How it is written.
    pub style: Style,
    /// What it resolves to.
    pub kind: Kind,
}

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// In single or double quotes.
    Quoted,
    /// As a `|` or `>` block.
    Block,
}

/// `&name`, and the node it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// The name, without `&`.
    pub name: Box<str>,
    /// `&name`.
    pub span: Range<usize>,
    /// Which document the node is in.
    pub(super) document: usize,
    /// The way to the node from the document's root: in a list the index; in a map twice the
    /// index, plus one for the value.
    pub(super) steps: Box<[u32]>,
}

/// A comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// What follows `#`, to the end of the line.
    pub text: Box<str>,
    /// From `#` to the end of the line.
    pub span: Range<usize>,
}

impl Yaml {
    /// The node that an alias stands for; any other node itself. Following aliases downwards may
    /// never end (`&a [*a]`) or blow up: whoever walks through them keeps a bound.
    pub fn resolve<'a>(&'a self, node: &'a Node) -> &'a Node {
        let Value::Alias(anchor) = node.value else { return node };
        self.anchors.get(anchor).and_then(|anchor| self.target(anchor)).unwrap_or(node)
    }

    /// The node that an anchor names.
    pub fn target(&self, anchor: &Anchor) -> Option<&Node> {
        let root = self.documents.get(anchor.document)?;
        anchor.steps.iter().try_fold(root, |node, &step| match &node.value {
            Value::List(items) => items.get(step as usize),
            Value::Map(entries) => {
                let entry = entries.get(step as usize / 2)?;
                Some(if step % 2 == 0 { &entry.key } else { &entry.value })
            }
            Value::Scalar(_) | Value::Alias(_) => None,
        })
    }

    /// The value of a key, aliases resolved; of duplicates the last.
    pub fn get<'a>(&'a self, map: &'a Node, key: &str) -> Option<&'a Node> {
        self.entry(map, key).map(|entry| self.resolve(&entry.value))
    }

    /// The entry of a key; of duplicates the last.
    pub fn entry<'a>(&'a self, map: &'a Node, key: &str) -> Option<&'a Entry> {
        self.resolve(map).entries().iter().rfind(|entry| self.resolve(&entry.key).text() == Some(key))
    }

    /// The comment that follows a byte range on its last line, as in `- *host # the laptop`.
    /// `text` is the file.
    pub fn comment_after(&self, span: &Range<usize>, text: &Text) -> Option<&Comment> {
        let next = self.comments.partition_point(|comment| comment.span.start < span.end);
        let comment = self.comments.get(next)?;
        // Its line may be the whole file, so it is not searched.
        (text.position(span.end).line == text.position(comment.span.start).line).then_some(comment)
    }
}

impl Node {
    /// The scalar, if it is one. Aliases are not followed.
    pub fn scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The text of a scalar of any kind. Aliases are not followed.
    pub fn text(&self) -> Option<&str> {
        self.scalar().map(|scalar| &*scalar.text)
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        self.scalar().is_some_and(|scalar| scalar.kind == Kind::Null)
    }

    /// The entries of a map; none of anything else. Aliases are not followed.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; none of anything else. Aliases are not followed.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }
}
