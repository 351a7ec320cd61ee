//! The values of a sops file in the order in which sops walks them, each with the keys that lead to
//! it and the comments in force, read from the text once more: so that whoever decrypts needs no
//! tree that holds ciphertexts (source: `walkBranch` in sops.go, and the stores, of getsops/sops).

use std::ops::Range;

use crate::source::{Place, Text};
use crate::yaml::{self, Kind, MAX_DEPTH, MAX_NODES, Style, Value, Yaml};

use super::crypt::CryptRule;
use super::document::Format;
use super::read::{Refused, tree};
use super::seal::Seal;

/// One value. Null and empty collections are none: sops passes over them.
#[derive(Debug)]
pub struct Visit<'a> {
    /// The keys that lead to it; list indices are none. Those of the map that a comment stands in.
    pub path: &'a [&'a str],
    /// Whether sops takes it to be sealed by the file's rule, whatever it looks like.
    pub is_sealed: bool,
    /// What it is.
    pub value: Visited<'a>,
    /// Where it stands.
    pub place: Place,
}

/// A value as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visited<'a> {
    /// A text that has the form `ENC[…]`. Comments in lists come so too, as sops writes them.
    Sealed(&'a str),
    /// Any other text; it may be empty.
    Text(&'a str),
    /// A whole number in clear.
    Int(&'a str),
    /// A number in clear.
    Float(&'a str),
    /// A boolean in clear.
    Bool(&'a str),
    /// A date in clear.
    Time(&'a str),
    /// What follows the `#` of a comment, sealed or clear.
    Comment(&'a str),
}

/// Visits every value of a sops file of this format but those of its metadata, document after
/// document, aliases expanded.
///
/// # Errors
/// If the file cannot be read, or grows beyond bounds when its aliases are expanded.
pub fn walk(text: &Text, format: Format, rule: &CryptRule, visit: impl FnMut(&Visit<'_>)) -> Result<(), Refused> {
    let missing = || Refused::new("holds no sops metadata", text.place(0..0));
    let yaml = tree(text, format).unwrap_or_else(|| Err(missing()))?;
    let mut walker = Walker {
        text,
        yaml: &yaml,
        format,
        rule,
        path: Vec::new(),
        keys_that_mark: 0,
        marked_by_comments: Vec::new(),
        nodes: 0,
        visit,
    };
    let mut from = 0;
    for (index, root) in yaml.documents.iter().enumerate() {
        let limit = yaml.documents.get(index + 1).map_or(usize::MAX, |next| next.span.start);
        from = walker.document(root, from, limit)?;
    }
    Ok(())
}

struct Walker<'y, F> {
    text: &'y Text,
    yaml: &'y Yaml,
    format: Format,
    rule: &'y CryptRule,
    /// The keys on the way.
    path: Vec<&'y str>,
    /// How many of them mark what lies below them: each is tested once, for it may be long.
    keys_that_mark: usize,
    /// Whether a comment in force marks what comes after it, for each map and list on the way.
    marked_by_comments: Vec<bool>,
    nodes: usize,
    visit: F,
}

/// Each method takes the offset up to which comments were visited, and returns the new one.
impl<'y, F: FnMut(&Visit<'_>)> Walker<'y, F> {
    fn document(&mut self, root: &'y yaml::Node, from: usize, limit: usize) -> Result<usize, Refused> {
        let root = self.yaml.resolve(root);
        match &root.value {
            Value::Map(_) => self.collection(root, from, limit, 1),
            _ if root.is_null() => Ok(from),
            _ => Err(self.refuse(root, "holds a document that is not a map, which sops refuses")),
        }
    }

    fn value(&mut self, node: &'y yaml::Node, from: usize, limit: usize, depth: usize) -> Result<usize, Refused> {
        self.count(node, depth)?;
        let target = self.yaml.resolve(node);
        match (&node.value, &target.value) {
            (_, Value::Scalar(scalar)) => {
                if let Some(value) = visited(scalar) {
                    self.visit(value, node);
                }
                Ok(from.max(node.span.end))
            }
            // The comments inside what the alias names count here too.
            (Value::Alias(_), Value::Map(_) | Value::List(_)) => {
                self.collection(target, target.span.start, target.span.end, depth)?;
                Ok(from.max(node.span.end))
            }
            (_, Value::Map(_) | Value::List(_)) => self.collection(target, from, limit, depth),
            (_, Value::Alias(_)) => Err(self.refuse(node, "has an alias that names nothing")),
        }
    }

    /// A map or list; what comes after it starts at `limit`.
    fn collection(&mut self, node: &'y yaml::Node, from: usize, limit: usize, depth: usize) -> Result<usize, Refused> {
        let mut seen = from;
        self.marked_by_comments.push(false);
        for (index, entry) in node.entries().iter().enumerate() {
            let next = node.entries().get(index + 1).map_or(limit, |next| next.key.span.start);
            let Some(key) = self.yaml.resolve(&entry.key).scalar().filter(|key| key.kind == Kind::Str) else {
                return Err(self.refuse(&entry.key, "has a key that is not a string, which sops refuses; quote it"));
            };
            if depth == 1 && &*key.text == "sops" {
                self.comments_in(seen..entry.key.span.start);
                seen = entry.value.span.end;
                continue;
            }
            seen = self.comments_in(seen..self.end_of_comments(&entry.key, &entry.value));
            let marks = usize::from(self.rule.marks_key(&key.text));
            self.path.push(&key.text);
            self.keys_that_mark += marks;
            seen = self.value(&entry.value, seen.max(entry.key.span.end), next, depth + 1)?;
            self.keys_that_mark -= marks;
            self.path.pop();
            self.next_item();
        }
        for (index, item) in node.items().iter().enumerate() {
            let next = node.items().get(index + 1).map_or(limit, |next| next.span.start);
            seen = self.comments_in(seen..self.end_of_comments(item, item));
            seen = self.value(item, seen, next, depth + 1)?;
            self.next_item();
        }
        seen = self.comments_below(node, seen..limit);
        self.marked_by_comments.pop();
        Ok(seen)
    }

    /// Comments are in force for the next item only.
    fn next_item(&mut self) {
        if let Some(is_marked) = self.marked_by_comments.last_mut() {
            *is_marked = false;
        }
    }

    /// How far the comments of an item go: to its start, and in YAML to the end of the line that a
    /// scalar ends on.
    fn end_of_comments(&self, key: &yaml::Node, value: &yaml::Node) -> usize {
        let start = key.span.start;
        let is_line = match &value.value {
            Value::Scalar(scalar) => scalar.style != Style::Block,
            Value::Alias(_) => true,
            Value::Map(_) | Value::List(_) => return start,
        };
        match self.format {
            Format::Yaml if is_line => {
                let after = self.yaml.comment_after(&value.span, self.text);
                after.map_or(value.span.end, |comment| comment.span.end)
            }
            Format::Yaml => value.span.start,
            _ => start,
        }
    }

    /// Visits the comments that start in a range.
    fn comments_in(&mut self, range: Range<usize>) -> usize {
        let all = &self.yaml.comments;
        let first = all.partition_point(|comment| comment.span.start < range.start);
        for comment in all.iter().skip(first).take_while(|comment| comment.span.start < range.end) {
            self.comment(comment);
        }
        range.end.max(range.start)
    }

    /// Visits those after the last item of a block; in YAML those that are indented as it is.
    fn comments_below(&mut self, block: &yaml::Node, range: Range<usize>) -> usize {
        let all = &self.yaml.comments;
        let first = all.partition_point(|comment| comment.span.start < range.start);
        let mut seen = range.start;
        for comment in all.iter().skip(first).take_while(|comment| comment.span.start < range.end) {
            if self.format == Format::Yaml && self.column(comment.span.start) < self.column(block.span.start) {
                break;
            }
            self.comment(comment);
            seen = comment.span.end;
        }
        seen
    }

    fn comment(&mut self, comment: &'y yaml::Comment) {
        let marks = self.rule.marks_after(&comment.text);
        let itself = marks && self.rule.marks_itself();
        self.visit_at(Visited::Comment(&comment.text), comment.span.clone(), itself);
        if let Some(is_marked) = self.marked_by_comments.last_mut() {
            *is_marked |= marks;
        }
    }

    /// Not counted from the start of the line, which may be the whole file.
    fn column(&self, at: usize) -> u32 {
        self.text.position(at).column
    }

    fn visit(&mut self, value: Visited<'_>, node: &yaml::Node) {
        self.visit_at(value, node.span.clone(), false);
    }

    fn visit_at(&mut self, value: Visited<'_>, span: Range<usize>, marks_itself: bool) {
        let is_marked = marks_itself || self.keys_that_mark > 0 || self.marked_by_comments.contains(&true);
        let (is_sealed, place) = (self.rule.seals(is_marked), self.text.place(span));
        (self.visit)(&Visit { path: &self.path, is_sealed, value, place });
    }

    /// Aliases can ask for more than the file holds.
    fn count(&mut self, node: &yaml::Node, depth: usize) -> Result<(), Refused> {
        self.nodes += 1;
        if depth <= MAX_DEPTH && self.nodes <= MAX_NODES {
            return Ok(());
        }
        Err(self.refuse(node, "grows too large when its aliases are expanded, as sops does"))
    }

    fn refuse(&self, node: &yaml::Node, why: &str) -> Refused {
        Refused::new(why, self.text.place(node.span.clone()))
    }
}

fn visited(scalar: &yaml::Scalar) -> Option<Visited<'_>> {
    let text = &*scalar.text;
    Some(match scalar.kind {
        Kind::Null => return None,
        Kind::Str if Seal::parse(text).is_some() => Visited::Sealed(text),
        Kind::Str => Visited::Text(text),
        Kind::Int => Visited::Int(text),
        Kind::Float => Visited::Float(text),
        Kind::Bool => Visited::Bool(text),
        Kind::Timestamp => Visited::Time(text),
    })
}
