//! Everybody who holds a key: hosts, home-manager users, whom rule files name, and keys that nobody names.

use std::collections::{BTreeMap, BTreeSet};

use crate::agenix::PublicKey;
use crate::identity::{Evidence, Held, Identity, Name, NamedKey, Written};
use crate::keys::Recipient;
use crate::keys::recipient::canonical;
use crate::manifest::{Agenix, Host, HostKind, Sops};
use crate::source::Place;

use super::Repository;

/// Who holds keys.
#[derive(Debug, Clone, Copy)]
pub enum Who<'a> {
    /// A host; a home-manager configuration that stands alone too.
    Host(&'a Host),
    /// A home-manager user inside a host.
    User(&'a Host, &'a str),
    /// A person, a backup key, or a machine that no configuration makes: what the rule files call it.
    Named(&'a str),
    /// A key that nothing names.
    Nameless(&'a str),
}

/// The same without whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// NixOS.
    Nixos,
    /// nix-darwin.
    Darwin,
    /// A home-manager configuration that stands alone.
    Home,
    /// A home-manager user inside a host.
    User,
    /// A name in a rule file.
    Name,
    /// A key without a name.
    Key,
}

impl Kind {
    /// The word that the JSON uses.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Nixos => "nixos",
            Kind::Darwin => "darwin",
            Kind::Home => "home",
            Kind::User => "user",
            Kind::Name => "name",
            Kind::Key => "key",
        }
    }
}

/// Somebody who holds keys.
#[derive(Debug)]
pub struct Holder<'a> {
    /// Who.
    pub who: Who<'a>,
    /// How it is called where several are listed: unique among all.
    pub title: String,
    /// Its keys.
    pub keys: Vec<Held>,
    /// Why its keys are not known, as a clause, and the line that would settle it.
    pub unknown: Option<(&'a str, &'a str)>,
    /// What the rule files, and those of agenix, call its keys.
    pub names: Vec<Name<'a>>,
}

impl<'a> Holder<'a> {
    /// What kind of holder.
    pub fn kind(&self) -> Kind {
        match self.who {
            Who::Host(host) => match host.kind {
                HostKind::Nixos => Kind::Nixos,
                HostKind::Darwin => Kind::Darwin,
                HostKind::Home => Kind::Home,
            },
            Who::User(..) => Kind::User,
            Who::Named(_) => Kind::Name,
            Who::Nameless(_) => Kind::Key,
        }
    }

    /// Its own name: of a user inside a host `user@host`.
    pub fn name(&self) -> String {
        match self.who {
            Who::Host(host) => host.name.clone(),
            Who::User(host, user) => format!("{user}@{}", host.name),
            Who::Named(name) | Who::Nameless(name) => name.to_owned(),
        }
    }

    /// Whether a configuration makes it.
    pub fn is_configured(&self) -> bool {
        matches!(self.who, Who::Host(_) | Who::User(..))
    }

    /// What its configuration tells sops-nix.
    pub fn sops(&self) -> Option<&'a Sops> {
        match self.who {
            Who::Host(host) => host.sops.as_ref(),
            Who::User(host, user) => host.home_users.get(user).and_then(|home| home.sops.as_ref()),
            Who::Named(_) | Who::Nameless(_) => None,
        }
    }

    /// What its configuration tells agenix.
    pub fn agenix(&self) -> Option<&'a Agenix> {
        match self.who {
            Who::Host(host) => host.agenix.as_ref(),
            Who::User(host, user) => host.home_users.get(user).and_then(|home| home.agenix.as_ref()),
            Who::Named(_) | Who::Nameless(_) => None,
        }
    }

    /// What is to be written into a rule for it: an anchor of its key, or the recipient.
    pub fn as_written(&self) -> Option<String> {
        let anchor = self.names.iter().find(|name| name.written == Written::Anchor);
        anchor.map(|name| format!("*{}", name.text)).or_else(|| self.keys.first().map(|held| held.recipient.clone()))
    }

    /// The texts of the recipients that it holds the key of.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().flat_map(Held::texts)
    }

    /// Whether it uses its ssh key only as the age key made of it: sops-nix converts the keys of `sshKeyPaths`,
    /// and these open no `ssh-…` recipient (reference: sops.md section 5).
    pub(super) fn converts_ssh_keys(&self) -> bool {
        matches!(self.who, Who::Host(host) if converts_ssh_keys(host))
    }
}

/// Whether a host uses its ssh key only as the age key made of it; a home-manager user may have the key itself.
pub fn converts_ssh_keys(host: &Host) -> bool {
    host.kind != HostKind::Home && !is_told_of_ssh_key(host)
}

fn is_told_of_ssh_key(host: &Host) -> bool {
    let environment = host.sops.iter().filter_map(|sops| sops.environment.known()).flatten();
    environment.into_iter().any(|name| name == "SOPS_AGE_SSH_PRIVATE_KEY_FILE")
}

/// The places of the holders of a key, by each of its texts.
type ByKey = BTreeMap<String, BTreeSet<usize>>;

/// Everybody: the configured ones in the manifest's order, then by name, then keys that nothing names.
pub(super) fn holders<'a>(repository: &Repository<'a>) -> Vec<Holder<'a>> {
    let mut all = configured(repository);
    let mut by_key = ByKey::new();
    for (place, holder) in all.iter().enumerate() {
        for text in holder.texts() {
            by_key.entry(text.to_owned()).or_default().insert(place);
        }
    }
    let mut named = people(repository, &mut all, &mut by_key);
    named.sort_by_key(Holder::name);
    all.extend(named);
    all.extend(nameless(repository, &by_key));
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    all.iter().for_each(|holder| *count.entry(holder.name()).or_default() += 1);
    for holder in &mut all {
        let name = holder.name();
        let is_only = count.get(&name) == Some(&1);
        holder.title = if is_only { name } else { format!("{name} ({})", holder.kind().word()) };
    }
    all
}

