//! A host or a person comes or goes: `.sops.yaml`, the first files of a host, and what is left to do.

mod add;
mod error;
mod files;
mod holders;
mod location;
mod named;
pub mod new_key;
mod own_rule;
mod people;
mod person;
mod reach;
mod remove;
mod sharing;
mod style;

use std::collections::BTreeSet;

use super::GenerateError;
use super::change::Plan;
use super::rule_file::{Edited, Moved, RuleFile};
use crate::command::{self, SopsFile};
use crate::keys::Recipient;
use crate::keys::recipient::canonical;
use crate::manifest::{Host, HostKind};
use crate::policy::Config;
use crate::sops::Document;
use crate::source::{RepoPath, Text};

pub use crate::access::Repository;
pub use add::{Request, add};
pub use error::HostError;
pub use files::KeySource;
pub use holders::{Holder, Holders};
pub use person::{Person, add_person};
pub use remove::{Who, remove};

/// What is to be written, and what a person reads of it.
#[derive(Debug)]
pub struct Outcome {
    /// The files.
    pub plan: Plan,
    /// What is done, a sentence each.
    pub done: Vec<String>,
    /// What a person with a key runs.
    pub commands: Vec<String>,
    /// What else is left to do, a sentence each.
    pub left: Vec<String>,
}

impl<'a> Repository<'a> {
    /// The rule file that is to be edited: the one that is named, else the root's, else the only one.
    pub fn rule_file(&self, named: Option<&str>) -> Result<RuleFile, GenerateError> {
        let read = |path: &str| -> Option<&'a Text> { self.tree.texts.get(path) };
        let paths: Vec<String> = self.policy.configs.iter().map(|config| config.path.to_string()).collect();
        let text = match (named, paths.as_slice()) {
            (Some(path), _) => read(path).ok_or_else(|| HostError::NoSuchRuleFile { path: path.to_owned() })?,
            (None, []) if self.is_agenix() => return Err(HostError::Agenix.into()),
            (None, []) => return Err(HostError::NoRuleFile.into()),
            (None, [path]) => read(path).ok_or(HostError::NoRuleFile)?,
            (None, _) => read(".sops.yaml").ok_or(HostError::Several { paths })?,
        };
        Ok(RuleFile::read(text.path(), text.content())
            .map_err(|source| HostError::ByHand { source, lines: Vec::new() })?)
    }

    fn is_agenix(&self) -> bool {
        let declares = |host: &Host| host.agenix.as_ref().is_some_and(|agenix| !agenix.secrets.is_empty());
        self.manifest.hosts.iter().any(declares) || self.tree.files.keys().any(|path| path.ends_with(".age"))
    }

    /// The sops files that a rule file is for.
    fn documents(&self, config: &Config) -> impl Iterator<Item = &'a Document> {
        let of_file: BTreeSet<RepoPath> = self.sealed_files(config).into_iter().collect();
        self.vault.documents().filter(move |document| of_file.contains(&document.path))
    }

    /// The same with those that could not be read. A rule file of another name than sops looks for is for what
    /// its rules take and no `.sops.yaml` does.
    fn sealed_files(&self, config: &Config) -> Vec<RepoPath> {
        let is_found = self.policy.configs.iter().any(|one| one.path == config.path);
        let is_of = |path: &&RepoPath| match self.policy.config_for(path) {
            Some(nearest) if nearest.path == config.path => true,
            _ if is_found => false,
            nearest => {
                let taken = |config: &Config| config.first_matching(config.relative(path)?);
                taken(config).is_some() && nearest.is_none_or(|nearest| taken(nearest).is_none())
            }
        };
        self.vault.files.keys().filter(is_of).cloned().collect()
    }

    /// The machine of a name.
    fn host(&self, name: &str) -> Option<&'a Host> {
        self.manifest.hosts.iter().find(|host| host.name == name && host.kind != HostKind::Home)
    }

    /// The sops files that a host declares.
    fn declared(&self, name: &str) -> BTreeSet<&'a RepoPath> {
        let secrets =
            self.host(name).and_then(|host| host.sops.as_ref()).into_iter().flat_map(|sops| sops.secrets.values());
        secrets.filter_map(|secret| secret.sops_file.known()).map(|file| &file.path).collect()
    }

    /// The commands that give every sops file the recipients that an edited rule file has for it, where
    /// the edit or one of `also` concerns it. The files of `but` are left out.
    fn updates(
        &self,
        before: &RuleFile,
        edited: &Edited,
        also: &BTreeSet<&RepoPath>,
        but: &[Moved],
    ) -> Result<Vec<String>, GenerateError> {
        let path = &before.config.path;
        let after =
            RuleFile::read(path, &edited.content).map_err(|source| HostError::ByHand { source, lines: Vec::new() })?;
        let taking = |file: &RuleFile, path: &str| {
            let rule = file.config.first_matching(file.config.relative(path)?)?;
            Some(file.recipients(rule))
        };
        let mut commands = Vec::new();
        let is_left_out = |path: &RepoPath| but.iter().any(|moved| moved.path == *path);
        for document in self.documents(&before.config).filter(|document| !is_left_out(&document.path)) {
            let Some(now) = taking(&after, &document.path) else { continue };
            let has: BTreeSet<String> =
                document.metadata.recipients().map(|one| canonical(one.kind, &one.identity)).collect();
            let concerned = taking(before, &document.path).as_ref() != Some(&now) || also.contains(&document.path);
            if concerned && now != has {
                commands.push(command::updatekeys_unasked(SopsFile::read(document), Some(&before.config)));
            }
        }
        Ok(commands)
    }
}

/// The age recipient of a key that a person gives: itself, or what sops-nix makes of an ssh key.
pub fn recipient(text: &str) -> Result<(String, KeySource), HostError> {
    match Recipient::parse_age(text)? {
        Recipient::X25519(text) | Recipient::Hybrid(text) | Recipient::Plugin { text, .. } => {
            Ok((text, KeySource::AgeFile))
        }
        Recipient::Ssh(key) => key.age.map(|age| (age, KeySource::SshHostKey)).ok_or(HostError::Rsa),
        Recipient::Pgp(_) => Err(HostError::Kind),
    }
}

/// Whether a name can be a host's, an anchor and a folder.
pub fn check_name(name: &str) -> Result<(), HostError> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let fits = name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(is_part) && name.len() <= 63;
    if fits { Ok(()) } else { Err(HostError::Name { name: name.to_owned() }) }
}

/// A text without control characters.
fn one_line(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).collect()
}
