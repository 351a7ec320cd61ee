//! What a key can open, in the whole repository, and how it loses that.

use std::collections::BTreeSet;

use crate::command::{self, SopsFile};
use crate::generate::rule_file::{Edited, RuleFile};
use crate::keys::Recipient;
use crate::keys::recipient::canonical;
use crate::policy::Config;
use crate::sops::Document;
use crate::sops::document::{Node, Value};
use crate::source::RepoPath;
use crate::vault::Sealed;

use super::{Repository, one_line};

/// How many names of one kind are said.
pub(super) const SHOWN: usize = 12;

/// A key in the one form that both of its forms have: of an ssh-ed25519 key the age recipient that is made of it.
pub(super) fn held(kind: &str, text: &str) -> String {
    let ssh = Recipient::parse_age(text).ok().filter(|_| kind == "age");
    ssh.map_or_else(|| canonical(kind, text), |key| key.held_as().to_owned())
}

/// The keys of somebody who goes, and the sops files that hold them.
#[derive(Debug)]
pub(super) struct Reach<'a> {
    repository: &'a Repository<'a>,
    keys: BTreeSet<String>,
    documents: Vec<&'a Document>,
}

impl<'a> Reach<'a> {
    /// Looks through every sops file of the repository.
    pub fn of(repository: &'a Repository<'a>, keys: &BTreeSet<String>) -> Self {
        let keys: BTreeSet<String> = keys.iter().map(|key| held("age", key)).collect();
        let holds = |document: &&Document| {
            document.metadata.recipients().any(|one| keys.contains(&held(one.kind, &one.identity)))
        };
        let documents = repository.vault.documents().filter(holds).collect();
        Reach { repository, keys, documents }
    }

    /// The files that hold a key.
    pub fn paths(&self) -> BTreeSet<&'a RepoPath> {
        self.documents.iter().map(|document| &document.path).collect()
    }

    fn is_only_its(&self, document: &Document) -> bool {
        document.metadata.recipients().all(|one| self.keys.contains(&held(one.kind, &one.identity)))
    }

    /// The commands that take the keys out of files whose rules are not the edited ones, or that no rule takes.
    pub fn elsewhere(&self, edited: &RuleFile, text: &Edited) -> Vec<String> {
        let own: BTreeSet<RepoPath> = self.repository.sealed_files(&edited.config).into_iter().collect();
        let mut commands = Vec::new();
        for document in &self.documents {
            let path = &document.path;
            let is_moved = text.moved.iter().any(|moved| moved.path == *path && moved.line.is_some());
            let rules = match own.contains(path) {
                true => Some(&edited.config),
                false => self.repository.policy.config_for(path),
            };
            let taker = rules.and_then(|config| Some((config, config.first_matching(config.relative(path)?)?)));
            match taker {
                _ if is_moved => {}
                // Those of the edited rules are known there.
                Some(_) if own.contains(path) => {}
                Some((config, rule)) if !self.is_in(config, rule) => {
                    commands.push(command::updatekeys_unasked(SopsFile::read(document), Some(config)));
                }
                Some(_) => {}
                None if self.is_only_its(document) => {}
                None => commands.extend(self.without_keys(document)),
            }
        }
        commands
    }

    fn without_keys(&self, document: &Document) -> impl Iterator<Item = String> {
        let of = |kind: &'static str| {
            let recipients = document.metadata.recipients();
            let its = recipients.filter(|one| one.kind == kind && self.keys.contains(&held(kind, &one.identity)));
            let its: Vec<&str> = its.map(|one| one.identity.trim()).collect();
            (!its.is_empty()).then(|| command::remove_recipients(SopsFile::read(document), kind, &its))
        };
        of("age").into_iter().chain(of("pgp"))
    }

    fn is_in(&self, config: &Config, rule: usize) -> bool {
        let groups = config.rules.get(rule).map(|rule| rule.groups.as_slice()).unwrap_or_default();
        groups.iter().flatten().any(|one| self.keys.contains(&held(one.kind, &one.identity)))
    }

    /// The other rule files that hold a key.
    pub fn other_rule_files(&self, edited: &Config) -> Vec<&'a RepoPath> {
        let others = self.repository.policy.configs.iter().filter(|config| config.path != edited.path);
        let holds = |config: &&Config| {
            let mut rules = 0..config.rules.len();
            rules.any(|rule| self.is_in(config, rule))
                || config.names.iter().any(|named| self.keys.contains(&held("age", &named.recipient)))
        };
        others.filter(holds).map(|config| &config.path).collect()
    }

    /// What the keys could read, a sentence each: they may have kept the values.
    pub fn to_rotate(&self) -> Vec<String> {
        let files = self.documents.iter().map(|document| {
            let only = if self.is_only_its(document) { " (nobody else can open this file)" } else { "" };
            let names = listed(&leaves(document));
            format!("change the values of `{}`, which it could read{only}: {names}", one_line(&document.path))
        });
        let mut left: Vec<String> = files.collect();
        if !left.is_empty() {
            left.push(
                "`sops rotate -i FILE` gives a file a new data key after `sops updatekeys`; only new values undo what was read"
                    .to_owned(),
            );
        }
        left.extend(self.not_known());
        left
    }

    /// The files of which it is not known who opens them.
    fn not_known(&self) -> Vec<String> {
        let Repository { vault, tree, .. } = self.repository;
        let unread = vault.files.iter().filter(|(_, sealed)| matches!(sealed, Sealed::Unread { .. }));
        let unread = unread.map(|(path, _)| path).chain(tree.not_looked.iter().map(|file| &file.path));
        let unread: Vec<String> = unread.map(|path| quoted(path)).collect();
        let excluded: Vec<String> =
            tree.excluded.iter().filter(|path| !path.ends_with(".nix")).map(|path| quoted(path)).collect();
        let mut said = Vec::new();
        if !unread.is_empty() {
            said.push(format!("what could not be read may hold its key too: {}", listed(&unread)));
        }
        if !excluded.is_empty() {
            said.push(format!(
                "what `sealnix.toml` excludes was not looked at and may hold its key too: {}",
                listed(&excluded)
            ));
        }
        said
    }
}

fn quoted(text: &str) -> String {
    format!("`{}`", one_line(text))
}

/// Some names, and how many more there are.
pub(super) fn listed(names: &[String]) -> String {
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
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
            _ => found.push(quoted(&path)),
        }
    }
    found
}
