//! A row of edits of one rule file, and the proof that they came to what was meant.

use std::collections::BTreeSet;

use crate::keys::recipient::canonical;
use crate::policy::CreationRule;
use crate::source::RepoPath;
use crate::yaml::{Node, Value, Yaml};

use super::rules::{Copied, Put, named_words};
use super::{Newcomer, RuleFile, RuleFileError};

/// The fields whose recipients are compared as sops reads them.
const RECIPIENTS: [&str; 3] = ["age", "pgp", "key_groups"];

/// A rule file being edited. Rules are named by the index that they had before the first edit.
#[derive(Debug)]
pub struct Editing {
    before: RuleFile,
    now: Option<RuleFile>,
    /// Of each rule now, what it was before; nothing of a new one.
    origins: Vec<Option<usize>>,
    /// The rules whose recipients are meant to differ.
    changed: BTreeSet<usize>,
    /// The rules that are meant to be gone.
    removed: BTreeSet<usize>,
}

/// A sops file that another rule takes now, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The file.
    pub path: RepoPath,
    /// The line of the rule that takes it now, in the file as it was if it is there.
    pub line: Option<u32>,
}

/// A rule file as it is to be written.
#[derive(Debug)]
pub struct Edited {
    /// Its text.
    pub content: String,
    /// The sops files that another rule takes now.
    pub moved: Vec<Moved>,
}

impl Editing {
    /// Nothing edited yet.
    pub fn of(file: RuleFile) -> Self {
        let origins = (0..file.config.rules.len()).map(Some).collect();
        Editing { before: file, now: None, origins, changed: BTreeSet::new(), removed: BTreeSet::new() }
    }

    /// The file as it was.
    pub fn before(&self) -> &RuleFile {
        &self.before
    }

    /// The file as it is now.
    pub fn now(&self) -> &RuleFile {
        self.now.as_ref().unwrap_or(&self.before)
    }

    /// Where a rule stands now.
    pub fn index(&self, rule: usize) -> Option<usize> {
        self.origins.iter().position(|origin| *origin == Some(rule))
    }

    /// Gives a key its anchor. Whether that was to be done.
    pub fn add_anchor(&mut self, new: &Newcomer, siblings: &BTreeSet<String>) -> Result<bool, RuleFileError> {
        let next = self.now().with_anchor(new, siblings)?;
        Ok(self.take(next))
    }

    /// Takes the anchors of some keys out. Whether there was any.
    pub fn remove_anchors(&mut self, keys: &BTreeSet<String>) -> Result<bool, RuleFileError> {
        let mut any = false;
        while let Some(next) = self.now().without_anchor(keys)? {
            any = self.take(Some(next));
        }
        Ok(any)
    }

    /// Adds a key to a rule. Whether that was to be done.
    pub fn add(&mut self, rule: usize, new: &Newcomer, siblings: &BTreeSet<String>) -> Result<bool, RuleFileError> {
        let Some(index) = self.index(rule) else { return Ok(false) };
        let key = BTreeSet::from([new.recipient.clone()]);
        if self.before.holds(rule, &key) {
            return Ok(false);
        }
        self.changed.insert(rule);
        // A list that several rules name may have it already.
        if !self.now().holds(index, &key) {
            self.now = Some(self.now().with_recipient(index, new, siblings)?);
        }
        Ok(true)
    }

    /// Takes keys out of a rule. Whether it held any.
    pub fn remove(&mut self, rule: usize, keys: &BTreeSet<String>) -> Result<bool, RuleFileError> {
        let Some(index) = self.index(rule) else { return Ok(false) };
        if !self.before.holds(rule, keys) {
            return Ok(false);
        }
        self.changed.insert(rule);
        while let Some(next) = self.now().without_recipient(index, keys)? {
            self.take(Some(next));
        }
        Ok(true)
    }

    /// Copies a rule for another host. Whether its text can be copied.
    pub fn copy(&mut self, of: Copied<'_>, put: Put) -> Result<bool, RuleFileError> {
        let Some(index) = self.index(of.rule) else { return Ok(false) };
        let Some(text) = self.now().copy(Copied { rule: index, ..of }) else { return Ok(false) };
        self.now = Some(self.now().with_rule(&text, put)?);
        self.origins.insert(put.index().min(self.origins.len()), None);
        Ok(true)
    }

    /// Takes keys out of a new rule, named by where it stands now.
    pub fn thin(&mut self, index: usize, keys: &BTreeSet<String>) -> Result<(), RuleFileError> {
        while let Some(next) = self.now().without_recipient(index, keys)? {
            self.take(Some(next));
        }
        Ok(())
    }

