//! A person comes, or a key in a safe.

use std::collections::BTreeSet;

use crate::generate::GenerateError;
use crate::generate::change::Plan;
use crate::generate::rule_file::{Editing, Newcomer, RuleFile};
use crate::identity::fold;

use super::add::{by_hand, proved};
use super::{Holder, Holders, HostError, Outcome, Repository, check_name};

/// A person to come, or a key in a safe.
#[derive(Debug, Clone)]
pub struct Person {
    /// The name.
    pub name: String,
    /// The age recipient.
    pub recipient: String,
    /// The rule file, where it is not the obvious one.
    pub config: Option<String>,
    /// Whose rules are to hold it.
    pub like: Option<String>,
}

/// Adds a person.
pub fn add_person(repository: &Repository<'_>, person: &Person) -> Result<Outcome, GenerateError> {
    check_name(&person.name)?;
    let file = repository.rule_file(person.config.as_deref())?;
    let before = repository.rule_file(person.config.as_deref())?;
    let holders = Holders::of(&file, repository);
    let rules = rules_of_people(&file, &holders, person)?;
    let people = holders.keys_of_people();
    let anchor = file.has_anchors() || file.config.rules.is_empty();
    let new = Newcomer {
        name: person.name.clone(),
        anchor: anchor.then(|| person.name.clone()),
        recipient: person.recipient.clone(),
    };
    let other = holders.opening(&person.recipient).filter(|other| !other.names.is_empty());
    if let Some(other) = other.filter(|other| !other.names.contains(&person.name)) {
        return Err(HostError::SameKey { other: other.name.clone() }.into());
    }
    let mut editing = Editing::of(file);
    let mut done = Vec::new();
    let added = editing.add_anchor(&new, &people).and_then(|is_new| {
        done.extend(new.anchor.as_ref().filter(|_| is_new).map(|anchor| format!("its key is `&{anchor}`")));
        for rule in rules {
            let line = before.config.rules.get(rule).map_or(0, |rule| rule.place.start.line);
            if editing.add(rule, &new, &people)? {
                done.push(format!("it is added to the rule of line {line}"));
            }
        }
        Ok(())
    });
    added.map_err(|source| by_hand(source, &new, &done))?;
    let edited = proved(repository, editing, &new, &done, &[])?;
    let commands = repository.updates(&before, &edited, &BTreeSet::new(), &[])?;
    let mut plan = Plan::new(&repository.tree.root);
    plan.edit(&before.config.path, before.content(), edited.content);
    Ok(Outcome { plan, done, commands, left: Vec::new() })
}

/// The rules that a person is to be in: those of another one, or all where all hold the same people.
fn rules_of_people(file: &RuleFile, holders: &Holders, person: &Person) -> Result<Vec<usize>, HostError> {
    let all = 0..file.config.rules.len();
    if let Some(like) = &person.like {
        let is_it =
            |holder: &&Holder| holder.keys.contains(like) || holder.names.iter().any(|one| fold(one) == fold(like));
        let found = holders.all.iter().find(is_it);
        let unknown = || HostError::Unknown {
            path: file.config.path.clone(),
            name: like.clone(),
            known: holders.all.iter().map(|holder| holder.name.clone()).collect(),
        };
        let found = found.ok_or_else(unknown)?;
        return Ok(all.filter(|rule| file.holds(*rule, &found.keys)).collect());
    }
    let people = holders.keys_of_people();
    let of: BTreeSet<BTreeSet<String>> =
        all.clone().map(|rule| file.recipients(rule).intersection(&people).cloned().collect()).collect();
    if of.len() <= 1 {
        return Ok(all.collect());
    }
    let candidates = holders.all.iter().filter(|holder| !holder.is_host).map(|holder| holder.name.clone());
    Err(HostError::Like { name: person.name.clone(), candidates: candidates.collect() })
}
