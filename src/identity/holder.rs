//! A host or user that holds keys, and the names under which rule files know it.

use crate::manifest::{Host, HostKind};

use super::Held;
use super::corroborate::Corroboration;
use super::index::Index;
use super::name::{NamedKey, Written};

/// Words before a host's name that say only that it is one.
const HOST_PREFIXES: [&str; 6] = ["host", "server", "system", "machine", "sys", "m"];
/// Words behind a host's name.
const HOST_SUFFIXES: [&str; 3] = ["ssh", "age", "host"];
/// Words before a user's name.
const USER_PREFIXES: [&str; 1] = ["user"];
/// Words behind a user's name.
const USER_SUFFIXES: [&str; 3] = ["ssh", "age", "user"];

/// Who is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Host,
    User,
}

/// A host or user with every name of it.
#[derive(Debug)]
pub(super) struct Holder {
    pub(super) kind: Kind,
    /// Never empty; the first is the one that `sealnix.toml` uses.
    names: Vec<String>,
    /// The names without case and separators; an empty one says nothing and is not here.
    folded_names: Vec<String>,
    /// Whether an ssh key of it can open anything: its `sshKeyPaths` are not known to be empty.
    pub(super) uses_ssh_keys: bool,
}

impl Holder {
    /// A host, also known by its `networking.hostName`; a home-manager configuration that stands
    /// alone is a user.
    pub(super) fn of_host(host: &Host) -> Holder {
        let mut names = vec![host.name.clone()];
        let kind = if host.kind == HostKind::Home { Kind::User } else { Kind::Host };
        let second = match kind {
            Kind::Host => host.host_name.known().and_then(Option::as_deref),
            Kind::User => host.name.split_once('@').map(|(user, _)| user),
        };
        names.extend(second.filter(|name| !name.is_empty() && *name != host.name).map(str::to_owned));
        Holder::new(kind, names, uses_ssh_keys(host))
    }

    /// A home-manager user inside a host.
    pub(super) fn of_user(user: &str, host: &Host) -> Holder {
        let names = vec![format!("{user}@{}", host.name), user.to_owned()];
        Holder::new(Kind::User, names, false)
    }

    fn new(kind: Kind, names: Vec<String>, uses_ssh_keys: bool) -> Holder {
        let mut folded_names: Vec<_> = names.iter().map(|name| fold(name)).filter(|name| !name.is_empty()).collect();
        folded_names.dedup();
        Holder { kind, names, folded_names, uses_ssh_keys }
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    pub(super) fn folded_names(&self) -> impl Iterator<Item = &str> {
        self.folded_names.iter().map(String::as_str)
    }

    /// Whether it opens sops files with the age key made of its ssh key; a person may.
    pub(super) fn converts_ssh_keys(&self) -> bool {
        self.kind == Kind::User || self.uses_ssh_keys
    }

    /// The name by which it is called in messages.
    pub(super) fn name(&self) -> &str {
        self.names.first().map(String::as_str).unwrap_or_default()
    }

    /// The line of `sealnix.toml` that says who it is.
    pub(super) fn settling_line(&self) -> String {
        let table = if self.kind == Kind::Host { "hosts" } else { "users" };
        let name = self.name();
        let is_bare = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        let key = if is_bare { name.to_owned() } else { format!("\"{name}\"") };
        format!("`[{table}.{key}] recipients = [\"age1…\"]` in `sealnix.toml`")
    }
}

/// A host with known empty `sshKeyPaths` still opens with its ssh key if sops is told where it is.
fn uses_ssh_keys(host: &Host) -> bool {
    let Some(sops) = &host.sops else { return true };
    let none = sops.age.ssh_key_paths.known().is_some_and(Vec::is_empty);
    !none || sops.environment.known().into_iter().flatten().any(|name| name == "SOPS_AGE_SSH_PRIVATE_KEY_FILE")
}

fn is_separator(c: char) -> bool {
    matches!(c, '-' | '_' | '.' | '@' | ':') || c.is_whitespace()
}

/// A name without case and separators: how names are compared that mean the same.
pub fn fold(name: &str) -> String {
    name.chars().filter(|&c| !is_separator(c)).flat_map(char::to_lowercase).collect()
}

/// What a name says of its holder by its first or last word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// `host_web`, `web_ssh`: a machine.
    Host,
    /// `user_kim`, `admin_kim`: a person.
    Person,
    /// Nothing.
    Nothing,
}

