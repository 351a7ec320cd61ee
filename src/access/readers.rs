//! The readers of a file: its recipients by key group, who holds each, and who opens it alone.

use std::collections::{BTreeMap, BTreeSet};

use crate::identity::Held;
use crate::keys::Recipient;
use crate::keys::recipient::canonical;
use crate::policy::CreationRule;
use crate::sops::Metadata;
use crate::source::Place;

use super::Owners;

/// The recipients of a file, or of a rule for the files that it makes.
#[derive(Debug)]
pub struct Readers<'a> {
    /// By key group.
    pub groups: Vec<Vec<Key<'a>>>,
    /// Of how many groups a share is needed; 1 where there is one group.
    pub needed: usize,
    /// How far each holder comes; who is not here opens nothing.
    pub reach: BTreeMap<usize, Reach>,
    /// Of an age file: how many more recipients it has, of whom the header does not tell who they are.
    pub anonymous: usize,
}

/// One recipient.
#[derive(Debug)]
pub struct Key<'a> {
    /// The list it stands in: `age`, `pgp`, ….
    pub kind: &'static str,
    /// Its text.
    pub identity: &'a str,
    /// Where it stands, as far as that is known.
    pub place: Option<&'a Place>,
    /// Who holds it.
    pub owners: Vec<Owner>,
}

/// Somebody who holds a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// The place among the holders.
    pub holder: usize,
    /// The recipient is an `ssh-…` key, and sops-nix on this host only uses the age key made of it.
    pub only_as_ssh: bool,
}

/// How far somebody's keys reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// They open it.
    Alone,
    /// They are in some of the key groups, and shares of more are needed.
    Share {
        /// In how many groups they are.
        groups: usize,
    },
    /// Only the host's ssh key itself would open it, which sops-nix does not use.
    OnlyAsSsh,
}

/// The place of the only holder of [`Readers::of_one`].
const ONLY: usize = 0;

impl<'a> Readers<'a> {
    /// Those of a sealed file, as far as one holder of keys is concerned.
    pub fn of_one(metadata: &'a Metadata, held: &[Held], converts_ssh_keys: bool) -> Self {
        let texts = held.iter().flat_map(Held::texts);
        let owners = texts.map(|text| (text.to_owned(), [(ONLY, converts_ssh_keys)].into())).collect();
        Readers::of_file(metadata, &owners)
    }

    /// How far that one comes, and through which recipients.
    pub fn reach_of_one(&self) -> Option<(Reach, Vec<&Key<'a>>)> {
        Some((*self.reach.get(&ONLY)?, self.through(ONLY).map(|(_, key)| key).collect()))
    }

    /// Those of a sealed file.
    pub(super) fn of_file(metadata: &'a Metadata, owners: &Owners) -> Self {
        let groups = metadata.groups.iter();
        let keys = groups.map(|group| group.iter().map(|one| (one.kind, one.identity.as_str(), &one.place)).collect());
        Readers::new(keys.collect(), metadata.threshold, owners)
    }

    /// Those that a rule gives to a file.
    pub(super) fn of_rule(rule: &'a CreationRule, owners: &Owners) -> Self {
        let groups = rule.groups.iter();
        let keys = groups.map(|group| group.iter().map(|one| (one.kind, one.identity.as_str(), &one.place)).collect());
        Readers::new(keys.collect(), rule.threshold, owners)
    }

    fn new(groups: Vec<Vec<(&'static str, &'a str, &'a Place)>>, threshold: Option<u32>, owners: &Owners) -> Self {
        let key = |(kind, identity, place)| Key {
            kind,
            identity,
            place: Some(place),
            owners: owners_of(owners, kind, identity),
        };
        let groups = groups.into_iter().map(|group| group.into_iter().map(key).collect());
        Readers::of_keys(groups.collect(), threshold)
    }

    /// Those of an age file, and how many more there are.
    pub(super) fn of_age_file(keys: Vec<Key<'a>>, anonymous: usize) -> Self {
        Readers { anonymous, ..Readers::of_keys(vec![keys], None) }
    }

    fn of_keys(groups: Vec<Vec<Key<'a>>>, threshold: Option<u32>) -> Self {
        let needed = needed(groups.len(), threshold);
        let mut usable: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for (index, group) in groups.iter().enumerate() {
            for owner in group.iter().flat_map(|key| &key.owners) {
                let groups = usable.entry(owner.holder).or_default();
                if !owner.only_as_ssh {
                    groups.insert(index);
                }
            }
        }
        let reach = |groups: usize| match groups {
            0 => Reach::OnlyAsSsh,
            groups if groups < needed => Reach::Share { groups },
            _ => Reach::Alone,
        };
        let reach = usable.into_iter().map(|(holder, groups)| (holder, reach(groups.len()))).collect();
        Readers { groups, needed, reach, anonymous: 0 }
    }

    /// Every recipient.
    pub fn keys(&self) -> impl Iterator<Item = &Key<'a>> {
        self.groups.iter().flatten()
    }

    /// Through which recipients somebody reads, each with its group.
    pub fn through(&self, holder: usize) -> impl Iterator<Item = (usize, &Key<'a>)> {
        let keys = self.groups.iter().enumerate().flat_map(|(index, group)| group.iter().map(move |key| (index, key)));
        keys.filter(move |(_, key)| key.owners.iter().any(|owner| owner.holder == holder))
    }
}

/// How many groups sops needs a share of: the threshold, which is at least two and without which sops splits the
/// key for all of them (reference: sops.md section 2).
fn needed(groups: usize, threshold: Option<u32>) -> usize {
    match (groups, threshold) {
        (0 | 1, _) => 1,
        (groups, None) => groups,
        (_, Some(threshold)) => usize::try_from(threshold).unwrap_or(usize::MAX).max(2),
    }
}

/// Who holds the key of a recipient: an ssh key and the age recipient made of it are one.
fn owners_of(owners: &Owners, kind: &str, identity: &str) -> Vec<Owner> {
    let ssh = Recipient::parse_age(identity).ok().filter(|recipient| kind == "age" && recipient.ssh().is_some());
    let made = ssh.as_ref().and_then(|recipient| owners.get(recipient.held_as()));
    let found = owners.get(&canonical(kind, identity)).into_iter().chain(made).flatten();
    let found: BTreeMap<usize, bool> = found.map(|(&holder, &converts)| (holder, converts)).collect();
    let owner = |(holder, converts)| Owner { holder, only_as_ssh: converts && ssh.is_some() };
    found.into_iter().map(owner).collect()
}
