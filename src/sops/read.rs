//! One file: whether it is a sops file, and what it holds.

use crate::source::{Place, Text};
use crate::yaml::{self, Yaml};

use super::document::{Document, Format};
use super::{dotenv, ini, yaml as structured};

/// Why sops would not take a file that holds its metadata. The message is a clause and holds no
/// value of the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Refused {
    /// Why, as a clause: "has no `version` in its sops metadata".
    pub why: String,
    /// Where.
    pub place: Place,
}

/// Reads a file. Absent if it holds no sops metadata.
///
/// The form follows the name, as in sops; but a file whose name says nothing and that is YAML with
/// sops metadata is read as YAML, since a secret can declare `format = "yaml"` for it.
///
/// # Errors
/// If it is a sops file that sops would refuse, or broken beyond reading.
pub fn read(text: &Text) -> Option<Result<Document, Refused>> {
    if !text.content().contains("sops") {
        return None;
    }
    match Format::of(text.path()) {
        Format::Yaml => read_yaml(text),
        Format::Json => read_json(text, Format::Json),
        Format::Binary if text.content().trim_start().starts_with('{') => read_json(text, Format::Binary),
        // Prose and code that quote a sops file are no YAML, so an error says nothing here.
        Format::Binary => has_metadata_line(text).then(|| read_yaml(text)).flatten().filter(Result::is_ok),
        Format::Dotenv => flat(text, dotenv::tree(text)?, Format::Dotenv),
        Format::Ini => flat(text, ini::tree(text)?, Format::Ini),
    }
}

fn read_yaml(text: &Text) -> Option<Result<Document, Refused>> {
    match yaml::parse(text) {
        Ok(yaml) => structured::document(text, &yaml, Format::Yaml),
        Err(error) => (has_sealed(text) && has_metadata_line(text)).then(|| Err(error.into())),
    }
}

fn read_json(text: &Text, format: Format) -> Option<Result<Document, Refused>> {
    let document = match yaml::parse(text) {
        Ok(yaml) => structured::document(text, &yaml, format)?,
        Err(error) => {
            return (has_sealed(text) && text.content().contains("\"sops\"")).then(|| Err(error.into()));
        }
    };
    // YAML allows what JSON does not: a comma too many, comments, a second document.
    Some(match serde_json::from_str::<serde::de::IgnoredAny>(text.content()) {
        Ok(_) => document,
        Err(error) => {
            let at = text.offset_of_nix_position(error.line() as u32, error.column() as u32);
            Err(Refused { why: "is not valid JSON, as which sops reads it".into(), place: text.place(at..at) })
        }
    })
}

fn flat(text: &Text, tree: Result<Yaml, Refused>, format: Format) -> Option<Result<Document, Refused>> {
    match tree {
        Ok(tree) => structured::document(text, &tree, format),
        Err(refused) => Some(Err(refused)),
    }
}

fn has_sealed(text: &Text) -> bool {
    text.content().contains("ENC[AES256_GCM")
}

fn has_metadata_line(text: &Text) -> bool {
    text.content().lines().any(|line| line.starts_with("sops:"))
}

impl From<yaml::YamlError> for Refused {
    fn from(error: yaml::YamlError) -> Self {
        Refused { why: error.to_string(), place: error.place().clone() }
    }
}
