//! Who holds which key, and by what evidence.

use std::collections::BTreeMap;

use crate::source::Place;

/// How it is known that a host holds a key, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Evidence {
    /// `[hosts.NAME]` in sealnix.toml.
    Config,
    /// A `.pub` file (or `ssh_known_hosts` line) of the host in the repository.
    PublicKeyFile,
    /// An anchor or comment whose name is the host's.
    Name,
    /// The same after folding case and `-_.`.
    FoldedName,
    /// The same after stripping a known prefix or suffix.
    StrippedName,
}

/// A recipient that a host holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The recipient's text, an ssh key in its converted `age1…` form.
    pub recipient: String,
    /// The ssh public key it was converted from (type and blob, no comment).
    pub ssh: Option<String>,
    /// How it is known.
    pub evidence: Evidence,
    /// Where the evidence stands.
    pub place: Place,
    /// A second fact supports it (a per-host file or rule holds it); weak evidence needs this.
    pub corroborated: bool,
}

/// What is known of the keys of one host (or of a home-manager user).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// It holds these.
    Known(Vec<Held>),
    /// Nothing, or nothing sure, tells; why, as a clause.
    Unknown(String),
}

/// The identities of every host and home-manager user.
#[derive(Debug, Default)]
pub struct Identities {
    /// By host name.
    pub hosts: BTreeMap<String, Identity>,
    /// By host and user.
    pub users: BTreeMap<(String, String), Identity>,
}
