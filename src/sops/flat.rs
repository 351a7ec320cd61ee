//! Metadata written flat, as dotenv and ini have it: `age__list_0__map_recipient`.

use std::collections::BTreeMap;

use crate::source::Text;
use crate::yaml::{Entry, Kind, Node, Scalar, Style, Value, Yaml};

use super::read::Refused;

/// How many values a flat file may hold: a bound for what a large one takes of memory.
pub(super) const MAX_LINES: usize = 250_000;

/// How deep a name may nest; sops writes `key_groups__list_0__map_age__list_0__map_recipient`.
const MAX_STEPS: usize = 16;

/// A line of a flat file: a name and its text, both with their places.
pub(super) struct Line {
    /// The name.
    pub name: Node,
    /// The text.
    pub value: Node,
}

/// A text of a flat file; everything is a string there.
pub(super) fn string(text: &str, start: usize, source: &str) -> Node {
    let scalar = Scalar { text: text.into(), style: Style::Quoted, kind: Kind::Str };
    Node { value: Value::Scalar(scalar), span: start..start + source.len(), tag: None, anchor: None }
}

/// A map of a flat file.
pub(super) fn map(entries: Vec<Entry>) -> Node {
    let start = entries.first().map_or(0, |entry| entry.key.span.start);
    let end = entries.last().map_or(start, |entry| entry.value.span.end.max(start));
    Node { value: Value::Map(entries), span: start..end, tag: None, anchor: None }
}

/// The tree of a flat file: its data, and under `sops` the metadata.
///
/// # Errors
/// If the names of the metadata contradict each other.
pub(super) fn tree(text: &Text, mut data: Vec<Entry>, key: Node, metadata: Vec<Line>) -> Result<Yaml, Refused> {
    let mut root = Nested::Map(BTreeMap::new());
    // Of a name that stands twice the last counts.
    let lines: BTreeMap<String, Line> =
        metadata.into_iter().map(|line| (line.name.text().unwrap_or_default().to_owned(), line)).collect();
    for (name, line) in lines {
        let span = line.name.span.clone();
        let steps = steps(&name);
        if steps.len() <= MAX_STEPS && !root.insert(&steps, line) {
            let why = "has a name in its sops metadata that does not go together with the others";
            return Err(Refused { is_metadata: true, ..Refused::new(why, text.place(span)) });
        }
    }
    data.push(Entry { key, value: root.into_node() });
    Ok(Yaml { documents: vec![map(data)], ..Yaml::default() })
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

/// The way that a name tells, as sops takes it apart; an index that is no number is 0 there.
fn steps(name: &str) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    let mut rest = name;
    let mut is_index = false;
    loop {
        let next = [rest.find("__map_"), rest.find("__list_")].into_iter().flatten().min();
        let (part, after) = rest.split_at(next.unwrap_or(rest.len()));
        steps.push(match is_index {
            true => Step::Index(part.parse().unwrap_or_default()),
            false => Step::Key(part),
        });
        is_index = after.starts_with("__list_");
        match after.strip_prefix("__map_").or_else(|| after.strip_prefix("__list_")) {
            Some(after) => rest = after,
            None => return steps,
        }
    }
}

enum Nested {
    Line(Line),
    Map(BTreeMap<String, Nested>),
    List(BTreeMap<usize, Nested>),
}

impl Nested {
    /// Enters a line; not if one is in a list and the other in a map. A text takes the place of what
    /// is below its name: sops goes through the names in any order, and fails at some.
    fn insert(&mut self, steps: &[Step<'_>], line: Line) -> bool {
        let Some((step, rest)) = steps.split_first() else { return false };
        let empty = || match rest.first() {
            Some(Step::Index(_)) => Nested::List(BTreeMap::new()),
            _ => Nested::Map(BTreeMap::new()),
        };
        let child = match (self, step) {
            (Nested::Map(entries), Step::Key(key)) => entries.entry((*key).to_owned()).or_insert_with(empty),
            (Nested::List(items), Step::Index(index)) => items.entry(*index).or_insert_with(empty),
            (Nested::Line(_), _) => return true,
            _ => return false,
        };
        if rest.is_empty() {
            *child = Nested::Line(line);
            return true;
        }
        child.insert(rest, line)
    }

    fn into_node(self) -> Node {
        match self {
            Nested::Line(line) => line.value,
            Nested::List(items) => {
                let items: Vec<Node> = items.into_values().map(Nested::into_node).collect();
                let start = items.first().map_or(0, |item| item.span.start);
                let end = items.last().map_or(start, |item| item.span.end.max(start));
                Node { value: Value::List(items), span: start..end, tag: None, anchor: None }
            }
            Nested::Map(entries) => map(entries.into_iter().map(Nested::into_entry).collect()),
        }
    }

    fn into_entry((key, nested): (String, Nested)) -> Entry {
        match nested {
            Nested::Line(Line { mut name, value }) => {
                if let Value::Scalar(scalar) = &mut name.value {
                    scalar.text = key.into();
                }
                Entry { key: name, value }
            }
            nested => {
                let value = nested.into_node();
                let mut name = string(&key, value.span.start, "");
                name.span.end = name.span.start;
                Entry { key: name, value }
            }
        }
    }
}