    /// Makes a rule like another one, with another expression, for some of its keys and a new one. Whether
    /// the other's text can be copied.
    pub fn like(
        &mut self,
        of: usize,
        expression: &str,
        keep: &BTreeSet<String>,
        new: &Newcomer,
        put: Put,
    ) -> Result<bool, RuleFileError> {
        let nothing = BTreeSet::new();
        if !self.copy(Copied { rule: of, names: &[], keys: &nothing, new }, put)? {
            return Ok(false);
        }
        let index = put.index();
        let mut file = self.now().with_expression(index, expression)?;
        let others: BTreeSet<String> = file.recipients(index).difference(keep).cloned().collect();
        file = file.with_recipient(index, new, &others)?;
        while let Some(next) = file.without_recipient(index, &others)? {
            file = next;
        }
        self.take(Some(file));
        Ok(true)
    }

    /// Writes a rule in the plainest style: the file's first, or before another.
    pub fn plain(&mut self, expression: &str, items: &[String], put: Put) -> Result<(), RuleFileError> {
        let rule = RuleFile::plain_rule(expression, items);
        if self.now().has_no_rules() {
            self.now = Some(self.now().with_first_rule(&rule)?);
            self.origins.insert(0, None);
            return Ok(());
        }
        let indent = self.now().indent_of_rules();
        let lines: Vec<String> = rule.lines().map(|line| format!("{indent}{line}")).collect();
        let newline = self.now().editor().newline();
        self.now = Some(self.now().with_rule(&lines.join(newline), put)?);
        self.origins.insert(put.index().min(self.origins.len()), None);
        Ok(())
    }

    /// Takes a rule out.
    pub fn remove_rule(&mut self, rule: usize, names: &[String]) -> Result<(), RuleFileError> {
        let Some(index) = self.index(rule) else { return Ok(()) };
        self.now = Some(self.now().without_rule(index, names)?);
        self.origins.remove(index);
        self.removed.insert(rule);
        Ok(())
    }

    fn take(&mut self, next: Option<RuleFile>) -> bool {
        let any = next.is_some();
        if any {
            self.now = next;
        }
        any
    }

    /// The text, if it says what was meant: of `added` and `gone` the rules named to [`Editing::add`] and
    /// [`Editing::remove`] differ in nothing else, all other rules and anchors are as they were, and every
    /// sops file is taken by the rule that took it, but for those named after one of `names`.
    pub fn finish(
        self,
        added: Option<&Newcomer>,
        gone: &BTreeSet<String>,
        files: &[RepoPath],
        names: &[String],
    ) -> Result<Edited, RuleFileError> {
        let path = self.before.config.path.clone();
        let moved = self.moved(files, names);
        let proof = self.prove(added, gone).and(moved);
        let moved = proof.map_err(|why| RuleFileError::NotAsMeant { path, why })?;
        Ok(Edited { content: self.now().content().to_owned(), moved })
    }

    fn prove(&self, added: Option<&Newcomer>, gone: &BTreeSet<String>) -> Result<(), String> {
        let (before, now) = (&self.before, self.now());
        if now.config.rules.len() != self.origins.len() || now.config.problems.len() > before.config.problems.len() {
            return Err("sops would refuse it".to_owned());
        }
        for (index, rule) in before.config.rules.iter().enumerate().filter(|(index, _)| !self.removed.contains(index)) {
            let after = self.index(index).and_then(|index| Some((now.rule_node(index), now.rule(index)?)));
            let Some((node, after)) = after else { return Err(format!("the rule of line {} is gone", line(rule))) };
            let added = added.map(|new| new.recipient.as_str()).filter(|_| self.changed.contains(&index));
            let nothing = BTreeSet::new();
            let gone = if self.changed.contains(&index) { gone } else { &nothing };
            if !has_recipients(rule, after, added, gone) {
                return Err(format!("the rule of line {} would have other recipients", line(rule)));
            }
            let same_fields = match (before.rule_node(index), node) {
                (Some(one), Some(other)) => same_but_recipients((&before.yaml, one), (&now.yaml, other)),
                (one, other) => one.is_none() && other.is_none(),
            };
            if !same_fields || rule.threshold != after.threshold {
                return Err(format!("the rule of line {} would have other fields", line(rule)));
            }
        }
        let new_rules = self.origins.iter().enumerate().filter(|(_, origin)| origin.is_none());
        for rule in new_rules.filter_map(|(index, _)| now.rule(index)) {
            let is_new = |one: &crate::policy::RuleRecipient| {
                one.kind == "age" && added.is_some_and(|new| canonical(one.kind, &one.identity) == new.recipient)
            };
            if !rule.groups.iter().flatten().any(is_new) {
                return Err(format!("the new rule of line {} would not hold the key", line(rule)));
            }
        }
        if before.anchors_without(gone, added) != now.anchors_without(gone, added) {
            return Err("other anchors would differ".to_owned());
        }
        Ok(())
    }

