//! What sops-nix opens files with on a host.

use serde::{Deserialize, Serialize};

use super::{Certainty, Fact, Spot};

/// `sops.age`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AgeKeys {
    /// Path of the key file on the host.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub key_file: Fact<Option<String>>,
    /// Paths of ssh host keys.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub ssh_key_paths: Fact<Vec<String>>,
    /// Whether a missing key file is generated.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub generate_key: Fact<bool>,
}

/// `sops.gnupg`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GnupgKeys {
    /// `GNUPGHOME` on the host.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub home: Fact<Option<String>>,
    /// Paths of RSA ssh host keys.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub ssh_key_paths: Fact<Vec<String>>,
}

/// An option that names keys: where it is set, and what becomes of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeySource {
    /// Where it is set; absent for a default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Spot>,
    /// Nix copies a key to its store, where everybody reads it, or has it there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub copied: bool,
    /// How sure its value is.
    #[serde(flatten)]
    pub certainty: Certainty,
}
