//! Why a host may hold another key than is known of it; then nothing is said against it.

use crate::identity::{Held, Identities, Identity, is_same_key};
use crate::manifest::{GnupgKeys, Sops};
use crate::policy::Policy;
use crate::sops::{Document, Recipient};

use super::short;

/// Whether one of the keys is a recipient of a file.
pub fn opens(held: &[Held], document: &Document) -> bool {
    let is_held = |one: &Recipient| held.iter().any(|held| held.is(one.kind, &one.identity));
    document.metadata.recipients().any(is_held)
}

/// Why it is doubtful that the known keys are all that it has, where they open none of several
/// files, as a clause: all the files have a recipient in common that nothing names. A host that can
/// open nothing would have been noticed, so that is more probably its key.
pub fn nothing_opens(policy: &Policy, identities: &Identities, held: &[Held], files: &[&Document]) -> Option<String> {
    let [first, others @ ..] = files else { return None };
    if others.is_empty() || files.iter().any(|document| opens(held, document)) {
        return None;
    }
    let identities = identities.hosts.values().chain(identities.users.values());
    let known = identities.filter_map(|identity| if let Identity::Known(held) = identity { Some(held) } else { None });
    let known: Vec<&Held> = known.flatten().collect();
    let is_known = |one: &&Recipient| {
        let names = policy.configs.iter().flat_map(|config| &config.names);
        names.into_iter().any(|named| is_same_key(one.kind, &one.identity, &named.recipient))
            || known.iter().any(|held| held.is(one.kind, &one.identity))
    };
    let in_all = |one: &&Recipient| {
        let has_it = |document: &&Document| document.metadata.recipients().any(|other| other.identity == one.identity);
        others.iter().all(has_it)
    };
    first.metadata.recipients().filter(in_all).find(|one| !is_known(one)).map(|one| {
        let other = short(&one.identity);
        format!("its known key opens none of them, but all are sealed for `{other}`, which nothing names")
    })
}

/// A way in which it may open the file by a key that is not known here, as a clause.
pub fn other_way(sops: &Sops, held: &[Held], document: &Document) -> Option<String> {
    let variable = sops.environment.known().into_iter().flatten().find(|name| name.starts_with("SOPS_AGE_KEY"));
    if let Some(variable) = variable {
        return Some(format!("its `sops.environment.{variable}` may give it another key"));
    }
    let mut kinds = document.metadata.recipients().map(|recipient| recipient.kind);
    kinds.find_map(|kind| match kind {
        "age" => key_file(sops, held).map(str::to_owned),
        "pgp" => pgp_key(&sops.gnupg).map(str::to_owned),
        _ => Some("a key of a key service opens it, which the host may have".to_owned()),
    })
}

/// The key file of sops-nix, where nothing tells what it holds: an ssh key or a PGP key is another.
fn key_file(sops: &Sops, held: &[Held]) -> Option<&'static str> {
    let may_be_in_it = |held: &Held| held.ssh.is_none() && held.recipient.starts_with("age1");
    match sops.age.key_file.known() {
        Some(None) => None,
        _ if held.iter().any(may_be_in_it) => None,
        _ => Some("the key in its `sops.age.keyFile` is not known"),
    }
}

/// What sops-nix may decrypt OpenPGP with: a key ring, or the RSA ssh host keys, which hosts with
/// openssh have unless they say otherwise.
fn pgp_key(gnupg: &GnupgKeys) -> Option<&'static str> {
    match (gnupg.home.known(), gnupg.ssh_key_paths.known().map(Vec::as_slice)) {
        (Some(None), Some([])) => None,
        (Some(Some(_)), _) | (_, Some([_, ..])) => Some("a PGP key opens it, which the host may have"),
        _ => Some("a PGP key opens it, and whether the host has one is not known"),
    }
}
