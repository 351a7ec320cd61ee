//! A new host, or a new person.

use std::collections::{BTreeMap, BTreeSet};

use crate::generate::GenerateError;
use crate::generate::change::Plan;
use crate::generate::rule_file::{Copied, Edited, Editing, Newcomer, Put, RuleFile, RuleFileError, named_words};
use crate::identity::fold;

use super::files::{self, KeySource};
use super::holders::{Holder, everywhere, names_it};
use super::location;
use super::{Holders, HostError, Outcome, Repository, check_name, style};

/// A host to come.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its name.
    pub name: String,
    /// Its age recipient.
    pub recipient: String,
    /// Where it has its key.
    pub key: KeySource,
    /// The rule file, where it is not the obvious one.
    pub config: Option<String>,
    /// Where the module of its secrets is to stand.
    pub module: Option<String>,
    /// The folder in which its own configuration is to be made; empty for that of the other hosts.
    pub folder: Option<String>,
}

/// Adds a host.
pub fn add(repository: &Repository<'_>, request: &Request) -> Result<Outcome, GenerateError> {
    check_name(&request.name)?;
    let file = repository.rule_file(request.config.as_deref())?;
    let holders = Holders::of(&file, repository);
    let anchor = check_new(&file, &holders, repository, request)?;
    let anchor = anchor.or_else(|| style::anchor(&file, &holders, &request.name));
    let new = Newcomer { name: request.name.clone(), anchor, recipient: request.recipient.clone() };
    let mut addition = Addition { repository, holders, new, editing: Editing::of(file), done: Vec::new() };
    let made = addition.rules();
    let Addition { new, editing, done, .. } = addition;
    let by_hand = |source| by_hand(source, &new, &done);
    let own = made.map_err(by_hand)?;
    finish(repository, request, editing, &new, done.clone(), own)
}

/// What a person writes where sealnix does not know how.
pub(super) fn by_hand(source: RuleFileError, new: &Newcomer, done: &[String]) -> HostError {
    let mut lines = Vec::new();
    match &new.anchor {
        Some(anchor) => {
            lines.push(format!("  - &{anchor} {}   (among the keys)", new.recipient));
            lines.push(format!("  - *{anchor}   (in each rule whose files it is to open)"));
        }
        None => lines.push(format!("  - {}   (in each rule whose files it is to open)", new.recipient)),
    }
    lines.extend(done.iter().map(|done| format!("  it was to be: {done}")));
    HostError::ByHand { source, lines }
}

/// Refuses a name or key that is there already for somebody else. The anchor, where this very host has one.
fn check_new(
    file: &RuleFile,
    holders: &Holders,
    repository: &Repository<'_>,
    request: &Request,
) -> Result<Option<String>, HostError> {
    let Request { name, recipient, .. } = request;
    let folded = fold(name);
    let of_manifest = repository.manifest.hosts.iter().map(|host| &host.name);
    if let Some(other) = of_manifest.clone().find(|other| *other != name && fold(other) == folded) {
        return Err(HostError::Resembles { name: name.clone(), other: other.clone() });
    }
    let styled = style::anchor(file, holders, name);
    let is_it = |holder: &&Holder| {
        holder.names.iter().any(|one| fold(one) == folded) || holder.anchor.is_some() && holder.anchor == styled
    };
    match holders.of_key(recipient) {
        Some(holder) if is_it(&holder) => return Ok(holder.anchor.clone()),
        Some(holder) if !holder.names.is_empty() => {
            return Err(HostError::SameKey { other: holder.name.clone() });
        }
        _ => {}
    }
    let same = holders.hosts().find(|holder| holder.keys.len() == 1 && is_it(holder));
    let Some(same) = same else { return Ok(None) };
    let named = file.config.names.iter().find(|named| same.names.contains(&named.name));
    let line = named.map_or(1, |named| named.place.start.line);
    let name = named.map_or_else(|| same.name.clone(), |named| named.name.clone());
    Err(HostError::OtherKey { path: file.config.path.clone(), line, name })
}

struct Addition<'a> {
    repository: &'a Repository<'a>,
    holders: Holders,
    new: Newcomer,
    editing: Editing,
    done: Vec<String>,
}

