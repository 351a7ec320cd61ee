//! One file: what it is, who can read it, which rule decides and who it says should.

use std::collections::BTreeSet;

use crate::command::{self, SopsFile};
use crate::keys::age_file::Header;
use crate::policy::{Config, CreationRule, Drift, Problem, Selection};
use crate::sops::Document;
use crate::vault::Sealed;

use super::age::{Age, AgeRule};
use super::{Access, Declared, Mark, Reach, Readers};

/// A file, sealed or not, there or not.
#[derive(Debug)]
pub struct File<'a> {
    /// Its path.
    pub path: String,
    /// What it is.
    pub state: State<'a>,
    /// Who can read it, where that is known.
    pub can: Option<Readers<'a>>,
    /// Who should, by the rule that takes it.
    pub should: Option<Readers<'a>>,
    /// What sops does with it; nothing with an age file.
    pub selection: Selection<'a>,
    /// What agenix' rules say of it, where it is theirs.
    pub age: Option<Age<'a>>,
    /// Who declares secrets of it.
    pub declared: Declared<'a>,
}

/// What lies at a path.
#[derive(Debug, Clone, Copy)]
pub enum State<'a> {
    /// A sealed file.
    Sealed(&'a Document),
    /// An age file.
    Age(&'a Header),
    /// A sealed file that could not be read; why, as a clause.
    Unread(&'a str),
    /// A file that is not sealed, as far as one can see.
    Clear,
    /// A file that was not looked at; why, as a clause.
    NotLooked(&'a str),
    /// Nothing.
    Absent,
}

/// What one rule does with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Its expression does not match.
    Misses,
    /// It is the first that matches.
    Takes,
    /// It matches too, but an earlier one takes the file.
    TooLate,
    /// It is reached and its expression does not compile: sops stops.
    Stops,
    /// Its expression does not compile, but sops does not come that far.
    NotReached,
}

/// A rule of the file that decides, and what it does with a file.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// Its number, from 1.
    pub number: usize,
    /// The rule.
    pub rule: &'a CreationRule,
    /// What it does.
    pub verdict: Verdict,
}

impl<'a> Access<'a> {
    /// What there is to say of a path.
    pub fn file(&self, path: &str) -> File<'a> {
        if let Some(file) = self.age_file(path) {
            return file;
        }
        let repository = &self.repository;
        let state = match repository.vault.sealed_file(path) {
            Some(Sealed::Document(document)) => State::Sealed(document),
            Some(Sealed::Unread { why, .. }) => State::Unread(why),
            None => self.unsealed(path),
        };
        let selection = repository.policy.select(path);
        let can = match state {
            State::Sealed(document) => Some(Readers::of_file(&document.metadata, &self.owners)),
            _ => None,
        };
        let should = match selection {
            Selection::Rule { rule, .. } => Some(Readers::of_rule(rule, &self.owners)),
            _ => None,
        };
        let declared = self.declared.get(path).cloned().unwrap_or_default();
        File { path: path.to_owned(), state, can, should, selection, age: None, declared }
    }

    /// What a path is where no sealed file was read.
    pub(super) fn unsealed(&self, path: &str) -> State<'a> {
        let tree = self.repository.tree;
        match tree.why_not_looked(path) {
            Some(why) => State::NotLooked(why),
            None if tree.excluded.contains(path) => State::NotLooked("is excluded in `sealnix.toml`"),
            None if tree.files.contains_key(path) => State::Clear,
            None => State::Absent,
        }
    }

    /// The outer rule files that the one of a file hides, with the number of the rule that would take it there.
    pub fn hidden(&self, file: &File<'a>) -> Vec<(&'a Config, Option<usize>)> {
        let Some(nearest) = file.config() else { return Vec::new() };
        let outer = self.repository.policy.configs.iter().filter(|config| config.path != nearest.path);
        let outer = outer.filter_map(|config| Some((config, config.relative(&file.path)?)));
        outer.map(|(config, relative)| (config, config.first_matching(relative).map(|index| index + 1))).collect()
    }
}

/// What makes a file as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mending {
    /// What is to be written into the rule first: the keys of those who declare secrets of it and cannot read it.
    pub add: Vec<String>,
    /// The command that is run then.
    pub command: String,
}

