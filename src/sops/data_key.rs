//! The data key of a file: unwrapped from its recipients' entries with identities, put together from shares where
//! there are several key groups (reference: sops.md section 2; sops, `GetDataKeyWithKeyServices` in sops.go).

use std::collections::HashMap;

use thiserror::Error;
use zeroize::Zeroizing;

use super::decrypt::{DataKey, KEY};
use super::metadata::{Metadata, Recipient};
use super::shamir::{self, CombineError};
use crate::keys::private::{Identity, OpenError};

/// Larger than any data key or share.
const LARGEST: usize = 4 << 10;

/// What the identities do to a file's key groups.
pub struct Unwrapped {
    /// Each group in file order.
    pub groups: Vec<Group>,
    /// How many of them are needed.
    pub needed: usize,
    /// The data key, or why there is none.
    pub key: Result<DataKey, NoKey>,
}

/// What the identities do to one key group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Group {
    /// Which recipient of the group was opened, and by which of the identities: the first in the order in which
    /// sops tries them.
    pub opened: Option<(usize, usize)>,
    /// Which of its age entries are broken, and how.
    pub broken: Vec<(usize, OpenError)>,
}

/// Why the identities give no data key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NoKey {
    /// Too few groups open.
    #[error("{opened} of its key groups open and {needed} are needed")]
    Groups {
        /// How many open.
        opened: usize,
        /// How many must.
        needed: usize,
    },
    /// The shares do not make a secret.
    #[error("its shares make no data key: {0}")]
    Shares(#[from] CombineError),
    /// What its entry holds has another length.
    #[error("what its recipients can open is no data key of 32 bytes")]
    Length,
}

/// Unwraps the data key with identities, which are tried in their order on every entry.
pub fn unwrap(metadata: &Metadata, identities: &[&Identity]) -> Unwrapped {
    let mut shares = Vec::new();
    let mut groups = Vec::new();
    let mut entries = Entries { identities, tried: HashMap::new() };
    for recipients in &metadata.groups {
        let (group, share) = entries.unwrap_group(recipients);
        groups.push(group);
        shares.extend(share);
    }
    let threshold = metadata.threshold.map_or(0, |threshold| threshold as usize);
    let needed = if groups.len() > 1 { threshold.max(2) } else { 1 };
    let key = match shares.as_slice() {
        [key] if groups.len() == 1 => DataKey::new(key).ok_or(NoKey::Length),
        shares if shares.len() < needed => Err(NoKey::Groups { opened: shares.len(), needed }),
        shares => combined(shares),
    };
    Unwrapped { groups, needed, key }
}

fn combined(shares: &[Zeroizing<Vec<u8>>]) -> Result<DataKey, NoKey> {
    DataKey::new(&shamir::combine(shares)?).ok_or(NoKey::Length)
}

/// The entries that were tried: by aliases one can stand in many groups.
struct Entries<'a> {
    identities: &'a [&'a Identity],
    tried: HashMap<&'a str, Entry>,
}

/// Which identity opened an entry, and what it holds; or how it is broken, if it is.
type Entry = Result<(usize, Zeroizing<Vec<u8>>), Option<OpenError>>;

impl<'a> Entries<'a> {
    fn unwrap_group(&mut self, recipients: &'a [Recipient]) -> (Group, Option<Zeroizing<Vec<u8>>>) {
        let mut group = Group::default();
        for (place, recipient) in recipients.iter().enumerate().filter(|(_, recipient)| recipient.kind == "age") {
            let identities = self.identities;
            match self.tried.entry(&recipient.enc).or_insert_with_key(|enc| try_all(enc, identities)) {
                Ok((identity, share)) => {
                    group.opened = Some((place, *identity));
                    return (group, Some(share.clone()));
                }
                Err(broken) => group.broken.extend(broken.map(|error| (place, error))),
            }
        }
        (group, None)
    }
}

fn try_all(enc: &str, identities: &[&Identity]) -> Entry {
    let mut failed = None;
    for (number, identity) in identities.iter().enumerate() {
        match identity.open(without_blank_lines(enc).as_bytes(), LARGEST) {
            Ok(share) => return Ok((number, share)),
            Err(OpenError::NotForIt) => {}
            Err(error) => failed = Some(error),
        }
    }
    Err(failed)
}

/// Blank lines before the armor are passed over (source: `NewReader` in armor/armor.go of FiloSottile/age).
fn without_blank_lines(mut enc: &str) -> &str {
    while let Some((_, rest)) = enc.split_once('\n').filter(|(line, _)| line.trim_ascii().is_empty()) {
        enc = rest;
    }
    enc
}

/// For the message of [`NoKey::Length`].
const _: () = assert!(KEY == 32);