/// Words before a person's name.
const PERSON_PREFIXES: [&str; 6] = ["user", "users", "admin", "admins", "person", "home"];

/// What a name of a rule file says of its holder.
pub fn says(name: &str) -> Says {
    let words: Vec<String> = name.split(is_separator).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    let (Some(first), Some(last), 2..) = (words.first(), words.last(), words.len()) else { return Says::Nothing };
    // `m` alone and `ssh`, `age` say too little.
    if HOST_PREFIXES.contains(&first.as_str()) && first.len() > 1 || last == "host" {
        Says::Host
    } else if PERSON_PREFIXES.contains(&first.as_str()) {
        Says::Person
    } else {
        Says::Nothing
    }
}

/// What may be left of a host's name in a rule file without the words that say only that it is one, with its
/// separators: `web-1` of `host_web-1`.
pub fn without_affixes_of_host(name: &str) -> Vec<String> {
    let is_one_of = |word: &str, of: &[&str]| of.iter().any(|one| one.eq_ignore_ascii_case(word));
    let front = name.find(is_separator).and_then(|at| Some((name.get(..at)?, name.get(at + 1..)?)));
    let front = front.filter(|(word, rest)| is_one_of(word, &HOST_PREFIXES) && !rest.is_empty()).map(|(_, rest)| rest);
    let left = front.unwrap_or(name);
    let back = left.rfind(is_separator).and_then(|at| Some((left.get(..at)?, left.get(at + 1..)?)));
    let back = back.filter(|(rest, word)| is_one_of(word, &HOST_SUFFIXES) && !rest.is_empty()).map(|(rest, _)| rest);
    front.into_iter().chain(back).map(str::to_owned).collect()
}

/// What may be left of a name without the words that say only what it is the name of.
pub(super) fn without_affixes(kind: Kind, name: &str) -> Vec<String> {
    let (prefixes, suffixes): (&[&str], &[&str]) = match kind {
        Kind::Host => (&HOST_PREFIXES, &HOST_SUFFIXES),
        Kind::User => (&USER_PREFIXES, &USER_SUFFIXES),
    };
    let words: Vec<&str> = name.split(is_separator).filter(|word| !word.is_empty()).collect();
    let is_one_of =
        |word: Option<&&str>, of: &[&str]| word.is_some_and(|word| of.iter().any(|w| w.eq_ignore_ascii_case(word)));
    let has_prefix = words.len() > 1 && is_one_of(words.first(), prefixes);
    let has_suffix = words.len() > 1 && is_one_of(words.last(), suffixes);
    let without = |front: bool, back: bool| words.get(usize::from(front)..words.len() - usize::from(back));
    let left = [
        without(true, false).filter(|_| has_prefix),
        without(false, true).filter(|_| has_suffix),
        without(true, true).filter(|_| has_prefix && has_suffix),
    ];
    left.into_iter().flatten().map(<[&str]>::concat).collect()
}

/// What names of keys say of each holder. A name belongs only to the holders that it fits best: an anchor that is
/// one host's very name says nothing of another that resembles it.
pub(super) fn named<'n>(
    holders: &[Holder],
    names: impl Iterator<Item = NamedKey<'n>>,
    corroboration: &Corroboration<'_>,
) -> Vec<Vec<Held>> {
    let indices = [Kind::Host, Kind::User].map(|kind| Index::of(kind, holders));
    let mut claims = vec![Vec::new(); holders.len()];
    for named in names {
        for index in indices.iter().filter(|index| named.may_be_of(index.kind)) {
            let fitting = index.fitting(named.name.text);
            let Some(best) = fitting.values().min().copied() else { continue };
            for (place, _) in fitting.into_iter().filter(|(_, evidence)| *evidence == best) {
                let (Some(holder), Some(claims)) = (holders.get(place), claims.get_mut(place)) else { continue };
                let place = named.name.place.clone();
                let mut held = match named.name.written {
                    Written::Bound => Held::for_agenix(&named.recipient, best, place, holder),
                    Written::Anchor | Written::Beside => Held::new(&named.recipient, best, place),
                };
                held.corroborated = held.corroborated || corroboration.holds(holder, &held);
                claims.push(held);
            }
        }
    }
    claims
}
