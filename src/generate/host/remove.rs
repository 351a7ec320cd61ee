//! A host or a person goes.

use std::collections::BTreeSet;

use crate::command::{self, SopsFile};
use crate::generate::GenerateError;
use crate::generate::change::Plan;
use crate::generate::rule_file::{Editing, Moved, RuleFile, RuleFileError};
use crate::identity::fold;
use crate::nix::lib::escapes::shell_word;
use crate::policy::Config;
use crate::source::RepoPath;

use super::holders::{Holder, everywhere, names_it};
use super::named::named;
use super::own_rule::{is_for_alone, is_named_after};
use super::reach::{Reach, SHOWN};
use super::{Holders, HostError, Outcome, Repository};

/// Who goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// A machine: its own rules go with it.
    Host,
    /// A person, or a key in a safe.
    Person,
}

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
    let mut holder = named(&holders, &file, who, name)?;
    if !holder.keys.contains(name) {
        holder.names.push(name.to_owned());
    }
    let reach = Reach::of(repository, &holder.keys);
    let left = left(repository, &reach, &holder, who, &before.config);
    let mut editing = Editing::of(file);
    let files = repository.sealed_files(&before.config);
    let others = others(repository, &holders, &holder);
    let mut removal = Removal { who, holders: &holders, holder: &holder, others, files: &files, done: Vec::new() };
    let refused = |source: RuleFileError| {
        let anchor = holder
            .anchor
            .as_ref()
            .map_or_else(|| "its key".to_owned(), |anchor| format!("`*{anchor}` and `&{anchor}`"));
        let by_hand = std::iter::once(format!("  take {anchor} out of `{}`", before.config.path));
        let left = left.iter().map(|left| format!("  {left}"));
        HostError::NotTakenOut { source, lines: by_hand.chain(left).collect() }
    };
    removal.rules(&mut editing).map_err(refused)?;
    let mut done = removal.done;
    let edited = editing.finish(None, &holder.keys, &files, &holder.names).map_err(refused)?;
    let after = RuleFile::read(&before.config.path, &edited.content).map_err(refused)?;
    let mut commands = repository.updates(&before, &edited, &reach.paths(), &edited.moved)?;
    commands.extend(reach.elsewhere(&after, &edited));
    for Moved { path, line } in &edited.moved {
        done.push(match line {
            Some(line) => {
                let file = repository.vault.document(path).map_or_else(|| path.into(), SopsFile::read);
                let update = command::updatekeys(file, Some(&before.config));
                let delete = if is_named_after(path, &holder.names) { "delete it, or " } else { "" };
                format!("`{path}` is taken by the rule of line {line} now: {delete}`{update}` opens it to those")
            }
            None => format!("`{path}` is taken by no rule now"),
        });
    }
    let mut plan = Plan::new(&repository.tree.root);
    plan.edit(&before.config.path, before.content(), edited.content);
    Ok(Outcome { plan, done, commands, left })
}

/// What the edit does not do, a sentence each.
fn left(repository: &Repository<'_>, reach: &Reach<'_>, holder: &Holder, who: Who, edited: &Config) -> Vec<String> {
    let mut left = reach.to_rotate();
    let command = if who == Who::Host { "host" } else { "recipient" };
    left.extend(reach.other_rule_files(edited).into_iter().map(|path| {
        let key = holder.keys.first().map(String::as_str).unwrap_or_default();
        let line = format!("sealnix {command} remove {} --config {}", shell_word(key), shell_word(path));
        format!("`{path}` still holds its key: `{line}`")
    }));
    left.extend(leftovers(repository, holder, who));
    left
}

struct Removal<'h> {
    who: Who,
    holders: &'h Holders,
    holder: &'h Holder,
    /// The names of everybody else.
    others: Vec<String>,
    /// The sops files that the rules are for.
    files: &'h [RepoPath],
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

    /// Whether a rule names it and is for no other host, by its expression, its keys and its files.
    fn is_own(&self, file: &RuleFile, rule: usize) -> bool {
        let others: BTreeSet<String> = self.holders.keys_of_hosts().difference(&self.holder.keys).cloned().collect();
        let everywhere = everywhere(file);
        let strangers =
            file.recipients(rule).into_iter().filter(|key| others.contains(key) && !everywhere.contains(key));
        let names = &self.holder.names;
        let expression = file.config.rules.get(rule).and_then(|rule| rule.path_regex.as_ref());
        let is_for_alone = expression.is_some_and(|(expression, _)| is_for_alone(expression, names, &self.others));
        let taken = |path: &&RepoPath| {
            file.config.relative(path).and_then(|path| file.config.first_matching(path)) == Some(rule)
        };
        let mut files = self.files.iter().filter(taken);
        names_it(file, rule, names)
            && strangers.count() == 0
            && is_for_alone
            && files.all(|path| is_named_after(path, names))
    }
}

/// What other hosts are called, and the anchors of other people.
fn others(repository: &Repository<'_>, holders: &Holders, holder: &Holder) -> Vec<String> {
    let others = holders.all.iter().filter(|other| other.keys.is_disjoint(&holder.keys));
    let names =
        others.flat_map(|other| if other.is_host { other.names.clone() } else { Vec::from_iter(other.anchor.clone()) });
    let of_manifest = repository.manifest.hosts.iter().map(|host| host.name.clone());
    let is_its = |name: &String| holder.names.iter().any(|one| fold(one) == fold(name));
    names.chain(of_manifest).filter(|name| !is_its(name)).collect()
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
            if is_named_after(part, &holder.names) {
                found.insert(so_far.join("/"));
                break;
            }
        }
    }
    let paths: Vec<String> = found.iter().take(SHOWN).map(|path| format!("`{path}`")).collect();
    if paths.is_empty() { Vec::new() } else { vec![format!("what is named after it was left: {}", paths.join(", "))] }
}
