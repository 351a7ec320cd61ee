//! The anchors of a rule file, or the names in a map of them: added beside their like, taken out.

use std::collections::BTreeSet;

use crate::keys::Recipient;
use crate::source::splice::Splice;
use crate::yaml::{Anchor, Node, Value};

use super::{Newcomer, RuleFile, RuleFileError};

/// The parts of a rule file that are not a person's own.
const FIELDS_OF_SOPS: [&str; 3] = ["creation_rules", "destination_rules", "stores"];

/// A list or map that holds recipients with anchors.
#[derive(Debug)]
struct Holding<'a> {
    node: &'a Node,
    /// The index of each such item or entry, with the key as it is compared.
    members: Vec<(usize, String)>,
}

/// The key of a scalar that is one recipient, as keys are compared.
fn key_of(node: &Node) -> Option<String> {
    Recipient::parse_any(node.text()?.trim()).map(|recipient| recipient.canonical().to_owned())
}

impl RuleFile {
    /// Whether recipients have anchors here.
    pub fn has_anchors(&self) -> bool {
        !self.holdings().is_empty()
    }

    /// Adds a key beside its siblings, behind the last of them; nothing where it is there already.
    pub(super) fn with_anchor(
        &self,
        new: &Newcomer,
        siblings: &BTreeSet<String>,
    ) -> Result<Option<RuleFile>, RuleFileError> {
        let Some(name) = &new.anchor else { return Ok(None) };
        if let Some(anchor) = self.anchor(name) {
            let line = self.text.position(anchor.span.start).line;
            let other = || RuleFileError::OtherKey { path: self.text.path().clone(), line, name: name.clone() };
            let is_same = self.yaml.target(anchor).and_then(key_of).is_some_and(|key| key == new.recipient);
            return if is_same { Ok(None) } else { Err(other()) };
        }
        let holdings = self.holdings();
        let count = |holding: &&Holding<'_>| holding.members.iter().filter(|(_, key)| siblings.contains(key)).count();
        // Of several that hold as many, the last.
        let Some(best) = holdings.iter().max_by_key(|holding| count(holding)) else {
            return self.with_first_key(&format!("- &{name} {}", new.recipient)).map(Some);
        };
        let among = best.members.iter().filter(|(_, key)| siblings.contains(key)).map(|(index, _)| *index).max();
        let after = among.or_else(|| best.members.last().map(|(index, _)| *index)).unwrap_or_default();
        let splices = self.insert_anchor(best, after, name, &new.recipient);
        let splices = splices.ok_or_else(|| self.unknown_style(best.node.span.start, "add an anchor"))?;
        self.spliced(splices).map(Some)
    }

    fn anchor(&self, name: &str) -> Option<&Anchor> {
        self.yaml.anchors.iter().find(|anchor| anchor.name.trim_end_matches(':') == name)
    }

    fn insert_anchor(&self, holding: &Holding<'_>, after: usize, name: &str, recipient: &str) -> Option<Vec<Splice>> {
        let editor = self.editor();
        match &holding.node.value {
            Value::List(items) => {
                let sibling = items.get(after)?;
                let siblings = holding.members.iter().filter_map(|(index, _)| items.get(*index)).collect();
                editor.insert_item(holding.node, after, &self.anchored(sibling, siblings, name, recipient)?, "")
            }
            Value::Map(entries) if !editor.is_flow(holding.node) => {
                let entry = entries.get(after)?;
                let value = self.anchored(&entry.value, vec![&entry.value], name, recipient)?;
                editor.insert_entry(entry, &format!("{name}: {value}"))
            }
            _ => None,
        }
    }

    /// `&name recipient` in the quotes of its sibling, and in the column where its siblings have theirs.
    fn anchored(&self, sibling: &Node, siblings: Vec<&Node>, name: &str, recipient: &str) -> Option<String> {
        let source = self.content();
        let gap_of = |node: &Node| {
            let anchor = &self.yaml.anchors.get(node.anchor?)?.span;
            Some((anchor.len(), node.span.start.checked_sub(anchor.end)?))
        };
        let written: Vec<(usize, usize)> = siblings.into_iter().filter_map(gap_of).collect();
        let (length, gap) = gap_of(sibling)?;
        let lengths: BTreeSet<usize> = written.iter().map(|(length, _)| *length).collect();
        let columns: BTreeSet<usize> = written.iter().map(|(length, gap)| length + gap).collect();
        let gap = match lengths.len() > 1 && columns.len() == 1 {
            true => (length + gap).checked_sub(name.len() + 1).filter(|&gap| gap > 0).unwrap_or(1),
            false => gap,
        };
        let quote = source.get(sibling.span.start..)?.chars().next().filter(|c| matches!(c, '"' | '\''));
        let quote = quote.map(String::from).unwrap_or_default();
        Some(format!("&{name}{}{quote}{recipient}{quote}", " ".repeat(gap)))
    }

