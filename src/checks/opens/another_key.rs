//! Why a host may hold another key than is known of it; then nothing is said against it.

use std::collections::BTreeSet;

use crate::checks::World;
use crate::checks::deciding::short;
use crate::identity::{Held, Identity};
use crate::sops::{Document, Recipient};

use super::reader::{Reader, opens};

/// Why it is doubtful that the known keys are all that it has, where they open none of several
/// files, as a clause: all the files have a recipient in common that nothing names. A host that can
/// open nothing would have been noticed, so that is more probably its key.
pub fn nothing_opens(world: &World<'_>, held: &[Held], files: &[&Document]) -> Option<String> {
    let [first, others @ ..] = files else { return None };
    if others.is_empty() || files.iter().any(|document| opens(held, document)) {
        return None;
    }
    let identities = world.identities.hosts.values().chain(world.identities.users.values());
    let known: BTreeSet<&str> = identities
        .filter_map(|identity| if let Identity::Known(held) = identity { Some(held) } else { None })
        .flatten()
        .map(|held| held.recipient.as_str())
        .chain(world.policy.configs.iter().flat_map(|config| &config.names).map(|named| named.recipient.as_str()))
        .collect();
    let in_all = |one: &&Recipient| {
        let has_it = |document: &&Document| document.metadata.recipients().any(|other| other.identity == one.identity);
        others.iter().all(has_it)
    };
    let mut unnamed = first.metadata.recipients().filter(|one| !known.contains(one.identity.as_str()));
    unnamed.find(in_all).map(|one| {
        let other = short(&one.identity);
        format!("its known key opens none of them, but all are sealed for `{other}`, which nothing names")
    })
}

/// A way in which it may open the file by a key that is not known here, as a clause.
pub fn other_way(reader: &Reader<'_>, document: &Document) -> Option<String> {
    let variable = reader.sops.environment.iter().find(|name| name.starts_with("SOPS_AGE_KEY"));
    if let Some(variable) = variable {
        return Some(format!("its `sops.environment.{variable}` may give it another key"));
    }
    let mut kinds = document.metadata.recipients().map(|recipient| recipient.kind);
    let has_gnupg = matches!(reader.sops.gnupg.home.known(), Some(Some(_)));
    kinds.find(|kind| *kind != "age" && (*kind != "pgp" || has_gnupg)).map(|kind| {
        let key = if kind == "pgp" { "a PGP key" } else { "a key of a key service" };
        format!("{key} opens it, which the host may have")
    })
}
