//! Reading a manifest that real Nix made, or that `sealnix manifest` printed.

use serde::Deserialize;

use super::complete::Completion;
use super::{Manifest, VERSION};
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
    /// Nix does not give from the texts of `tree`: byte offsets and ends of places, and paths relative
    /// to the repository where Nix saw it elsewhere than it said. `path` is for errors.
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
        Completion::of(&manifest, tree).complete(&mut manifest);
        manifest.hosts.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
        Ok(manifest)
    }
}

/// What tells which shape follows.
#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    version: serde_json::Value,
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
