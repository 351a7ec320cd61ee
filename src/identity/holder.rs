//! A host or user that holds keys, and the names under which rule files know it.

use crate::keys::Recipient;
use crate::manifest::{Host, HostKind};
use crate::policy::Policy;

use super::corroborate::Corroboration;
use super::{Evidence, Held};

/// Words before a host's name that say only that it is one.
const HOST_PREFIXES: [&str; 6] = ["host", "server", "system", "machine", "sys", "m"];
/// Words behind a host's name.
const HOST_SUFFIXES: [&str; 3] = ["ssh", "age", "host"];
/// Words before a user's name.
const USER_PREFIXES: [&str; 1] = ["user"];
/// Words behind a user's name.
const USER_SUFFIXES: [&str; 3] = ["ssh", "age", "user"];

/// Who is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
        Holder { kind, names, uses_ssh_keys: uses_ssh_keys(host) }
    }

    /// A home-manager user inside a host.
    pub(super) fn of_user(user: &str, host: &Host) -> Holder {
        let names = vec![format!("{user}@{}", host.name), user.to_owned()];
        Holder { kind: Kind::User, names, uses_ssh_keys: false }
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

    /// How well a name fits, if it does.
    pub(super) fn fit(&self, name: &str) -> Option<Evidence> {
        if self.names.iter().any(|own| own == name) {
            return Some(Evidence::Name);
        }
        if self.is_folded(name) {
            return Some(Evidence::FoldedName);
        }
        let (prefixes, suffixes): (&[&str], &[&str]) = match self.kind {
            Kind::Host => (&HOST_PREFIXES, &HOST_SUFFIXES),
            Kind::User => (&USER_PREFIXES, &USER_SUFFIXES),
        };
        let words: Vec<&str> = name.split(is_separator).filter(|word| !word.is_empty()).collect();
        let is_one_of =
            |word: Option<&&str>, of: &[&str]| word.is_some_and(|word| of.iter().any(|w| w.eq_ignore_ascii_case(word)));
        let has_prefix = words.len() > 1 && is_one_of(words.first(), prefixes);
        let has_suffix = words.len() > 1 && is_one_of(words.last(), suffixes);
        let without = |front: bool, back: bool| {
            let from = usize::from(front);
            let to = words.len() - usize::from(back);
            words.get(from..to).is_some_and(|rest| self.is_folded(&rest.concat()))
        };
        let stripped = (has_prefix && without(true, false))
            || (has_suffix && without(false, true))
            || (has_prefix && has_suffix && without(true, true));
        stripped.then_some(Evidence::StrippedName)
    }

    /// Whether a name is one of its names but for case and `-_.`.
    pub(super) fn is_folded(&self, name: &str) -> bool {
        let folded = fold(name);
        !folded.is_empty() && self.names.iter().any(|own| fold(own) == folded)
    }
}

/// A host with known empty `sshKeyPaths` still opens with its ssh key if sops is told where it is.
fn uses_ssh_keys(host: &Host) -> bool {
    let Some(sops) = &host.sops else { return true };
    let none = sops.age.ssh_key_paths.known().is_some_and(Vec::is_empty);
    !none || sops.environment.iter().any(|name| name == "SOPS_AGE_SSH_PRIVATE_KEY_FILE")
}

fn is_separator(c: char) -> bool {
    matches!(c, '-' | '_' | '.' | '@' | ':') || c.is_whitespace()
}

fn fold(name: &str) -> String {
    name.chars().filter(|&c| !is_separator(c)).flat_map(char::to_lowercase).collect()
}

/// What the names in rule files say of each holder. A name belongs only to the holders that it
/// fits best: an anchor that is one host's very name says nothing of another that resembles it.
pub(super) fn named(holders: &[Holder], policy: &Policy, corroboration: &Corroboration<'_>) -> Vec<Vec<Held>> {
    let mut claims = vec![Vec::new(); holders.len()];
    for named in policy.configs.iter().flat_map(|config| &config.names) {
        let Some(recipient) = Recipient::parse_any(&named.recipient) else { continue };
        for kind in [Kind::Host, Kind::User] {
            let of_kind = || holders.iter().zip(0..).filter(move |(holder, _)| holder.kind == kind);
            let Some(best) = of_kind().filter_map(|(holder, _)| holder.fit(&named.name)).min() else { continue };
            for (holder, index) in of_kind().filter(|(holder, _)| holder.fit(&named.name) == Some(best)) {
                let mut held = Held::new(&recipient, best, named.place.clone());
                held.corroborated |= corroboration.holds(holder, &held);
                if let Some(claims) = claims.get_mut::<usize>(index) {
                    claims.push(held);
                }
            }
        }
    }
    claims
}
