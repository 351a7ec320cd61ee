//! One file: whether it is a sops file, and what it holds.

use crate::source::{Place, Text};
use crate::yaml::{self, MAX_DEPTH, MAX_NODES, Yaml};

use super::document::{Document, Format};
use super::json::{self, JsonError};
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
    /// The file itself can be read; it is what its metadata says that sops does not take.
    pub is_metadata: bool,
}

impl Refused {
    /// A file that cannot be read.
    pub(super) fn new(why: impl Into<String>, place: Place) -> Refused {
        Refused { why: why.into(), place, is_metadata: false }
    }

    /// A file that was cut off, most likely.
    pub(super) fn without_metadata(place: Place) -> Refused {
        let why = "has sealed values and no sops metadata, without which nothing opens them";
        Refused { is_metadata: true, ..Refused::new(why, place) }
    }
}

/// Reads a file. Absent if it holds no sops metadata.
///
/// The form follows the name, as in sops; but a file whose name says nothing is read in any form that
/// it has, since a secret can declare that form for it.
///
/// # Errors
/// If it is a sops file that sops would refuse, or broken beyond reading.
pub fn read(text: &Text) -> Option<Result<Document, Refused>> {
    if !text.content().contains("sops") && !has_sealed(text) {
        return None;
    }
    match Format::of(text.path()) {
        Format::Binary if text.content().trim_start().starts_with('{') => read_as(text, Format::Binary),
        Format::Binary => {
            // Prose and code that quote a sops file are in no such form, so an error says nothing here.
            let read = |format| read_as(text, format).filter(Result::is_ok);
            let yaml = has_metadata_line(text).then(|| read(Format::Yaml)).flatten();
            yaml.or_else(|| read(Format::Dotenv)).or_else(|| read(Format::Ini))
        }
        format @ (Format::Dotenv | Format::Ini) => {
            read_as(text, format).or_else(|| sealed_line(text).map(|place| Err(Refused::without_metadata(place))))
        }
        format => read_as(text, format),
    }
}

/// The first line of a flat file whose value is sealed.
fn sealed_line(text: &Text) -> Option<Place> {
    let content: &str = text.content();
    let sealed = ["=ENC[AES256_GCM,data:", "= ENC[AES256_GCM,data:"];
    let at = sealed.into_iter().filter_map(|sealed| content.find(sealed)).min()?;
    let start = content.get(..at)?.rfind('\n').map_or(0, |newline| newline + 1);
    Some(text.place(start..at))
}

/// Reads a file in this form, whatever its name says. Absent if it holds no sops metadata in this
/// form, or is not of this form and nothing shows that it should be.
///
/// # Errors
/// If it is a sops file that sops would refuse, or broken beyond reading.
pub fn read_as(text: &Text, format: Format) -> Option<Result<Document, Refused>> {
    match tree(text, format)? {
        Ok(yaml) => structured::document(text, &yaml, format),
        Err(refused) => Some(Err(refused)),
    }
}

/// The tree that a form is read into. Absent as in [`read_as`].
pub(super) fn tree(text: &Text, format: Format) -> Option<Result<Yaml, Refused>> {
    match format {
        Format::Yaml => yaml_tree(text),
        Format::Json | Format::Binary => json_tree(text),
        Format::Dotenv => dotenv::tree(text),
        Format::Ini => ini::tree(text),
    }
}

fn yaml_tree(text: &Text) -> Option<Result<Yaml, Refused>> {
    match yaml::parse(text) {
        Ok(yaml) => Some(Ok(yaml)),
        Err(error) => {
            let is_named = Format::of(text.path()) == Format::Yaml;
            let is_sops = has_sealed(text) && (is_named || has_metadata_line(text));
            is_sops.then(|| Err(broken(text, error.into())))
        }
    }
}

fn json_tree(text: &Text) -> Option<Result<Yaml, Refused>> {
    let content = text.content();
    match json::parse(text) {
        Ok(yaml) => Some(Ok(yaml)),
        Err(JsonError::Syntax(at)) => {
            // Nix starts with a brace too; only what is sealed is surely a sops file.
            let is_named = Format::of(text.path()) == Format::Json;
            let is_binary = content.contains("\"data\": \"ENC[AES256_GCM,");
            let is_sops = has_sealed(text) && (is_named || is_binary || content.contains("\"sops\""));
            let why = "is not valid JSON, as which sops reads it";
            is_sops.then(|| Err(broken(text, Refused::new(why, text.place(at..at)))))
        }
        Err(JsonError::TooDeep(at)) => has_sealed(text).then(|| {
            let why = format!("is nested deeper than {MAX_DEPTH} levels");
            Err(Refused::new(why, text.place(at..at)))
        }),
        Err(JsonError::TooMuch(at)) => has_sealed(text).then(|| {
            let why = format!("holds more than {MAX_NODES} values");
            Err(Refused::new(why, text.place(at..at)))
        }),
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
        Refused::new(error.to_string(), error.place().clone())
    }
}

/// Why a sops file cannot be parsed: what the parser says, or a merge that was left half done.
fn broken(text: &Text, parser: Refused) -> Refused {
    const MARKER: &str = "<<<<<<< ";
    let mut lines = text.content().split_inclusive('\n').scan(0, |start, line| {
        let here = *start;
        *start += line.len();
        Some((here, line))
    });
    match lines.find(|(_, line)| line.starts_with(MARKER)) {
        Some((start, line)) => Refused::new(
            "holds git's conflict markers; take one side and check that it decrypts",
            text.place(start..start + line.trim_end().len()),
        ),
        None => parser,
    }
}
