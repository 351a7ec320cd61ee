//! Whose the keys of a rule file are: hosts' or people's.

use std::collections::{BTreeMap, BTreeSet};

use crate::generate::rule_file::{RuleFile, named_words};
use crate::identity::{Identity, Says, says, without_affixes_of_host};
use crate::keys::Recipient;
use crate::manifest::HostKind;

use super::Repository;

/// Somebody whose key a rule file names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The host's name where the repository makes it, else what the rule file calls it.
    pub name: String,
    /// Every name by which an expression or a path may call it.
    pub names: Vec<String>,
    /// The anchor of its first key.
    pub anchor: Option<String>,
    /// Its keys as they are compared.
    pub keys: BTreeSet<String>,
    /// It is a machine; otherwise a person, or nothing tells.
    pub is_host: bool,
    /// More than a rule that names it says that it is one.
    pub is_surely_host: bool,
}

/// Everybody whose key a rule file names, in file order.
#[derive(Debug, Default)]
pub struct Holders {
    /// Hosts and people.
    pub all: Vec<Holder>,
}

impl Holders {
    /// Who holds the keys of a file.
    pub fn of(file: &RuleFile, repository: &Repository<'_>) -> Holders {
        let mut holders = Holders { all: named(file) };
        let groups: BTreeMap<String, Vec<String>> = file.groups_of_anchors().into_iter().collect();
        let everywhere = everywhere(file);
        for holder in &mut holders.all {
            let known = known_hosts(repository, &holder.keys);
            let said = said(holder, &groups);
            holder.is_surely_host = !known.is_empty() || said == Says::Host;
            holder.is_host = holder.is_surely_host || said == Says::Nothing && has_own_rule(holder, file, &everywhere);
            if let Some(name) = known.iter().next() {
                holder.name.clone_from(name);
            } else if let Some(name) = holder.names.iter().rfind(|_| holder.is_host) {
                // Without its prefix or suffix, if it has any.
                holder.name.clone_from(name);
            }
            holder.names.extend(known);
        }
        holders.take_by_affixes(repository);
        holders.join_keys_of_hosts();
        holders.take_by_own_rules(file, repository, &everywhere);
        holders
    }

    /// The hosts.
    pub fn hosts(&self) -> impl Iterator<Item = &Holder> {
        self.all.iter().filter(|holder| holder.is_host)
    }

    /// The keys of all hosts.
    pub fn keys_of_hosts(&self) -> BTreeSet<String> {
        self.hosts().flat_map(|holder| holder.keys.iter().cloned()).collect()
    }

    /// The keys of everybody else.
    pub fn keys_of_people(&self) -> BTreeSet<String> {
        let people = self.all.iter().filter(|holder| !holder.is_host);
        people.flat_map(|holder| holder.keys.iter().cloned()).collect()
    }

    /// Who holds a key.
    pub fn of_key(&self, key: &str) -> Option<&Holder> {
        self.all.iter().find(|holder| holder.keys.contains(key))
    }

    /// Who opens what is sealed for a recipient: an ssh key and the age recipient made of it are one key.
    pub fn opening(&self, recipient: &str) -> Option<&Holder> {
        let opens = |key: &String| Recipient::parse_any(key).is_some_and(|key| key.held_as() == recipient);
        self.of_key(recipient).or_else(|| self.all.iter().find(|holder| holder.keys.iter().any(opens)))
    }

    /// A host with several keys is one holder.
    fn join_keys_of_hosts(&mut self) {
        let mut joined: Vec<Holder> = Vec::new();
        for holder in self.all.drain(..) {
            let same = joined.iter_mut().find(|other| holder.is_host && other.is_host && other.name == holder.name);
            match same {
                Some(other) => {
                    other.is_surely_host |= holder.is_surely_host;
                    other.keys.extend(holder.keys);
                    other.names.extend(holder.names);
                }
                None => joined.push(holder),
            }
        }
        self.all = joined;
    }