/// The rule of a host's own, and whose copy it is.
struct Sibling<'h> {
    holder: &'h Holder,
    rules: Vec<usize>,
}

impl Addition<'_> {
    fn file(&self) -> &RuleFile {
        self.editing.before()
    }

    fn line(&self, rule: usize) -> u32 {
        self.file().config.rules.get(rule).map_or(0, |rule| rule.place.start.line)
    }

    /// Edits the rule file. The path of the host's own secrets, relative to it.
    fn rules(&mut self) -> Result<String, RuleFileError> {
        let hosts = self.holders.keys_of_hosts();
        let new = self.new.clone();
        if self.editing.add_anchor(&new, &hosts)? {
            self.done.extend(new.anchor.as_ref().map(|anchor| format!("its key is `&{anchor}`")));
        }
        let own = self.own_rules()?;
        self.shared_rules(&hosts)?;
        self.declared_files(&hosts)?;
        Ok(own)
    }

    /// Gives the host rules of its own, if it has none yet.
    fn own_rules(&mut self) -> Result<String, RuleFileError> {
        let names = vec![self.new.name.clone()];
        let named: Vec<usize> = self.rule_indices().filter(|rule| names_it(self.file(), *rule, &names)).collect();
        if let Some(&first) = named.first() {
            let hosts = self.holders.keys_of_hosts();
            for &rule in &named {
                if self.editing.add(rule, &self.new, &hosts)? {
                    self.done.push(format!("it is added to the rule of line {}, which names it", self.line(rule)));
                }
            }
            let expression = self.file().config.rules.get(first).and_then(|rule| rule.path_regex.as_ref());
            let path = expression.and_then(|(expression, _)| location::example_of(expression));
            return Ok(path.unwrap_or_else(|| self.default_path()));
        }
        // Those of the sibling are found anew each time: the borrow ends before the edit.
        let sibling = self.sibling().map(|one| (one.holder.names.clone(), one.holder.keys.clone(), one.rules));
        if let Some((names, keys, rules)) = sibling
            && let Some(path) = self.copies(&names, &keys, &rules)?
        {
            return Ok(path);
        }
        self.first_own_rule()
    }

    fn rule_indices(&self) -> std::ops::Range<usize> {
        0..self.file().config.rules.len()
    }

    fn default_path(&self) -> String {
        format!("secrets/{}/secrets.yaml", self.new.name)
    }

    /// Copies the rules of another host. The path of the host's own secrets.
    fn copies(
        &mut self,
        names: &[String],
        keys: &BTreeSet<String>,
        rules: &[usize],
    ) -> Result<Option<String>, RuleFileError> {
        let (mut own, mut any) = (None, false);
        let Some(mut behind) = rules.last().and_then(|rule| self.editing.index(*rule)) else { return Ok(None) };
        for &rule in rules {
            let path = location::like_sibling(self.repository, self.file(), rule, names, &self.new.name);
            let taker = path.as_ref().and_then(|path| self.editing.now().config.first_matching(path));
            let put = taker.filter(|taker| *taker <= behind).map_or(Put::After(behind), Put::Before);
            let of = Copied { rule, names, keys, new: &self.new };
            if !self.editing.copy(of, put)? {
                continue;
            }
            self.done.push(format!("a rule of its own is made like that of line {}", self.line(rule)));
            (own, any) = (own.or(path), true);
            behind += 1;
        }
        Ok(own.or_else(|| any.then(|| self.default_path())))
    }

    /// The last host that has the rules which most hosts of their own have, with those of them.
    fn sibling(&self) -> Option<Sibling<'_>> {
        let siblings: Vec<Sibling<'_>> = self.holders.hosts().filter_map(|holder| self.rules_of(holder)).collect();
        let mut shapes: BTreeMap<String, usize> = BTreeMap::new();
        for shape in siblings.iter().flat_map(|one| self.shapes(one)) {
            *shapes.entry(shape).or_default() += 1;
        }
        let number = siblings.len();
        let is_usual = |shape: &String| shapes.get(shape).is_some_and(|count| 2 * count > number);
        let usual = |one: &Sibling<'_>| self.shapes(one).iter().filter(|shape| is_usual(shape)).count();
        let most = siblings.iter().map(usual).max()?;
        let last = siblings.into_iter().filter(|one| usual(one) == most).max_by_key(|one| one.rules.last().copied())?;
        let shapes = self.shapes(&last);
        let rules = last.rules.iter().zip(&shapes).filter(|(_, shape)| most == 0 || is_usual(shape));
        Some(Sibling { holder: last.holder, rules: rules.map(|(rule, _)| *rule).collect() })
    }

    /// The rules that name a host, hold its key once and no other host's but those that all rules hold.
    fn rules_of<'h>(&self, holder: &'h Holder) -> Option<Sibling<'h>> {
        let file = self.file();
        let everywhere = everywhere(file);
        let others: BTreeSet<String> = self.holders.keys_of_hosts().difference(&holder.keys).cloned().collect();
        let is_own = |rule: &usize| {
            let keys = file.recipients(*rule);
            let strangers = keys.intersection(&others).filter(|key| !everywhere.contains(*key)).count();
            names_it(file, *rule, &holder.names) && strangers == 0 && file.count_of_age(*rule, &holder.keys) == 1
        };
        let rules: Vec<usize> = self.rule_indices().filter(is_own).collect();
        (!rules.is_empty()).then_some(Sibling { holder, rules })
    }

    /// The expressions of its rules without its name.
    fn shapes(&self, sibling: &Sibling<'_>) -> Vec<String> {
        let expressions =
            sibling.rules.iter().filter_map(|rule| self.file().config.rules.get(*rule)?.path_regex.as_ref());
        let shape = |expression: &String| {
            let mut shape = expression.clone();
            let words = named_words(expression, &sibling.holder.names);
            words.into_iter().rev().for_each(|word| shape.replace_range(word, "\0"));
            shape
        };
        expressions.map(|(expression, _)| shape(expression)).collect()
    }

    /// A rule for `secrets/NAME/` where no other host has rules of its own.
    fn first_own_rule(&mut self) -> Result<String, RuleFileError> {
        let path = self.default_path();
        let name = regex::escape(&self.new.name).replace(r"\-", "-");
        let expression = format!(r"^secrets/{name}/[^/]+\.(yaml|json|env|ini)$");
        let people = self.people_of_all();
        let now = self.editing.now();
        let last = now.config.rules.len().saturating_sub(1);
        let put = now.config.first_matching(&path).map_or(Put::After(last), Put::Before);
        self.done.push(format!("`{expression}` is a rule of its own"));
        if people.is_empty() {
            self.done.push("no person's key is in that rule, because the rules hold no common one".to_owned());
        }
        for like in self.by_likeness(&people) {
            if self.editing.like(like, &expression, &people, &self.new, put)? {
                return Ok(path);
            }
        }
        let anchors = people
            .iter()
            .filter_map(|key| self.holders.of_key(key))
            .filter(|one| one.keys.iter().all(|key| key.starts_with("age1") || key.starts_with("ssh-")));
        let mut items: Vec<String> = anchors
            .flat_map(|one| one.anchor.as_ref().map(|anchor| format!("*{anchor}")).or(one.keys.first().cloned()))
            .collect();
        items.push(self.new.anchor.as_ref().map_or(self.new.recipient.clone(), |anchor| format!("*{anchor}")));
        self.editing.plain(&expression, &items, put)?;
        Ok(path)
    }

    /// The people whom every rule holds; without rules, everybody.
    fn people_of_all(&self) -> BTreeSet<String> {
        let people = self.holders.keys_of_people();
        if self.file().config.rules.is_empty() {
            return people;
        }
        let common: BTreeSet<String> = everywhere(self.file()).intersection(&people).cloned().collect();
        if !common.is_empty() {
            return common;
        }
        let hosts = self.holders.keys_of_hosts();
        let of_hosts = self.rule_indices().filter(|rule| self.file().holds(*rule, &hosts));
        let people_of =
            |rule: usize| -> BTreeSet<String> { self.file().recipients(rule).intersection(&people).cloned().collect() };
        of_hosts.map(people_of).reduce(|one, other| one.intersection(&other).cloned().collect()).unwrap_or_default()
    }

    /// The rules whose style a new one can have, the simplest first: those that hold the people.
    fn by_likeness(&self, people: &BTreeSet<String>) -> Vec<usize> {
        let holds = |rule: &usize| people.is_subset(&self.file().recipients(*rule));
        let mut rules: Vec<usize> = self.rule_indices().filter(holds).collect();
        rules.sort_by_key(|rule| (self.file().has_options(*rule), self.file().recipients(*rule).len()));
        rules
    }

    /// Adds it to the rules that every other host is in.
    fn shared_rules(&mut self, hosts: &BTreeSet<String>) -> Result<(), RuleFileError> {
        let everywhere: Vec<BTreeSet<String>> = self.rule_indices().map(|rule| self.file().recipients(rule)).collect();
        // A host that no rule holds tells nothing.
        let known: Vec<BTreeSet<String>> = self.holders.hosts().map(|host| host.keys.clone()).collect();
        let known: Vec<_> =
            known.into_iter().filter(|keys| everywhere.iter().any(|rule| !rule.is_disjoint(keys))).collect();
        for rule in self.rule_indices() {
            let holds_all = known.iter().all(|keys| self.file().holds(rule, keys)) && !known.is_empty();
            if holds_all && !self.is_for_one(rule, known.len()) && self.editing.add(rule, &self.new, hosts)? {
                self.done
                    .push(format!("it is added to the rule of line {}, which every other host is in", self.line(rule)));
            }
        }
        Ok(())
    }

    /// Whether a rule is for one host alone: its own, or one that names a host where only one is known.
    fn is_for_one(&self, rule: usize, known: usize) -> bool {
        let is_own = self.holders.hosts().filter_map(|host| self.rules_of(host)).any(|one| one.rules.contains(&rule));
        let names: Vec<String> = self.repository.manifest.hosts.iter().map(|host| host.name.clone()).collect();
        is_own || known == 1 && names_it(self.file(), rule, &names)
    }

    /// Adds it to the rules of the files that it declares already, if other hosts are in them.
    fn declared_files(&mut self, hosts: &BTreeSet<String>) -> Result<(), RuleFileError> {
        for path in self.repository.declared(&self.new.name) {
            let relative = self.file().config.relative(path);
            let Some(rule) = relative.and_then(|path| self.file().config.first_matching(path)) else { continue };
            let key = BTreeSet::from([self.new.recipient.clone()]);
            if self.file().holds(rule, &key) {
                continue;
            }
            let line = self.line(rule);
            if !self.file().holds(rule, hosts) {
                self.done
                    .push(format!("the rule of line {line}, whose `{path}` it declares, is for no host and was left"));
            } else if self.editing.add(rule, &self.new, hosts)? {
                self.done.push(format!("it is added to the rule of line {line}, whose `{path}` it declares"));
            }
        }
        self.done.dedup();
        Ok(())
    }
}

