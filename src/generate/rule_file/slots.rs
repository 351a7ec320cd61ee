//! Where the recipients of a rule are written: lists, texts with commas, single aliases.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::keys::recipient::canonical;
use crate::yaml::{Node, Value};

use super::RuleFile;

/// How deep merged groups are followed.
const MAX_MERGES: usize = 8;

/// One field of a rule that holds recipients.
#[derive(Debug)]
pub(super) struct Slot<'a> {
    /// `age` or `pgp`.
    pub(super) kind: &'static str,
    /// The map that has the field, and which entry it is.
    pub(super) map: &'a Node,
    pub(super) entry: usize,
    /// The field's value as written.
    pub(super) value: &'a Node,
    /// The same with its alias resolved.
    pub(super) resolved: &'a Node,
    /// In file order.
    pub(super) members: Vec<Member<'a>>,
}

/// A recipient where it is written.
#[derive(Debug)]
pub(super) struct Member<'a> {
    /// As keys are compared.
    pub(super) identity: String,
    /// The item of the list, or the text.
    pub(super) node: &'a Node,
    /// Its index in the list.
    pub(super) item: usize,
    /// The alias, or the recipient's own bytes in the text.
    pub(super) range: Range<usize>,
    /// It is one of several of a text with commas, or may become one.
    pub(super) in_text: bool,
}

impl Slot<'_> {
    pub(super) fn is_list(&self) -> bool {
        matches!(self.resolved.value, Value::List(_))
    }

    /// Whether it is an age field that holds one of some keys.
    pub(super) fn is_of(&self, keys: &BTreeSet<String>) -> bool {
        self.kind == "age" && self.members.iter().any(|member| keys.contains(&member.identity))
    }

    /// One alias to one recipient: `age: *web`.
    pub(super) fn is_single_alias(&self) -> bool {
        matches!(self.value.value, Value::Alias(_)) && !self.is_list()
    }

    /// The bytes of the recipients of one text.
    pub(super) fn parts(&self, of: &Node) -> Vec<Range<usize>> {
        let same = self.members.iter().filter(|member| std::ptr::eq(member.node, of));
        same.map(|member| member.range.clone()).collect()
    }
}

impl RuleFile {
    /// The fields of a rule that hold age and OpenPGP recipients, in file order.
    pub(super) fn slots(&self, rule: usize) -> Vec<Slot<'_>> {
        let mut slots = Vec::new();
        let groups = self.groups(rule);
        groups.into_iter().for_each(|group| self.slots_of(group, MAX_MERGES, &mut slots));
        slots.sort_by_key(|slot| slot.value.span.start);
        slots
    }

    /// The same of one group.
    pub(super) fn slots_of_group<'a>(&'a self, group: &'a Node) -> Vec<Slot<'a>> {
        let mut slots = Vec::new();
        self.slots_of(group, MAX_MERGES, &mut slots);
        slots.sort_by_key(|slot| slot.value.span.start);
        slots
    }

    /// The maps of a rule that have such fields: its key groups, or without any itself.
    pub(super) fn groups(&self, rule: usize) -> Vec<&Node> {
        let Some(node) = self.rule_node(rule) else { return Vec::new() };
        let groups = self.yaml.get(node, "key_groups").map(Node::items).unwrap_or_default();
        if groups.is_empty() { vec![node] } else { groups.iter().map(|group| self.yaml.resolve(group)).collect() }
    }

    fn slots_of<'a>(&'a self, map: &'a Node, merges: usize, slots: &mut Vec<Slot<'a>>) {
        for (index, entry) in map.entries().iter().enumerate() {
            match entry.key.text() {
                Some("age") => slots.extend(self.slot("age", map, index)),
                Some("pgp") => slots.extend(self.slot("pgp", map, index)),
                Some("merge") if merges > 0 => {
                    let groups = self.yaml.resolve(&entry.value).items().iter();
                    groups.for_each(|group| self.slots_of(self.yaml.resolve(group), merges - 1, slots));
                }
                _ => {}
            }
        }
    }

    fn slot<'a>(&'a self, kind: &'static str, map: &'a Node, entry: usize) -> Option<Slot<'a>> {
        let value = &map.entries().get(entry)?.value;
        let resolved = self.yaml.resolve(value);
        let mut members = Vec::new();
        match &resolved.value {
            Value::List(items) => {
                items.iter().enumerate().for_each(|(index, item)| self.members(kind, item, index, &mut members));
            }
            Value::Scalar(_) if resolved.is_null() => return None,
            Value::Scalar(_) => self.members(kind, value, 0, &mut members),
            Value::Map(_) | Value::Alias(_) => return None,
        }
        Some(Slot { kind, map, entry, value, resolved, members })
    }

    fn members<'a>(&'a self, kind: &str, node: &'a Node, item: usize, members: &mut Vec<Member<'a>>) {
        let Some(text) = self.yaml.resolve(node).text() else { return };
        if let Value::Alias(_) = node.value {
            let identity = canonical(kind, text.trim());
            members.push(Member { identity, node, item, range: node.span.clone(), in_text: false });
            return;
        }
        let source = self.content();
        let mut from = node.span.start;
        let in_text = text.contains(',');
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let found = source.get(from..node.span.end).and_then(|rest| rest.find(part));
            let Some(at) = found else { return };
            let range = from + at..from + at + part.len();
            from = range.end;
            members.push(Member { identity: canonical(kind, part), node, item, range, in_text });
        }
    }
}
