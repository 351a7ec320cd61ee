//! The hosts, what their keys open and what they declare.

use std::collections::BTreeSet;

use crate::identity::{Evidence, Held, Identity};
use crate::manifest::{Host, HostKind};
use crate::sops::Document;

use super::Repository;

/// A host as `sealnix host list` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// NixOS, nix-darwin, home-manager.
    pub kind: &'static str,
    /// Its recipients with how each is known; or why none is, and the line that would settle it.
    pub keys: Result<Vec<(String, &'static str)>, (String, String)>,
    /// How many sops files it can open.
    pub opens: usize,
    /// How many sops files it declares.
    pub declares: usize,
}

/// Every host.
pub fn list(repository: &Repository<'_>) -> Vec<Row> {
    repository.manifest.hosts.iter().map(|host| row(repository, host)).collect()
}

fn row(repository: &Repository<'_>, host: &Host) -> Row {
    let secrets = host.sops.iter().flat_map(|sops| sops.secrets.values());
    let declared: BTreeSet<_> = secrets.filter_map(|secret| secret.sops_file.known()).map(|file| &file.path).collect();
    let (keys, opens) = match repository.identities.of(host, None) {
        Some(Identity::Known(held)) => {
            let opened = repository.vault.documents().filter(|document| opens(held, document)).count();
            (Ok(held.iter().map(|held| (held.recipient.clone(), how(held.evidence))).collect()), opened)
        }
        Some(Identity::Unknown { why, settled_by }) => (Err((why.clone(), settled_by.clone())), 0),
        None => (Err(("nothing tells its key".to_owned(), String::new())), 0),
    };
    Row { name: host.name.clone(), kind: kind(host.kind), keys, opens, declares: declared.len() }
}

fn opens(held: &[Held], document: &Document) -> bool {
    document.metadata.recipients().any(|one| held.iter().any(|held| held.is(one.kind, &one.identity)))
}

fn kind(kind: HostKind) -> &'static str {
    match kind {
        HostKind::Nixos => "nixos",
        HostKind::Darwin => "darwin",
        HostKind::Home => "home",
    }
}

fn how(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::Config => "sealnix.toml",
        Evidence::PublicKeyFile => "public key file",
        Evidence::Name => "name",
        Evidence::FoldedName => "name, but for case and separators",
        Evidence::StrippedName => "name, without its prefix or suffix",
    }
}
