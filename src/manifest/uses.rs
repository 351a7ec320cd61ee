//! Where the repository's code uses a secret, placeholder or template.

use serde::{Deserialize, Serialize};

use super::{Certainty, Destination, Host, Spot};

/// A place of the repository's code that holds a secret's path, a placeholder or the like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Use {
    /// What is used.
    #[serde(flatten)]
    pub what: Used,
    /// The home-manager user whose secret it is, or in whose configuration a literal path stands; none: the host's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The option that it ends in, `systemd.services.web.serviceConfig.EnvironmentFile`.
    pub option: String,
    /// Where it is written.
    pub at: Spot,
    /// It is a part of a longer text.
    #[serde(default)]
    pub embedded: bool,
    /// It stands in `$(cat …)`, `$(<…)` or the like of a text: a shell that reads the text puts the file's content
    /// there, and nothing else does.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub substituted: bool,
    /// The environment variable whose value it is, or begins: `NAME` of `NAME=…` in systemd's `Environment`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variable: Option<String>,
    /// The function that its text is given to on the way, `writeShellScript`, `writeText`: the innermost; `sh -c` in a
    /// command that says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<String>,
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
    /// The SHA-256 of a secret's file, `config.sops.secrets.NAME.sopsFileHash`.
    FileHash { name: String },
    /// A literal `/run/secrets…` (`path`) in a text of so many bytes.
    LiteralPath {
        length: u32,
        #[serde(default)]
        path: String,
    },
    /// A literal given to an option or attribute (`name`) named like a secret: its place and length only.
    PlainLiteral {
        length: u32,
        #[serde(default)]
        name: String,
    },
    /// A secret's path, or a decrypted file, read at evaluation.
    ReadAtEval { name: String },
    /// Likewise of agenix.
    AgeReadAtEval { name: String },
    /// Likewise by a literal path.
    LiteralReadAtEval { path: String },
    /// A secret, placeholder or template that this configuration does not declare.
    NotDeclared { of: Namespace, name: String },
}

impl Use {
    /// Where it ends, as far as that says who reads it.
    pub fn destination<'u>(&'u self, host: &'u Host) -> Destination<'u> {
        Destination::of(&self.option, host)
    }
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
