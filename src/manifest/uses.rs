//! Where the repository's code uses a secret, placeholder or template.

use serde::{Deserialize, Serialize};

use super::{Certainty, Spot};

/// A place of the repository's code that holds a secret's path, a placeholder or the like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Use {
    /// What is used.
    #[serde(flatten)]
    pub what: Used,
    /// The home-manager user whose secret it is; none: the host's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The option that it ends in, `systemd.services.web.serviceConfig.EnvironmentFile`.
    pub option: String,
    /// Where it is written.
    pub at: Spot,
    /// It is a part of a longer text.
    #[serde(default)]
    pub embedded: bool,
    /// Why it may not count: an option's own `enable` is off, a condition is unknown.
    #[serde(flatten)]
    pub certainty: Certainty,
}

/// What a [`Use`] uses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind")]
#[expect(missing_docs, reason = "each variant says what its fields are")]
pub enum Used {
    /// `config.sops.secrets.NAME.path`.
    SecretPath { name: String },
    /// `config.age.secrets.NAME.path`.
    AgeSecretPath { name: String },
    /// `config.sops.placeholder.NAME`.
    Placeholder { name: String },
    /// `config.sops.templates.NAME.path`.
    TemplatePath { name: String },
    /// A literal `/run/secrets…`: its place and length only.
    LiteralPath { length: u32 },
    /// A literal given to an option named like a secret: its place and length only.
    PlainLiteral { length: u32 },
    /// A secret's path, or a decrypted file, read at evaluation.
    ReadAtEval { name: String },
    /// Likewise of agenix.
    AgeReadAtEval { name: String },
    /// A secret, placeholder or template that this configuration does not declare.
    NotDeclared { of: Namespace, name: String },
}

/// Where a name was looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Namespace {
    /// `sops.secrets`.
    Secrets,
    /// `sops.placeholder`.
    Placeholder,
    /// `sops.templates`.
    Templates,
    /// `age.secrets`.
    #[serde(rename = "ageSecrets")]
    AgeSecrets,
}

impl Namespace {
    /// The option as people write it, step by step.
    pub fn option(self) -> [&'static str; 2] {
        match self {
            Namespace::Secrets => ["sops", "secrets"],
            Namespace::Placeholder => ["sops", "placeholder"],
            Namespace::Templates => ["sops", "templates"],
            Namespace::AgeSecrets => ["age", "secrets"],
        }
    }
}
