//! The `sops` metadata: who can open the file.

use crate::source::Place;

/// One recipient entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The list it stands in: `age`, `pgp`, `kms`, `gcp_kms`, `azure_kv`, `hc_vault`, `hckms`.
    pub kind: &'static str,
    /// The identity that `sops updatekeys` compares: for age the recipient's text, for pgp the
    /// fingerprint (reference: sops.md section 2).
    pub identity: String,
    /// Where that text stands.
    pub place: Place,
}

/// What a sops file says of itself.
#[derive(Debug, Clone)]
pub struct Metadata {
    /// The key groups. Flat lists are one group; then `key_groups` is ignored, as sops does.
    pub groups: Vec<Vec<Recipient>>,
    /// `shamir_threshold`; has effect only with two groups or more.
    pub threshold: Option<u32>,
    /// `version`.
    pub version: Option<String>,
    /// `lastmodified`, RFC 3339.
    pub last_modified: Option<String>,
    /// Whether `mac` is there and not empty.
    pub has_mac: bool,
    /// Where the metadata stands.
    pub place: Place,
}

impl Metadata {
    /// Every recipient of every group.
    pub fn recipients(&self) -> impl Iterator<Item = &Recipient> {
        self.groups.iter().flatten()
    }
}
