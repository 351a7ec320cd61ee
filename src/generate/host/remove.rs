//! A host or a person goes.

use std::collections::BTreeSet;

use crate::generate::GenerateError;
use crate::generate::change::Plan;
use crate::generate::rule_file::{Editing, RuleFile, RuleFileError, named_words};
use crate::identity::fold;
use crate::keys::recipient::canonical;
use crate::sops::Document;
use crate::sops::document::{Node, Value};

use super::holders::{Holder, everywhere, names_it};
use super::{Holders, HostError, Outcome, Repository, style};

/// Who goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// A machine: its own rules go with it.
    Host,
    /// A person, or a key in a safe.
    Person,
}

/// How many keys of a file are named, and how many files.
const SHOWN: usize = 12;

/// Takes a host's or person's keys out of a rule file.
pub fn remove(
    repository: &Repository<'_>,
    who: Who,
    name: &str,
    config: Option<&str>,
) -> Result<Outcome, GenerateError> {
    let file = repository.rule_file(config)?;
    let before = repository.rule_file(config)?;
    let holders = Holders::of(&file, repository);
    let mut holder = named(&holders, &file, name)?.clone();
    if !holder.keys.contains(name) {
        holder.names.push(name.to_owned());
    }
    let mut editing = Editing::of(file);
    let mut removal = Removal { who, holders: &holders, holder: &holder, done: Vec::new() };
    let by_hand = |source: RuleFileError| {
        let anchor = holder
            .anchor
            .as_ref()
            .map_or_else(|| "its key".to_owned(), |anchor| format!("`*{anchor}` and `&{anchor}`"));
        HostError::ByHand { source, lines: vec![format!("  take {anchor} out of `{}`", before.config.path)] }
    };
    removal.rules(&mut editing).map_err(by_hand)?;
    let mut done = removal.done;
    let documents: Vec<&Document> = repository.documents(&before.config).collect();
    let files = repository.sealed_files(&before.config);
    let edited = editing.finish(None, &holder.keys, &files, &holder.names).map_err(by_hand)?;
    let commands = repository.updates(&before, &edited, &BTreeSet::new(), &edited.moved)?;
    for moved in &edited.moved {
        done.push(match moved.line {
            Some(line) => {
                let path = &moved.path;
                format!("`{path}` is taken by the rule of line {line} now: delete it, or `sops updatekeys` opens it to those")
            }
            None => format!("`{}` is taken by no rule now", moved.path),
        });
    }
    let mut plan = Plan::new(&repository.tree.root);
    plan.write(&before.config.path, edited.content)?;
    let mut left = to_rotate(&documents, &holder.keys);
    left.extend(leftovers(repository, &holder, who));
    Ok(Outcome { plan, done, commands, left })
}

/// Who has a name: exactly, else but for case and separators, else with the others' prefix; or who holds a key.
fn named<'h>(holders: &'h Holders, file: &RuleFile, name: &str) -> Result<&'h Holder, HostError> {
    let styled = style::anchor(file, holders, name);
    let exact = |holder: &&Holder| holder.name == name || holder.names.iter().any(|one| one == name);
    let by_key = |holder: &&Holder| holder.keys.contains(name) || holder.anchor.is_some() && holder.anchor == styled;
    let nearly = |holder: &&Holder| holder.names.iter().any(|one| fold(one) == fold(name));
    let all = || holders.all.iter();
    let found = all().find(exact).or_else(|| all().find(nearly)).or_else(|| all().find(by_key));
    found.ok_or_else(|| HostError::Unknown {
        path: file.config.path.clone(),
        name: name.to_owned(),
        known: holders.all.iter().filter(|holder| !holder.names.is_empty()).map(|holder| holder.name.clone()).collect(),
    })
}

struct Removal<'h> {
    who: Who,
    holders: &'h Holders,
    holder: &'h Holder,
    done: Vec<String>,
}

