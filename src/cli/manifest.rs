//! `sealnix manifest`.

use std::io::Write;
use std::path::Path;

use super::Outcome;
use super::run::{self, RunError};

/// Writes the manifest of the repository at `path` to `out`, as JSON.
pub fn manifest(path: Option<&Path>, out: &mut impl Write) -> Result<Outcome, RunError> {
    let (tree, manifest) = run::declared(path)?;
    serde_json::to_writer_pretty(&mut *out, &manifest)?;
    writeln!(out)?;
    let unseen = run::sees_no_host(&manifest) || tree.not_looked.iter().any(|file| file.path.ends_with(".nix"));
    Ok(if unseen { Outcome::NotLookedAt } else { Outcome::Clean })
}
