//! What agenix and agenix-rekey are told.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{AssumedAbsent, Certainty, Complete, Definition, Fact, SopsFile, Spot};
use crate::source::Place;

/// The `age` options of agenix.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Agenix {
    /// By attribute name.
    #[serde(default)]
    pub secrets: BTreeMap<String, AgenixSecret>,
    /// `age.identityPaths`: the private keys that it looks for on the host.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub identity_paths: Fact<Vec<String>>,
    /// Code that gives secrets and is assumed not to count: what the absence of further ones rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assumed_absent: Vec<AssumedAbsent>,
    /// What agenix-rekey is told; absent where its module is not imported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rekey: Option<Rekey>,
}

/// One `age.secrets.<attr>`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AgenixSecret {
    /// Its file name in `age.secretsDir`.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub name: Fact<String>,
    /// The encrypted file.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub file: Fact<SopsFile>,
    /// Where it is placed on the host; in home-manager text of a shell.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub path: Fact<String>,
    /// As chmod takes it.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub mode: Fact<String>,
    /// A name or a number. Home-manager has none.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub owner: Fact<String>,
    /// A name or a number. Home-manager has none.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub group: Fact<String>,
    /// Whether `path` is a link into `age.secretsDir`.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub symlink: Fact<bool>,
    /// The file for people that agenix-rekey makes `file` of; null where it does not make it. Only with
    /// agenix-rekey's module.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub rekey_file: Fact<Option<SopsFile>>,
    /// Whether the host declares it at all.
    #[serde(flatten)]
    pub certainty: Certainty,
    /// Whether no other definition may say more of it. In JSON absent where it is.
    #[serde(default, skip_serializing_if = "Complete::is_complete")]
    pub complete: Complete,
    /// Where its name is written, as Nix says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Spot>,
    /// For a generated name: the literal it was generated from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Spot>,
    /// Every definition that adds to it.
    #[serde(default)]
    pub definitions: Vec<Definition>,
}

impl AgenixSecret {
    /// The best place to show: where a person wrote the name.
    pub fn place(&self) -> Option<&Place> {
        let mut definitions = self.definitions.iter().filter_map(|definition| definition.pos.as_ref());
        self.origin.as_ref().or(self.at.as_ref()).or_else(|| definitions.next()).map(|spot| &spot.0)
    }

    /// Where a field is written, else where the secret is.
    pub fn field_place(&self, field: &str) -> Option<&Place> {
        let written = self.definitions.iter().find_map(|definition| definition.fields.get(field)?.as_ref());
        written.map(|spot| &spot.0).or_else(|| self.place())
    }
}

/// `age.rekey` of agenix-rekey.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rekey {
    /// The public key that the host's files are made for, or the path of one on the host. A key of bytes 1 is
    /// the default and nobody's.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub host_pubkey: Fact<String>,
    /// Where `hostPubkey` is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_pubkey_at: Option<Spot>,
    /// The identities of people, each by path or with its public key.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub master_identities: Fact<Vec<MasterIdentity>>,
    /// `local`: the host's files lie in the repository; `derivation`: they are built.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub storage_mode: Fact<String>,
}

/// One of `age.rekey.masterIdentities`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct MasterIdentity {
    /// Where the identity is: relative to the repository, or absolute.
    pub identity: String,
    /// Its public key, where that is said.
    #[serde(default)]
    pub pubkey: Option<String>,
}
