//! Recipients of rules: added beside others, taken out, exchanged.

use std::collections::BTreeSet;

use crate::source::splice::Splice;
use crate::yaml::{Node, Value};

use super::slots::{Member, Slot};
use super::{RuleFile, RuleFileError};

/// A key that a rule file is to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newcomer {
    /// Whose it is.
    pub name: String,
    /// The anchor that names it, where the file has anchors.
    pub anchor: Option<String>,
    /// `age1…`.
    pub recipient: String,
}

impl Newcomer {
    /// Itself in a list: an alias, or the recipient where there is no anchor.
    pub fn item(&self) -> String {
        self.anchor.as_ref().map_or_else(|| self.recipient.clone(), |anchor| format!("*{anchor}"))
    }

    /// Itself in the place of a member, as that one is written.
    pub(super) fn like(&self, member: &Member<'_>) -> String {
        let is_alias = matches!(member.node.value, Value::Alias(_));
        if is_alias { self.item() } else { self.recipient.clone() }
    }
}

const ADD: &str = "add a recipient";
const REMOVE: &str = "take a recipient out";

impl RuleFile {
    /// Whether a rule holds any of these keys, given as they are compared.
    pub fn holds(&self, rule: usize, keys: &BTreeSet<String>) -> bool {
        self.recipients(rule).intersection(keys).next().is_some()
    }

    /// The keys of a rule as they are compared.
    pub fn recipients(&self, rule: usize) -> BTreeSet<String> {
        let groups = self.rule(rule).map(|rule| rule.groups.as_slice()).unwrap_or_default();
        let all = groups.iter().flatten();
        all.map(|one| crate::keys::recipient::canonical(one.kind, &one.identity)).collect()
    }

    /// How often a rule's `age` fields hold one of some keys.
    pub fn count_of_age(&self, rule: usize, keys: &BTreeSet<String>) -> usize {
        let slots = self.slots(rule);
        let members = slots.iter().filter(|slot| slot.kind == "age").flat_map(|slot| &slot.members);
        members.filter(|member| keys.contains(&member.identity)).count()
    }

    /// Adds a recipient to a rule: behind the last of its siblings, else behind the last age recipient. Where
    /// there are several key groups, to those that one of its siblings is in.
    pub(super) fn with_recipient(
        &self,
        rule: usize,
        new: &Newcomer,
        siblings: &BTreeSet<String>,
    ) -> Result<RuleFile, RuleFileError> {
        let slots = self.slots(rule);
        let of_siblings = self.slots_of_a_sibling(rule, siblings);
        let splices = match of_siblings.as_slice() {
            [] => match slots.iter().find(|slot| slot.kind == "age") {
                Some(slot) => self.insert(slot, new, siblings),
                None => self.new_field(slots.last(), new),
            },
            of_siblings => {
                let each = of_siblings.iter().map(|slot| self.insert(slot, new, siblings));
                each.collect::<Option<Vec<_>>>().map(|each| each.into_iter().flatten().collect())
            }
        };
        let at = self.rule(rule).map_or(0, |rule| rule.place.start.byte as usize);
        self.spliced(splices.ok_or_else(|| self.unknown_style(at, ADD))?)
    }

