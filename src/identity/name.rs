//! The names that the repository gives to keys: in its `.sops.yaml`, and in the rules files of agenix.

use crate::agenix::{self, Agenix};
use crate::keys::Recipient;
use crate::policy::{self, Policy};
use crate::source::Place;

use super::fold;
use super::holder::Kind;

/// A name of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Name<'a> {
    /// The name.
    pub text: &'a str,
    /// Where it stands.
    pub place: &'a Place,
    /// How it is given.
    pub written: Written,
}

/// How a name is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// By an anchor of a `.sops.yaml`.
    Anchor,
    /// By a key of a map, or a comment behind a recipient, of a `.sops.yaml`.
    Beside,
    /// By a binding of a rules file of agenix, or of a file that it imports.
    Bound,
}

/// A name with the key that it is given to.
#[derive(Debug, Clone)]
pub struct NamedKey<'a> {
    /// The name.
    pub name: Name<'a>,
    /// The key.
    pub recipient: Recipient,
    /// Whom it may be the name of.
    of: Of,
}

/// Whom a name may be the name of, by the sets that it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Anybody,
    Machine,
    Person,
    /// One of somebody's several keys: `alice.laptop`.
    Other,
}

/// Sets of machines' keys, without an `s` or `keys` at their end.
const OF_MACHINES: [&str; 6] = ["host", "system", "machine", "server", "node", "nixo"];
/// Sets of people's keys, likewise.
const OF_PEOPLE: [&str; 5] = ["user", "admin", "people", "person", "home"];
/// Sets that say only that they hold keys, likewise.
const OF_KEYS: [&str; 6] = ["", "ssh", "age", "public", "pub", "agenix"];
/// Names that say only what kind of key it is: of `atlas.ssh` the outer name is the key's.
const KINDS: [&str; 8] = ["ssh", "age", "key", "publickey", "pubkey", "hostkey", "sshkey", "ed25519"];

impl<'a> NamedKey<'a> {
    /// Those of the `.sops.yaml` files.
    pub fn of_policy(policy: &'a Policy) -> impl Iterator<Item = NamedKey<'a>> {
        let names = policy.configs.iter().flat_map(|config| &config.names);
        names.filter_map(|policy::Named { name, recipient, place, is_anchor }| {
            let written = if *is_anchor { Written::Anchor } else { Written::Beside };
            let name = Name { text: name, place, written };
            Some(NamedKey { name, recipient: Recipient::parse_any(recipient)?, of: Of::Anybody })
        })
    }

    /// Those of the rules files of agenix.
    pub fn of_agenix(agenix: &'a Agenix) -> impl Iterator<Item = NamedKey<'a>> {
        agenix.files.iter().flat_map(|file| &file.names).map(|agenix::Named { name, within, recipient, place }| {
            let (text, around) = match within.split_last() {
                Some((outer, around)) if KINDS.contains(&fold(name).as_str()) => (outer, around),
                _ => (name, within.as_slice()),
            };
            let name = Name { text, place, written: Written::Bound };
            NamedKey { name, recipient: recipient.clone(), of: Of::within(around) }
        })
    }

    /// All of them: an anchor says it better than a comment.
    pub fn all(policy: &'a Policy, agenix: &'a Agenix) -> impl Iterator<Item = NamedKey<'a>> {
        let is_anchor = |named: &NamedKey<'_>| named.name.written == Written::Anchor;
        let (anchors, others): (Vec<_>, Vec<_>) = NamedKey::of_policy(policy).partition(is_anchor);
        anchors.into_iter().chain(NamedKey::of_agenix(agenix)).chain(others)
    }

    /// Whether it may name one of a kind.
    pub(super) fn may_be_of(&self, kind: Kind) -> bool {
        match self.of {
            Of::Anybody => true,
            Of::Machine => kind == Kind::Host,
            Of::Person => kind == Kind::User,
            Of::Other => false,
        }
    }
}

impl Of {
    fn within(sets: &[String]) -> Self {
        let said = sets.iter().map(|set| {
            let folded = fold(set);
            let without_keys = folded.strip_suffix("keys").unwrap_or(&folded);
            let word = without_keys.strip_suffix('s').unwrap_or(without_keys);
            match word {
                word if OF_PEOPLE.contains(&word) => Of::Person,
                word if OF_MACHINES.contains(&word) => Of::Machine,
                word if OF_KEYS.contains(&word) => Of::Anybody,
                _ => Of::Other,
            }
        });
        // `users.alice.laptop` is a person's, `hosts.europe.atlas` a machine's.
        let said: Vec<Of> = said.collect();
        let says = |of| said.contains(&of);
        if says(Of::Person) && says(Of::Other) {
            Of::Other
        } else if says(Of::Person) {
            Of::Person
        } else if says(Of::Machine) {
            Of::Machine
        } else if says(Of::Other) {
            Of::Other
        } else {
            Of::Anybody
        }
    }
}
