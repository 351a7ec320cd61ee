//! Reading a manifest that real Nix made, or that `sealnix manifest` printed.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use super::complete::Completion;
use super::{Complete, Fact, Host, HostKind, Manifest, SopsFile, VERSION};
use crate::source::Tree;

/// Why a manifest could not be read. Never holds a value of the file: it may be any file.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is not JSON, or not of the manifest's shape.
    #[error("{path}:{line}:{column}: {reason}")]
    Json {
        /// The file.
        path: String,
        /// Line, from 1.
        line: usize,
        /// Column in bytes, from 1.
        column: usize,
        /// What is wrong.
        reason: String,
    },
    /// It has another version, or none.
    #[error("{path}: {found}; this sealnix reads manifest version {VERSION}")]
    Version {
        /// The file.
        path: String,
        /// What it says, as a clause.
        found: String,
    },
}

impl Manifest {
    /// Reads version 1 (`docs/manifest.md`), as printed by sealnix or by Nix code, and completes what
    /// Nix does not give from the texts of `tree`: byte offsets and ends of places, placeholders
    /// of templates, `at`, paths relative to the repository. `path` is for errors.
    pub fn from_json(text: &str, path: &str, tree: &Tree) -> Result<Manifest, ReadError> {
        let head: Head = serde_json::from_str(text).map_err(|error| json_error(path, &error))?;
        if head.version.as_u64() != Some(u64::from(VERSION)) {
            let found = match &head.version {
                serde_json::Value::Number(version) => format!("manifest version {version} is not supported"),
                _ => "it does not say `\"version\": 1`, so it is no manifest".to_owned(),
            };
            return Err(ReadError::Version { path: path.to_owned(), found });
        }
        let mut manifest: Manifest = serde_json::from_str(text).map_err(|error| json_error(path, &error))?;
        for (host, given) in manifest.hosts.iter_mut().zip(&head.hosts) {
            say_what_is_not_given(host, given);
        }
        Completion::of(&manifest, tree).complete(&mut manifest);
        manifest.hosts.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
        Ok(manifest)
    }
}

/// What tells which shape follows, and which parts are there.
#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    version: serde_json::Value,
    #[serde(default)]
    hosts: Vec<Given>,
}

/// Which parts of a host are given (null is not).
#[derive(Deserialize)]
struct Given {
    complete: Option<IgnoredAny>,
    users: Option<IgnoredAny>,
    units: Option<IgnoredAny>,
    services: Option<IgnoredAny>,
}

fn json_error(path: &str, error: &serde_json::Error) -> ReadError {
    // serde_json appends the place, and may quote the value that it did not expect.
    let said = error.to_string();
    let said = said.rsplit_once(" at line ").map_or(said.as_str(), |(said, _)| said);
    let reason = match said.rsplit_once(", expected ") {
        Some((_, expected)) => format!("not a manifest: expected {expected}"),
        None if error.is_data() && !said.starts_with("missing field") => "not a manifest".to_owned(),
        None if error.is_data() => format!("not a manifest: {said}"),
        None => format!("not JSON: {said}"),
    };
    ReadError::Json { path: path.to_owned(), line: error.line(), column: error.column(), reason }
}

fn say_what_is_not_given(host: &mut Host, given: &Given) {
    if host.attr.is_empty() {
        host.attr = format!("{}.{}", configurations(host.kind), attribute(&host.name));
    }
    if given.complete.is_some() {
        return;
    }
    if given.users.is_none() {
        host.complete.users = Complete::No("the manifest does not list the users".to_owned());
    }
    let why = match (&given.units, &given.services) {
        (Some(_), _) => return,
        (None, Some(_)) => "the manifest lists only the services that load files",
        (None, None) => "the manifest does not list the units",
    };
    host.complete.units = Complete::No(why.to_owned());
}

fn configurations(kind: HostKind) -> &'static str {
    match kind {
        HostKind::Nixos => "nixosConfigurations",
        HostKind::Darwin => "darwinConfigurations",
        HostKind::Home => "homeConfigurations",
    }
}

/// A name as one writes it in an attribute path.
fn attribute(name: &str) -> String {
    let plain = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '\''));
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"")) }
}

/// `sopsFile` as Nix code gives it: `{path, kind}`, or `{error}` where it did not evaluate.
pub(super) fn sops_file<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Fact<SopsFile>, D::Error> {
    Ok(match Option::<WrittenFile>::deserialize(deserializer)? {
        Some(WrittenFile::File(file)) => Fact::Known(file),
        Some(WrittenFile::Failed { .. }) | None => Fact::Unknown,
    })
}

/// The same where null is a value: no default file.
pub(super) fn default_sops_file<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Fact<Option<SopsFile>>, D::Error> {
    Ok(match Option::<WrittenFile>::deserialize(deserializer)? {
        Some(WrittenFile::File(file)) => Fact::Known(Some(file)),
        Some(WrittenFile::Failed { .. }) => Fact::Unknown,
        None => Fact::Known(None),
    })
}

#[derive(Deserialize)]
#[serde(untagged)]
enum WrittenFile {
    File(SopsFile),
    Failed {
        #[allow(dead_code, reason = "only its presence tells")]
        error: String,
    },
}