    /// The last age field with a sibling of each key group that holds one of them. Each group may have to open
    /// its share of a secret: the sibling is the one that is in the fewest, lest the newcomer opens more alone.
    fn slots_of_a_sibling(&self, rule: usize, siblings: &BTreeSet<String>) -> Vec<Slot<'_>> {
        let groups = |key: &String| -> Vec<Slot<'_>> {
            let key = BTreeSet::from([key.clone()]);
            let groups = self.groups(rule).into_iter().map(|group| self.slots_of_group(group));
            let of_key = groups.filter(|slots| slots.iter().any(|slot| slot.is_of(&key)));
            of_key.filter_map(|slots| slots.into_iter().rfind(|slot| slot.is_of(siblings))).collect()
        };
        let all = siblings.iter().map(groups).filter(|slots| !slots.is_empty());
        let place = |slots: &Vec<Slot<'_>>| slots.last().map(|slot| slot.value.span.start);
        let mut slots = all.min_by_key(|slots| (slots.len(), std::cmp::Reverse(place(slots)))).unwrap_or_default();
        // Two groups may be one list.
        slots.dedup_by(|later, earlier| !later.is_single_alias() && std::ptr::eq(later.resolved, earlier.resolved));
        slots
    }

    fn insert(&self, slot: &Slot<'_>, new: &Newcomer, siblings: &BTreeSet<String>) -> Option<Vec<Splice>> {
        let editor = self.editor();
        if slot.is_single_alias() {
            let old = self.content().get(slot.value.span.clone())?;
            return Some(vec![Splice { range: slot.value.span.clone(), text: format!("[{old}, {}]", new.item()) }]);
        }
        let is_sibling = |member: &Member<'_>| siblings.contains(&member.identity);
        let place = slot.members.iter().rposition(is_sibling).or(slot.members.len().checked_sub(1));
        let Some(member) = place.and_then(|place| slot.members.get(place)) else {
            let inside = slot.resolved.span.start + 1;
            return editor.is_flow(slot.resolved).then(|| vec![Splice::insert(inside, new.item())]);
        };
        if member.in_text || !slot.is_list() {
            let parts = slot.parts(member.node);
            let index = parts.iter().position(|part| *part == member.range)?;
            return editor.insert_part(&parts, index, &new.recipient, ",");
        }
        let mut item = new.like(member);
        let quote = self.content().get(member.node.span.clone())?.chars().next().filter(|c| matches!(c, '"' | '\''));
        if let Some(quote) = quote.filter(|_| !item.starts_with('*')) {
            item = format!("{quote}{item}{quote}");
        }
        let comment = if item.starts_with('*') { String::new() } else { self.comment_like(member.node, &new.name) };
        editor.insert_item(slot.resolved, member.item, &item, &comment)
    }

    /// The comment behind a new item that names it as its sibling's comment names that one.
    fn comment_like(&self, sibling: &Node, name: &str) -> String {
        let source = self.content();
        let Some(comment) = self.yaml.comment_after(&sibling.span, &self.text) else { return String::new() };
        let gap = source.get(sibling.span.end..comment.span.start).unwrap_or(" ").trim_start_matches(['"', '\'']);
        let space = if comment.text.trim_start_matches('#').starts_with(' ') { " " } else { "" };
        format!("{gap}#{space}{name}")
    }

    /// A field `age` behind the last one of a group that has none.
    fn new_field(&self, slot: Option<&Slot<'_>>, new: &Newcomer) -> Option<Vec<Splice>> {
        let (slot, editor) = (slot?, self.editor());
        let entry = slot.map.entries().get(slot.entry)?;
        if editor.is_flow(slot.map) {
            return None;
        }
        let column = editor.start(&entry.key) - editor.line_start(editor.start(&entry.key));
        let text = match slot.resolved.items().last().filter(|_| slot.is_list()) {
            Some(item) if !editor.is_flow(slot.resolved) && std::ptr::eq(slot.value, slot.resolved) => {
                let dash = editor.dash(item)?;
                let deeper = editor.indent(dash)?.len().checked_sub(column)?;
                let gap = editor.source.get(dash + 1..editor.start(item))?;
                format!("age:\n{}-{gap}{}", " ".repeat(deeper), new.item())
            }
            Some(_) => format!("age: [{}]", new.item()),
            None => format!("age: {}", new.item()),
        };
        editor.insert_entry(entry, &text)
    }

    /// Takes one of some keys out of a rule, with the field that would be left empty; nothing where the
    /// rule holds none of them.
    pub(super) fn without_recipient(
        &self,
        rule: usize,
        keys: &BTreeSet<String>,
    ) -> Result<Option<RuleFile>, RuleFileError> {
        let slots = self.slots(rule);
        let found = slots.iter().find_map(|slot| {
            let member = slot.members.iter().find(|member| keys.contains(&member.identity))?;
            Some((slot, member))
        });
        let Some((slot, member)) = found else { return Ok(None) };
        let editor = self.editor();
        let splices = if slot.members.len() == 1 && std::ptr::eq(slot.value, slot.resolved) || slot.is_single_alias() {
            editor.remove_entry(slot.map, slot.entry)
        } else if member.in_text || !slot.is_list() {
            let parts = slot.parts(member.node);
            let index = parts.iter().position(|part| *part == member.range);
            index.and_then(|index| editor.remove_part(&parts, index))
        } else {
            editor.remove_item(slot.resolved, member.item)
        };
        let splices = splices.ok_or_else(|| self.unknown_style(member.range.start, REMOVE))?;
        self.spliced(splices).map(Some)
    }

    /// The edits that put another key in the place of some.
    pub(super) fn exchanged(&self, rule: usize, keys: &BTreeSet<String>, new: &Newcomer) -> Vec<Splice> {
        let slots = self.slots(rule);
        let members = slots.iter().filter(|slot| slot.kind == "age").flat_map(|slot| &slot.members);
        let members = members.filter(|member| keys.contains(&member.identity));
        members.map(|member| Splice { range: member.range.clone(), text: new.like(member) }).collect()
    }
}