/// Both texts of a recipient: of an ssh key itself, and the age recipient made of it.
fn both(recipient: &Recipient) -> [&str; 2] {
    [recipient.canonical(), recipient.held_as()]
}

fn configured<'a>(repository: &Repository<'a>) -> Vec<Holder<'a>> {
    let hosts = repository.manifest.hosts.iter();
    let users = hosts.clone().flat_map(|host| {
        // A user whom sops-nix is told nothing of opens nothing.
        let users = host.home_users.iter().filter(|(_, home)| home.sops.is_some() || home.agenix.is_some());
        users.map(move |(user, _)| Who::User(host, user))
    });
    let all = hosts.clone().map(Who::Host).chain(users);
    let holder = |who| {
        let identity = match who {
            Who::Host(host) => repository.identities.of(host, None),
            Who::User(host, user) => repository.identities.of(host, Some(user)),
            Who::Named(_) | Who::Nameless(_) => None,
        };
        let (keys, unknown) = match identity {
            Some(Identity::Known(held)) => (held.clone(), None),
            Some(Identity::Unknown { why, settled_by }) => (Vec::new(), Some((why.as_str(), settled_by.as_str()))),
            None => (Vec::new(), Some(("nothing tells its key", ""))),
        };
        Holder { who, title: String::new(), keys, unknown, names: Vec::new() }
    };
    all.map(holder).collect()
}

/// Those whom only the rule files name. The names of a configured holder's keys are added to it.
fn people<'a>(repository: &Repository<'a>, configured: &mut [Holder<'a>], by_key: &mut ByKey) -> Vec<Holder<'a>> {
    let mut people: Vec<Holder<'a>> = Vec::new();
    for NamedKey { name, recipient, .. } in NamedKey::all(repository.policy, repository.agenix) {
        let places: BTreeSet<usize> =
            both(&recipient).into_iter().filter_map(|text| by_key.get(text)).flatten().copied().collect();
        for &place in &places {
            let holder = match place.checked_sub(configured.len()) {
                None => configured.get_mut(place),
                Some(place) => people.get_mut(place),
            };
            let Some(holder) = holder else { continue };
            holder.names.push(name);
            // What another file has in its converted form.
            if let (Some(ssh), made) = (recipient.ssh(), recipient.held_as())
                && let Some(held) = holder.keys.iter_mut().find(|held| held.ssh.is_none() && held.recipient == made)
            {
                held.ssh = Some(ssh.to_owned());
                by_key.entry(ssh.to_owned()).or_default().insert(place);
            }
        }
        if !places.is_empty() || !is_name(&name) {
            continue;
        }
        let known = people.iter().position(|holder| matches!(holder.who, Who::Named(known) if known == name.text));
        let place = known.unwrap_or(people.len());
        if known.is_none() {
            let who = Who::Named(name.text);
            people.push(Holder { who, title: String::new(), keys: Vec::new(), unknown: None, names: Vec::new() });
        }
        for text in both(&recipient) {
            by_key.entry(text.to_owned()).or_default().insert(place + configured.len());
        }
        if let Some(holder) = people.get_mut(place) {
            holder.keys.push(Held::named(&recipient, name.place.clone()));
            holder.names.push(name);
        }
    }
    people
}

/// A comment of more words tells a story.
fn is_name(name: &Name<'_>) -> bool {
    name.written != Written::Beside || name.text.split_whitespace().count() <= 2
}

/// The recipients of files and rules whose keys nobody is known to hold.
fn nameless<'a>(repository: &Repository<'a>, known: &ByKey) -> Vec<Holder<'a>> {
    let of_rules = repository.policy.configs.iter().flat_map(|config| &config.rules).flat_map(|rule| &rule.groups);
    let of_rules = of_rules.flatten().map(|one| (one.kind, one.identity.as_str(), &one.place));
    let of_files = repository.vault.documents().flat_map(|document| document.metadata.recipients());
    let of_files = of_files.map(|one| (one.kind, one.identity.as_str(), &one.place));
    let of_entries = repository.agenix.entries().flat_map(|(_, entry)| {
        let place = |key: &'a PublicKey| key.place.as_ref().or(entry.place.as_ref());
        let key = move |key: &'a PublicKey| Some(("age", key.recipient.as_ref().ok()?.canonical(), place(key)?));
        entry.public_keys.iter().filter_map(key)
    });
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut found: Vec<Holder<'a>> = Vec::new();
    for (kind, identity, place) in of_rules.chain(of_files).chain(of_entries) {
        let held = held(kind, identity, place);
        let texts: Vec<&String> = std::iter::once(&held.recipient).chain(&held.ssh).collect();
        if texts.iter().any(|text| known.contains_key(*text) || seen.contains(*text)) {
            continue;
        }
        seen.extend(texts.into_iter().cloned());
        let (who, keys) = (Who::Nameless(identity), vec![held]);
        found.push(Holder { who, title: String::new(), keys, unknown: None, names: Vec::new() });
    }
    found.sort_by_key(Holder::name);
    found
}

/// The key of a recipient; one that does not parse, or of a cloud service, stands for itself.
fn held(kind: &str, text: &str, place: &Place) -> Held {
    match Recipient::parse_age(text).ok().filter(|_| kind == "age") {
        Some(recipient) => Held::named(&recipient, place.clone()),
        None => {
            let (recipient, place) = (canonical(kind, text), place.clone());
            Held { recipient, ssh: None, evidence: Evidence::Name, place, corroborated: true }
        }
    }
}