    /// Hosts that nothing else gives a key: where two or more anchors are such hosts' names with the same words
    /// before or behind, and these words are no user's name.
    fn take_by_affixes(&mut self, repository: &Repository<'_>) {
        let manifest = repository.manifest;
        let users: BTreeSet<&String> =
            manifest.hosts.iter().flat_map(|host| host.users.keys().chain(host.home_users.keys())).collect();
        let mut found: BTreeMap<(String, String), Vec<(usize, String)>> = BTreeMap::new();
        for host in manifest.hosts.iter().filter(|host| host.kind != HostKind::Home) {
            if self.hosts().any(|holder| holder.names.contains(&host.name)) {
                continue;
            }
            let anchors = self.all.iter().enumerate().filter(|(_, holder)| !holder.is_host);
            for (index, anchor) in anchors.filter_map(|(index, holder)| Some((index, holder.anchor.as_ref()?))) {
                let affixes = anchor.split_once(host.name.as_str()).filter(|(front, back)| {
                    let is_part = |c: char| matches!(c, '-' | '_');
                    let ends = front.is_empty() || front.ends_with(is_part);
                    let begins = back.is_empty() || back.starts_with(is_part);
                    let is_user = |word: &str| users.contains(&word.trim_matches(is_part).to_owned());
                    ends && begins && !is_user(front) && !is_user(back)
                });
                if let Some((front, back)) = affixes {
                    let key = (front.to_owned(), back.to_owned());
                    found.entry(key).or_default().push((index, host.name.clone()));
                }
            }
        }
        for (index, name) in found.into_values().filter(|anchors| anchors.len() > 1).flatten() {
            if let Some(holder) = self.all.get_mut(index) {
                (holder.is_host, holder.is_surely_host, holder.name) = (true, true, name.clone());
                holder.names.push(name);
            }
        }
    }

    /// A host that nothing else gives a key: that of its own rule, where all its other keys are people's or
    /// everybody's.
    fn take_by_own_rules(&mut self, file: &RuleFile, repository: &Repository<'_>, everywhere: &BTreeSet<String>) {
        let hosts = repository.manifest.hosts.iter().filter(|host| host.kind != HostKind::Home);
        for host in hosts {
            if self.hosts().any(|holder| holder.names.contains(&host.name)) {
                continue;
            }
            let names = vec![host.name.clone()];
            let own = (0..file.config.rules.len()).filter(|rule| names_it(file, *rule, &names));
            let keys: BTreeSet<String> = own.flat_map(|rule| file.recipients(rule)).collect();
            let is_free = |key: &&String| {
                !everywhere.contains(*key) && self.of_key(key).is_some_and(|holder| holder.anchor.is_none())
            };
            let [key] = keys.iter().filter(is_free).collect::<Vec<_>>()[..] else { continue };
            let key = key.clone();
            if let Some(holder) = self.all.iter_mut().find(|holder| holder.keys.contains(&key) && !holder.is_host) {
                (holder.is_host, holder.name) = (true, host.name.clone());
                holder.names.push(host.name.clone());
            }
        }
    }
}

/// Everybody whom the file names, and every key of a rule that has no name.
fn named(file: &RuleFile) -> Vec<Holder> {
    let mut all: Vec<Holder> = Vec::new();
    for named in &file.config.names {
        let Some(key) = Recipient::parse_any(&named.recipient).map(|key| key.canonical().to_owned()) else { continue };
        let is_name = named.is_anchor || named.name.split_whitespace().count() <= 2;
        let names: Vec<String> = std::iter::once(named.name.clone()).filter(|_| is_name).collect();
        let anchor = named.is_anchor.then(|| named.name.clone());
        match all.iter_mut().find(|holder| holder.keys.contains(&key)) {
            Some(holder) => {
                holder.names.extend(names);
                holder.anchor = holder.anchor.take().or(anchor);
            }
            None => {
                let name = named.name.clone();
                all.push(Holder {
                    name,
                    names,
                    anchor,
                    keys: BTreeSet::from([key]),
                    is_host: false,
                    is_surely_host: false,
                });
            }
        }
    }
    for key in (0..file.config.rules.len()).flat_map(|rule| file.recipients(rule)) {
        if !all.iter().any(|holder| holder.keys.contains(&key)) {
            let (names, anchor) = (Vec::new(), None);
            all.push(Holder {
                name: key.clone(),
                names,
                anchor,
                keys: BTreeSet::from([key]),
                is_host: false,
                is_surely_host: false,
            });
        }
    }
    for holder in &mut all {
        let bare: Vec<String> = holder.names.iter().flat_map(|name| without_affixes_of_host(name)).collect();
        holder.names.extend(bare);
    }
    all
}

