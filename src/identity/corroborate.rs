//! The second fact: a file or rule of the holder's own that holds the key.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use crate::agenix::{Agenix, Entry};
use crate::keys::recipient::canonical;
use crate::policy::{CreationRule, Policy};
use crate::sops::Document;
use crate::vault::Vault;

use super::Held;
use super::holder::{Holder, fold};

/// Where second facts are looked for. Few holders need one, so each table is made at its first use.
pub(super) struct Corroboration<'a> {
    vault: &'a Vault,
    policy: &'a Policy,
    agenix: &'a Agenix,
    recipients: OnceCell<HashSet<String>>,
    files: OnceCell<ByName<'a, Document>>,
    rules: OnceCell<ByName<'a, CreationRule>>,
    entries: OnceCell<ByName<'a, Entry>>,
}

/// What bears a name, by that name without case and separators.
type ByName<'a, T> = HashMap<String, Vec<&'a T>>;

impl<'a> Corroboration<'a> {
    pub(super) fn of(vault: &'a Vault, policy: &'a Policy, agenix: &'a Agenix) -> Self {
        let (recipients, files, rules, entries) = Default::default();
        Corroboration { vault, policy, agenix, recipients, files, rules, entries }
    }

    /// Whether a sops file named after the holder (or in a folder that is), a rule that names it, or agenix' entry
    /// for such a file holds the key.
    pub(super) fn holds(&self, holder: &Holder, held: &Held) -> bool {
        self.own_file_holds(holder, held) || self.own_rule_holds(holder, held) || self.own_entry_holds(holder, held)
    }

    /// Whether any file or rule at all holds the key.
    pub(super) fn is_recipient(&self, held: &Held) -> bool {
        let recipients = self.recipients.get_or_init(|| self.all_recipients());
        recipients.contains(&held.recipient) || held.ssh.as_ref().is_some_and(|ssh| recipients.contains(ssh))
    }

    /// As keys are compared.
    fn all_recipients(&self) -> HashSet<String> {
        let in_files = self.vault.documents().flat_map(|document| document.metadata.recipients());
        let in_files = in_files.map(|recipient| (recipient.kind, recipient.identity.as_str()));
        let in_rules = self.rules().flat_map(|rule| rule.groups.iter().flatten());
        let in_rules = in_rules.map(|recipient| (recipient.kind, recipient.identity.as_str()));
        let written: HashSet<(&str, &str)> = in_files.chain(in_rules).collect();
        written.into_iter().map(|(kind, identity)| canonical(kind, identity)).collect()
    }

    fn rules(&self) -> impl Iterator<Item = &'a CreationRule> {
        self.policy.configs.iter().flat_map(|config| &config.rules)
    }

    fn own_file_holds(&self, holder: &Holder, held: &Held) -> bool {
        let files = self.files.get_or_init(|| by_name(self.vault.documents(), |file| names_of_path(&file.path)));
        let own = holder.folded_names().filter_map(|name| files.get(name)).flatten();
        own.flat_map(|document| document.metadata.recipients())
            .any(|recipient| held.is(recipient.kind, &recipient.identity))
    }

    fn own_rule_holds(&self, holder: &Holder, held: &Held) -> bool {
        let rules = self.rules.get_or_init(|| by_name(self.rules(), names_of_rule));
        let own = holder.folded_names().filter_map(|name| rules.get(name)).flatten();
        own.flat_map(|rule| rule.groups.iter().flatten()).any(|recipient| held.is(recipient.kind, &recipient.identity))
    }

    fn own_entry_holds(&self, holder: &Holder, held: &Held) -> bool {
        let all = || self.agenix.entries().map(|(_, entry)| entry);
        let entries = self.entries.get_or_init(|| by_name(all(), |entry| names_of_path(&entry.file)));
        let own = holder.folded_names().filter_map(|name| entries.get(name)).flatten();
        own.flat_map(|entry| &entry.public_keys).any(|key| held.is("age", &key.text))
    }
}

fn by_name<'a, T>(items: impl Iterator<Item = &'a T>, names: impl Fn(&T) -> Vec<String>) -> ByName<'a, T> {
    let mut found: ByName<'a, T> = HashMap::new();
    for item in items {
        for name in names(item) {
            found.entry(name).or_default().push(item);
        }
    }
    found
}

/// The names of a file and of the folders above it.
fn names_of_path(path: &str) -> Vec<String> {
    let names = path.split('/').flat_map(|part| {
        let stem = part.trim_start_matches('.').split('.').next().unwrap_or(part);
        [fold(part), fold(stem)]
    });
    names.collect()
}

/// The words of a rule's regular expression.
fn names_of_rule(rule: &CreationRule) -> Vec<String> {
    let Some((expression, _)) = &rule.path_regex else { return Vec::new() };
    let literal = expression.replace('\\', "");
    literal.split(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_'))).map(fold).collect()
}