    /// The files that another rule takes now. One that the edit does not concern is a mistake of the edit.
    fn moved(&self, files: &[RepoPath], names: &[String]) -> Result<Vec<Moved>, String> {
        let mut moved = Vec::new();
        for path in files {
            let Some(relative) = self.before.config.relative(path) else { continue };
            let old = self.before.config.first_matching(relative);
            let new = self.now().config.first_matching(relative);
            if new.map(|new| self.origins.get(new).copied().flatten()) == old.map(Some) {
                continue;
            }
            // A rule that was there before has the line of that, as in everything else that is said.
            let origin = |new: usize| self.origins.get(new).copied().flatten();
            let rule =
                new.and_then(|new| origin(new).map_or_else(|| self.now().rule(new), |old| self.before.rule(old)));
            let line = rule.map(line);
            let was_removed = old.is_some_and(|old| self.removed.contains(&old));
            if !was_removed && named_words(path, names).is_empty() {
                return Err(format!("`{path}` would be taken by another rule"));
            }
            moved.push(Moved { path: path.clone(), line });
        }
        Ok(moved)
    }
}

fn line(rule: &CreationRule) -> u32 {
    rule.place.start.line
}

/// Whether a rule holds what another held, with one more in some groups and without those that are gone.
fn has_recipients(before: &CreationRule, after: &CreationRule, added: Option<&str>, gone: &BTreeSet<String>) -> bool {
    let keys = |group: &[crate::policy::RuleRecipient]| -> BTreeSet<(&'static str, String)> {
        group.iter().map(|one| (one.kind, canonical(one.kind, &one.identity))).collect()
    };
    let mut more = 0;
    let same = before.groups.iter().zip(&after.groups).all(|(before, after)| {
        let (mut before, after) = (keys(before), keys(after));
        before.retain(|(_, key)| !gone.contains(key));
        let new: Vec<_> = after.difference(&before).collect();
        more += new.len();
        before.is_subset(&after) && new.iter().all(|(kind, key)| *kind == "age" && Some(key.as_str()) == added)
    });
    same && before.groups.len() == after.groups.len() && (more > 0) == added.is_some()
}

/// Whether two rules agree in everything else.
fn same_but_recipients((yaml, one): (&Yaml, &Node), (other_yaml, other): (&Yaml, &Node)) -> bool {
    let others = |node: &Node| -> usize { node.entries().iter().filter(|entry| is_other(entry.key.text())).count() };
    let is_there = |entry: &&crate::yaml::Entry| match entry.key.text() {
        Some(key) => match other_yaml.entry(other, key) {
            Some(there) => same((yaml, &entry.value), (other_yaml, &there.value), 0),
            None => false,
        },
        None => false,
    };
    let mut fields = one.entries().iter().filter(|entry| is_other(entry.key.text()));
    others(one) == others(other) && fields.all(|entry| is_there(&entry))
}

fn is_other(key: Option<&str>) -> bool {
    key.is_none_or(|key| !RECIPIENTS.contains(&key))
}

/// How deep fields of a rule are compared; sops knows none that is deeper.
const MAX_DEPTH: usize = 8;

fn same(one: (&Yaml, &Node), other: (&Yaml, &Node), depth: usize) -> bool {
    let (a, b) = (one.0.resolve(one.1), other.0.resolve(other.1));
    let same = |a: &Node, b: &Node| same((one.0, a), (other.0, b), depth + 1);
    match (&a.value, &b.value) {
        _ if depth > MAX_DEPTH => true,
        (Value::Scalar(a), Value::Scalar(b)) => a.text == b.text && a.kind == b.kind,
        (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(&a.key, &b.key) && same(&a.value, &b.value))
        }
        _ => false,
    }
}

impl RuleFile {
    /// Every anchor of a recipient but those that an edit concerns, in file order.
    fn anchors_without(&self, gone: &BTreeSet<String>, added: Option<&Newcomer>) -> Vec<(&str, &str)> {
        let anchors = self.config.names.iter().filter(|named| named.is_anchor);
        let others = anchors.filter(|named| {
            let is_new = added.is_some_and(|new| new.anchor.as_ref() == Some(&named.name));
            let key = crate::keys::Recipient::parse_any(&named.recipient);
            !is_new && !key.is_some_and(|key| gone.contains(key.canonical()))
        });
        others.map(|named| (named.name.as_str(), named.recipient.as_str())).collect()
    }

    fn indent_of_rules(&self) -> String {
        let editor = self.editor();
        let dash = self.rule_node(0).and_then(|node| editor.dash(node));
        dash.and_then(|dash| editor.indent(dash)).unwrap_or("  ").to_owned()
    }
}