    /// Takes the definitions of some keys out, with their lines; nothing where there is none.
    pub(super) fn without_anchor(&self, keys: &BTreeSet<String>) -> Result<Option<RuleFile>, RuleFileError> {
        let holdings = self.holdings();
        let found = holdings.iter().find_map(|holding| {
            let (index, _) = holding.members.iter().find(|(_, key)| keys.contains(key))?;
            Some((holding.node, *index))
        });
        let Some((node, index)) = found else { return Ok(None) };
        let editor = self.editor();
        let splices = match node.value {
            Value::Map(_) => editor.remove_entry(node, index),
            _ => editor.remove_item(node, index),
        };
        self.spliced(splices.ok_or_else(|| self.unknown_style(node.span.start, "take an anchor out"))?).map(Some)
    }

    /// The names above each recipient that has an anchor: the keys and anchors of the lists and maps that
    /// it lies in, and the section's comment.
    pub fn groups_of_anchors(&self) -> Vec<(String, Vec<String>)> {
        let mut found = Vec::new();
        for holding in self.holdings() {
            let names = self.names_around(holding.node);
            for (index, key) in &holding.members {
                let item = match &holding.node.value {
                    Value::Map(entries) => entries.get(*index).map(|entry| &entry.value),
                    _ => holding.node.items().get(*index),
                };
                let Some(item) = item else { continue };
                let section = self.section(holding.node, item);
                found.push((key.clone(), section.into_iter().chain(names.iter().cloned()).collect()));
            }
        }
        found
    }

    /// The last comment in a line of its own between a list's start and an item.
    fn section(&self, list: &Node, item: &Node) -> Option<String> {
        let editor = self.editor();
        // The comment above the first item lies before it.
        let from = editor.source.get(..list.span.start)?.trim_end();
        let from = self.comments_before(from.len());
        let inside = |at: usize| from <= at && at < item.span.start;
        let comments = self.yaml.comments.iter().filter(|comment| inside(comment.span.start));
        let comments = comments.filter(|comment| editor.indent(comment.span.start).is_some());
        comments
            .max_by_key(|comment| comment.span.start)
            .map(|comment| comment.text.trim_matches(['#', ' ', ':', '-', '=']).to_owned())
    }

    /// Where the comments that end here begin.
    fn comments_before(&self, at: usize) -> usize {
        let editor = self.editor();
        let mut from = at;
        while let Some(comment) = self.yaml.comments.iter().find(|one| one.span.start < from && from <= one.span.end) {
            if editor.indent(comment.span.start).is_none() {
                break;
            }
            from = editor.source.get(..comment.span.start).map_or(0, |before| before.trim_end().len());
        }
        from
    }

    /// The keys and anchors of what a node lies in.
    fn names_around(&self, node: &Node) -> Vec<String> {
        let mut names = Vec::new();
        let mut pending: Vec<&Node> = self.yaml.documents.first().into_iter().collect();
        // Down from the root, always into what contains it.
        while let Some(outer) = pending.pop() {
            names.extend(outer.anchor.and_then(|anchor| self.yaml.anchors.get(anchor)).map(|one| one.name.to_string()));
            if std::ptr::eq(outer, node) {
                break;
            }
            let contains = |inner: &&Node| inner.span.start <= node.span.start && node.span.end <= inner.span.end;
            match &outer.value {
                Value::List(items) => pending.extend(items.iter().find(contains)),
                Value::Map(entries) => {
                    let Some(entry) = entries.iter().find(|entry| contains(&&entry.value)) else { break };
                    let anchor = entry.key.anchor.and_then(|anchor| self.yaml.anchors.get(anchor));
                    names.extend(anchor.map(|anchor| anchor.name.to_string()));
                    names.extend(entry.key.text().map(str::to_owned));
                    pending.push(&entry.value);
                }
                Value::Scalar(_) | Value::Alias(_) => break,
            }
        }
        names
    }

    /// The lists and maps outside the rules that hold recipients with anchors, in file order.
    fn holdings(&self) -> Vec<Holding<'_>> {
        let mut found = Vec::new();
        let root = self.yaml.documents.first().map(Node::entries).unwrap_or_default();
        for entry in root {
            if entry.key.text().is_none_or(|key| !FIELDS_OF_SOPS.contains(&key)) {
                holdings(&entry.value, &mut found);
            }
        }
        found.sort_by_key(|holding| holding.node.span.start);
        found
    }
}

/// The depth is bounded by the tree's own; aliases are not followed.
fn holdings<'a>(node: &'a Node, found: &mut Vec<Holding<'a>>) {
    let children: Vec<&Node> = match &node.value {
        Value::List(items) => items.iter().collect(),
        Value::Map(entries) => entries.iter().map(|entry| &entry.value).collect(),
        Value::Scalar(_) | Value::Alias(_) => return,
    };
    let anchored = children.iter().enumerate().filter(|(_, child)| child.anchor.is_some());
    let members: Vec<_> = anchored.filter_map(|(index, child)| Some((index, key_of(child)?))).collect();
    if !members.is_empty() {
        found.push(Holding { node, members });
    }
    children.into_iter().for_each(|child| holdings(child, found));
}