impl Removal<'_> {
    fn rules(&mut self, editing: &mut Editing) -> Result<(), RuleFileError> {
        let keys = &self.holder.keys;
        let mut is_needed = false;
        for rule in 0..editing.before().config.rules.len() {
            let file = editing.before();
            if !file.holds(rule, keys) {
                continue;
            }
            let line = file.config.rules.get(rule).map_or(0, |rule| rule.place.start.line);
            if self.who == Who::Host && self.is_own(file, rule) {
                editing.remove_rule(rule, &self.holder.names)?;
                self.done.push(format!("its own rule of line {line} is taken out"));
            } else if file.recipients(rule).is_subset(keys) {
                is_needed = true;
                self.done.push(format!("the rule of line {line} would be left without any key, so it keeps this one"));
            } else {
                editing.remove(rule, keys)?;
                self.done.push(format!("it is taken out of the rule of line {line}"));
            }
        }
        if !is_needed && editing.remove_anchors(keys)? {
            self.done.extend(self.holder.anchor.as_ref().map(|anchor| format!("`&{anchor}` is taken out")));
        }
        Ok(())
    }

    /// Whether a rule names it and is for no other host.
    fn is_own(&self, file: &RuleFile, rule: usize) -> bool {
        let others: BTreeSet<String> = self.holders.keys_of_hosts().difference(&self.holder.keys).cloned().collect();
        let everywhere = everywhere(file);
        let strangers =
            file.recipients(rule).into_iter().filter(|key| others.contains(key) && !everywhere.contains(key));
        names_it(file, rule, &self.holder.names) && strangers.count() == 0
    }
}

/// What a key could read: it may have kept the values.
fn to_rotate(documents: &[&Document], keys: &BTreeSet<String>) -> Vec<String> {
    let recipients = |document: &Document| -> BTreeSet<String> {
        document.metadata.recipients().map(|one| canonical(one.kind, &one.identity)).collect()
    };
    let readable = documents.iter().filter(|document| !recipients(document).is_disjoint(keys));
    let files = readable.map(|document| {
        let names = leaves(document);
        let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
        let more = match names.len().saturating_sub(SHOWN) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let only = if recipients(document).is_subset(keys) { " (nobody else can open this file)" } else { "" };
        format!("change the values of `{}`, which it could read{only}: {shown}{more}", document.path)
    });
    let mut left: Vec<String> = files.collect();
    if !left.is_empty() {
        left.push(
            "`sops rotate -i FILE` gives a file a new data key after `sops updatekeys`; only new values undo what was read"
                .to_owned(),
        );
    }
    left
}

/// The paths of a document's values, in its order.
fn leaves(document: &Document) -> Vec<String> {
    let mut found = Vec::new();
    let mut pending: Vec<(String, &Node)> = document.parts.iter().rev().map(|part| (String::new(), part)).collect();
    while let Some((path, node)) = pending.pop() {
        match &node.value {
            Value::Map(children) => pending.extend(children.iter().rev().map(|child| {
                let path = if path.is_empty() { child.key.clone() } else { format!("{path}/{}", child.key) };
                (path, &child.node)
            })),
            _ => found.push(format!("`{}`", crate::generate::host::one_line(&path))),
        }
    }
    found
}

/// The folders and files that are named after it.
fn leftovers(repository: &Repository<'_>, holder: &Holder, who: Who) -> Vec<String> {
    if who == Who::Person {
        return Vec::new();
    }
    let mut found: BTreeSet<String> = BTreeSet::new();
    for path in repository.tree.files.keys() {
        let mut so_far = Vec::new();
        for part in path.split('/') {
            so_far.push(part);
            let stem = part.split('.').next().unwrap_or(part);
            let is_its = [part, stem].iter().any(|part| named_words(part, &holder.names).contains(&(0..part.len())));
            if is_its {
                found.insert(so_far.join("/"));
                break;
            }
        }
    }
    let paths: Vec<String> = found.iter().take(SHOWN).map(|path| format!("`{path}`")).collect();
    if paths.is_empty() { Vec::new() } else { vec![format!("what is named after it was left: {}", paths.join(", "))] }
}