impl<'a> Access<'a> {
    /// What mends a file or makes it, where that is to be done.
    pub fn mending(&self, file: &File<'a>) -> Option<Mending> {
        let should = file.should.as_ref()?;
        let wanting = file.declared.keys().filter(|&&place| {
            let cannot = self.cell(file, place).mark == Some(Mark::WantsUnread);
            // Who reads an age file that its entry does not name it for loses it when it is sealed anew.
            let loses = file.age.as_ref().is_some_and(|age| age.open.is_none());
            // The ssh key that a rule names is none that sops-nix opens with; agenix does.
            let only_as_ssh = file.age.is_none() && should.reach.get(&place) == Some(&Reach::OnlyAsSsh);
            let is_named = should.reach.contains_key(&place) && !only_as_ssh;
            (cannot || loses || matches!(file.state, State::Absent)) && !is_named
        });
        let wanting = wanting.filter_map(|place| Some((should.reach.get(place), self.holders.get(*place)?)));
        if let Some(age) = &file.age {
            let add: Vec<String> = wanting.filter_map(|(_, holder)| holder.as_bound()).collect();
            let is_due = age.drift.is_some() || !add.is_empty();
            let command = match (age.rule?, file.state) {
                (AgeRule::Entry(rules, _), State::Age(_)) if is_due => command::agenix_rekey(&rules.path),
                (AgeRule::Entry(rules, entry), State::Absent) => command::agenix_edit(&rules.path, &entry.name),
                (AgeRule::Rekey, State::Absent) => command::AGENIX_REKEY.to_owned(),
                (AgeRule::Rekey, State::Age(_)) if is_due => command::AGENIX_REKEY.to_owned(),
                _ => return None,
            };
            return Some(Mending { add, command });
        }
        let add = wanting.filter_map(|(reach, holder)| match reach {
            Some(Reach::OnlyAsSsh) => holder.keys.first().map(|held| held.recipient.clone()),
            _ => holder.as_written(),
        });
        let add: Vec<String> = add.collect();
        let command = match (file.state, file.config()) {
            (State::Sealed(document), config) if file.drift().is_some() || !add.is_empty() => {
                command::updatekeys(SopsFile::read(document), config)
            }
            (State::Absent, Some(config)) => command::edit_as(&file.path, config),
            _ => return None,
        };
        Some(Mending { add, command })
    }
}

impl<'a> Access<'a> {
    /// Why sops would refuse to seal a file by the rule file that decides.
    pub fn problem(&self, file: &File<'a>) -> Option<&'a Problem> {
        file.age.is_none().then(|| self.repository.policy.problem_for(&file.path)).flatten()
    }
}

impl<'a> File<'a> {
    /// The rule file that decides, where there is one.
    pub fn config(&self) -> Option<&'a Config> {
        match self.selection {
            Selection::NoConfig => None,
            Selection::Unreadable(config) | Selection::NoRule(config) => Some(config),
            Selection::Stopped { config, .. } | Selection::Rule { config, .. } => Some(config),
        }
    }

    /// The rule that takes it.
    pub fn rule(&self) -> Option<&'a CreationRule> {
        match self.selection {
            Selection::Rule { rule, .. } => Some(rule),
            _ => None,
        }
    }

    /// The file that the rule for it stands in: a `.sops.yaml`, or a rules file of agenix.
    pub fn rules_path(&self) -> Option<&'a str> {
        match self.age.as_ref().map(|age| age.rule) {
            Some(Some(AgeRule::Entry(rules, _))) => Some(&rules.path),
            Some(_) => None,
            None => self.config().map(|config| &*config.path),
        }
    }

    /// The line of the rule, or of agenix' entry, for it.
    pub fn rule_line(&self) -> Option<u32> {
        let place = match self.age.as_ref().map(|age| age.rule) {
            Some(Some(AgeRule::Entry(_, entry))) => entry.place.as_ref(),
            Some(_) => None,
            None => self.rule().map(|rule| &rule.place),
        };
        place.map(|place| place.start.line)
    }

    /// Every rule of the file that decides, in order.
    pub fn candidates(&self) -> Vec<Candidate<'a>> {
        let Some(config) = self.config().filter(|config| config.readable) else { return Vec::new() };
        let relative = config.relative(&self.path).unwrap_or(&self.path);
        let mut is_decided = false;
        let verdict = |(index, rule): (usize, &'a CreationRule)| {
            let verdict = match (rule.matches(relative), is_decided) {
                (Some(false), _) => Verdict::Misses,
                (Some(true), false) => Verdict::Takes,
                (Some(true), true) => Verdict::TooLate,
                (None, false) => Verdict::Stops,
                (None, true) => Verdict::NotReached,
            };
            is_decided |= matches!(verdict, Verdict::Takes | Verdict::Stops);
            Candidate { number: index + 1, rule, verdict }
        };
        config.rules.iter().enumerate().map(verdict).collect()
    }

    /// In what its recipients differ from those of the rule.
    pub fn drift(&self) -> Option<Drift<'a>> {
        let (State::Sealed(document), Some(rule)) = (self.state, self.rule()) else { return None };
        // A rule that names nobody seals nothing: there is nothing to compare with.
        let names_somebody = rule.groups.iter().any(|group| !group.is_empty());
        names_somebody.then(|| Drift::between(&document.metadata.groups, &rule.groups)).flatten()
    }

    /// Whether the file wants shares of another number of groups than the rule says, which `sops updatekeys` leaves
    /// as it is (reference: sops.md section 4): the file's number, and the rule's.
    pub fn other_threshold(&self) -> Option<(usize, usize)> {
        let (can, should) = (self.can.as_ref()?, self.should.as_ref()?);
        let differs = can.groups.len() == should.groups.len() && can.groups.len() > 1 && can.needed != should.needed;
        differs.then_some((can.needed, should.needed))
    }

    /// Whether somebody declares a secret of it.
    pub fn is_declared_by(&self, holder: usize) -> bool {
        self.declared.contains_key(&holder)
    }

    /// The secrets of it that somebody declares.
    pub fn declared_by(&self, holder: usize) -> impl Iterator<Item = &'a str> {
        self.declared.get(&holder).into_iter().flat_map(BTreeSet::iter).copied()
    }
}
