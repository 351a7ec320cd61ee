//! Which rules that others have already a new host gets into: those of what it declares, and those that all
//! hosts are in beyond doubt.

use std::collections::{BTreeMap, BTreeSet};

use crate::generate::rule_file::{RuleFileError, named_words};
use crate::manifest::Host;
use crate::source::RepoPath;

use super::add::Addition;
use super::{location, people};

/// How many lines of rules are named.
const SHOWN: usize = 8;

impl Addition<'_> {
    /// Adds it to the rules of the files that it declares already, if other hosts are in them.
    pub(super) fn declared_files(&mut self, hosts: &BTreeSet<String>) -> Result<(), RuleFileError> {
        let declared = self.repository.declared(&self.new.name);
        for &path in &declared {
            let Some(rule) = self.rule_of(path) else { continue };
            if self.holds_new(rule) || self.asked.contains(&rule) {
                continue;
            }
            let line = self.line(rule);
            if !self.file().holds(rule, hosts) {
                self.done
                    .push(format!("the rule of line {line}, whose `{path}` it declares, is for no host and was left"));
            } else if self.editing.add(rule, &self.new, hosts)? {
                let too = self.opened_too(rule, &declared);
                self.done.push(format!("it is added to the rule of line {line}, whose `{path}` it declares{too}"));
                self.asked.insert(rule);
            }
        }
        self.done.dedup();
        Ok(())
    }

    /// What else a rule opens to the host than what it declares.
    fn opened_too(&self, rule: usize, declared: &BTreeSet<&RepoPath>) -> String {
        let taken = self.repository.sealed_files(&self.file().config).into_iter();
        let more = taken.filter(|path| self.rule_of(path) == Some(rule) && !declared.contains(path));
        let more: Vec<String> = more.map(|path| format!("`{path}`")).collect();
        if more.is_empty() { String::new() } else { format!("; that opens {} to it too", more.join(", ")) }
    }

    /// Adds it to the rules that are for all hosts; says which only may be.
    pub(super) fn shared_rules(&mut self, hosts: &BTreeSet<String>) -> Result<(), RuleFileError> {
        let own: BTreeSet<usize> = self.siblings.iter().flat_map(|one| one.rules.iter().copied()).collect();
        let recipients: Vec<BTreeSet<String>> = self.rule_indices().map(|rule| self.file().recipients(rule)).collect();
        // A host that no rule holds tells nothing.
        let known: Vec<BTreeSet<String>> =
            self.holders.hosts().filter(|host| host.is_surely_host).map(|host| host.keys.clone()).collect();
        let known: Vec<_> =
            known.into_iter().filter(|keys| recipients.iter().any(|rule| !rule.is_disjoint(keys))).collect();
        let names = self.names_of_some();
        let mut left: BTreeMap<&'static str, Vec<u32>> = BTreeMap::new();
        for (rule, keys) in recipients.iter().enumerate() {
            let is_settled = own.contains(&rule) || self.asked.contains(&rule) || self.holds_new(rule);
            if is_settled
                || !keys.iter().any(|key| hosts.contains(key))
                || known.iter().any(|host| host.is_disjoint(keys))
            {
                continue;
            }
            match self.doubt(rule, keys, known.len(), &names) {
                Some(doubt) => left.entry(doubt).or_default().push(self.line(rule)),
                None if self.editing.add(rule, &self.new, hosts)? => self
                    .done
                    .push(format!("it is added to the rule of line {}, which every other host is in", self.line(rule))),
                None => {}
            }
        }
        for (doubt, lines) in left {
            let item = self.new.item();
            let lines = shown(&lines);
            self.done.push(format!("not added to {lines}: {doubt}; write `{item}` there if it is to open those files"));
        }
        Ok(())
    }

    /// Why a rule that holds the known hosts is not surely for all hosts.
    fn doubt(&self, rule: usize, keys: &BTreeSet<String>, known: usize, names: &[String]) -> Option<&'static str> {
        let expression = self.file().config.rules.get(rule).and_then(|rule| rule.path_regex.as_ref());
        let is_known = |key: &String| {
            self.people.contains(key) || self.holders.of_key(key).is_some_and(|holder| holder.is_surely_host)
        };
        if expression.is_some_and(|(expression, _)| !named_words(expression, names).is_empty()) {
            Some("the name of a host or user stands there")
        } else if known < 2 {
            Some("fewer than two other hosts are known")
        } else if !keys.iter().all(is_known) {
            Some("nothing tells whose some keys there are")
        } else {
            None
        }
    }

    /// The names of hosts and people, by which an expression is for some only.
    fn names_of_some(&self) -> Vec<String> {
        let repository = self.repository;
        let of_rules = self.holders.all.iter().flat_map(|holder| holder.names.iter().cloned());
        let users = |host: &Host| -> Vec<String> {
            host.users.keys().chain(host.home_users.keys()).chain([&host.name]).cloned().collect()
        };
        let of_manifest = repository.manifest.hosts.iter().flat_map(users);
        let mut names: Vec<String> = of_rules.chain(of_manifest).collect();
        // Without their configurations, the folders beside those of known hosts are hosts'.
        let folder = location::folder_of_hosts(repository.tree, &self.holders, repository);
        if let Some(folder) = folder.filter(|_| people::machines(repository).next().is_none()) {
            let inside = repository.tree.files.keys().filter_map(|path| path.strip_prefix(&folder)?.strip_prefix('/'));
            let folders: BTreeSet<&str> = inside.filter_map(|path| Some(path.split_once('/')?.0)).collect();
            names.extend(folders.into_iter().map(str::to_owned));
        }
        names
    }
}

/// Some rules by their lines.
fn shown(lines: &[u32]) -> String {
    match lines {
        [line] => format!("the rule of line {line}"),
        lines => {
            let first: Vec<String> = lines.iter().take(SHOWN).map(u32::to_string).collect();
            let more = lines.len().checked_sub(SHOWN).filter(|more| *more > 0);
            let more = more.map_or_else(String::new, |more| format!(" and {more} more"));
            format!("the rules of lines {}{more}", first.join(", "))
        }
    }
}