/// Proves the edit, and plans the files.
fn finish(
    repository: &Repository<'_>,
    request: &Request,
    editing: Editing,
    new: &Newcomer,
    mut done: Vec<String>,
    own: String,
) -> Result<Outcome, GenerateError> {
    let name = &request.name;
    let before = repository.rule_file(request.config.as_deref())?;
    let edited = proved(repository, editing, new, &done, std::slice::from_ref(name))?;
    let declared = repository.declared(name);
    let commands = repository.updates(&before, &edited, &declared, &[])?;
    done.extend(edited.moved.iter().map(|moved| format!("`{}` is taken by its own rule now", moved.path)));
    let mut plan = Plan::new(&repository.tree.root);
    plan.edit(&before.config.path, before.content(), edited.content);
    let own = format!("{}{own}", before.config.folder());
    let hosts = location::folder_of_hosts(repository.tree, &Holders::of(&before, repository), repository);
    let left = files::plan(repository, request, &own, hosts.as_deref(), &mut plan, &mut done)?;
    Ok(Outcome { plan, done, commands, left })
}

/// The edited rule file, if it is what was meant.
pub(super) fn proved(
    repository: &Repository<'_>,
    editing: Editing,
    new: &Newcomer,
    done: &[String],
    names: &[String],
) -> Result<Edited, HostError> {
    let files = repository.sealed_files(&editing.before().config);
    editing.finish(Some(new), &BTreeSet::new(), &files, names).map_err(|source| by_hand(source, new, done))
}