/// The hosts that are known to hold one of some keys.
fn known_hosts(repository: &Repository<'_>, keys: &BTreeSet<String>) -> BTreeSet<String> {
    let hosts = repository.identities.hosts.iter().filter(|((kind, _), _)| *kind != HostKind::Home);
    let holding = hosts.filter(|(_, identity)| match identity {
        Identity::Known(held) => held
            .iter()
            .filter(|held| held.corroborated)
            .any(|held| keys.contains(&held.recipient) || held.ssh.as_ref().is_some_and(|ssh| keys.contains(ssh))),
        Identity::Unknown { .. } => false,
    });
    holding.map(|((_, name), _)| name.clone()).collect()
}

/// What the file's own words say: its name's prefix, the list or section that it stands in.
fn said(holder: &Holder, groups: &BTreeMap<String, Vec<String>>) -> Says {
    let own = holder.names.iter().map(|name| says(name));
    let around = holder.keys.iter().filter_map(|key| groups.get(key)).flatten();
    let around = around.filter(|name| name.split_whitespace().count() <= 5).map(|name| says_group(name));
    own.chain(around).find(|said| *said != Says::Nothing).unwrap_or(Says::Nothing)
}

/// Whether a rule names it and holds its key.
fn has_own_rule(holder: &Holder, file: &RuleFile, everywhere: &BTreeSet<String>) -> bool {
    let is_everywhere = file.config.rules.len() > 1 && !holder.keys.is_disjoint(everywhere);
    let mut own = (0..file.config.rules.len()).filter(|rule| names_it(file, *rule, &holder.names));
    !is_everywhere && own.any(|rule| file.holds(rule, &holder.keys))
}

/// Words that say that a list or section is of hosts.
pub(super) const OF_HOSTS: [&str; 12] = [
    "host", "hosts", "server", "servers", "machine", "machines", "system", "systems", "node", "nodes", "device",
    "devices",
];
/// Words that say that it is of people.
pub(super) const OF_PEOPLE: [&str; 8] = ["user", "users", "admin", "admins", "people", "person", "persons", "home"];

pub(super) fn says_group(name: &str) -> Says {
    let words = name.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase);
    let mut said = words.map(|word| match word.as_str() {
        word if OF_HOSTS.contains(&word) => Says::Host,
        word if OF_PEOPLE.contains(&word) => Says::Person,
        _ => Says::Nothing,
    });
    said.find(|said| *said != Says::Nothing).unwrap_or(Says::Nothing)
}

/// Whether a rule's expression names somebody, but not as a user: `users/kim/…`.
pub fn names_it(file: &RuleFile, rule: usize, names: &[String]) -> bool {
    let expression = file.config.rules.get(rule).and_then(|rule| rule.path_regex.as_ref());
    let Some((expression, _)) = expression else { return false };
    named_words(expression, names).into_iter().any(|word| {
        let before = expression.get(..word.start).unwrap_or_default();
        !before.ends_with('/') || says_group(folder_before(before)) != Says::Person
    })
}

/// The last folder of an expression that goes on with a name: `hosts` of `^hosts/`.
pub(super) fn folder_before(expression: &str) -> &str {
    expression.trim_end_matches(['/', '\\']).rsplit(['/', '\\', '^']).next().unwrap_or_default()
}

/// The keys that every rule holds.
pub fn everywhere(file: &RuleFile) -> BTreeSet<String> {
    let rules = (0..file.config.rules.len()).map(|rule| file.recipients(rule));
    rules.reduce(|one, other| one.intersection(&other).cloned().collect()).unwrap_or_default()
}
