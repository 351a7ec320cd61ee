//! `sealnix manifest`.

use std::io::Write;
use std::path::Path;

use super::Outcome;
use super::run::{self, RunError};

/// Writes the manifest of the repository at `path` to `out`, as JSON.
pub fn manifest(path: Option<&Path>, out: &mut impl Write) -> Result<Outcome, RunError> {
    let known = run::know(path, None)?;
    serde_json::to_writer_pretty(&mut *out, &known.manifest)?;
    writeln!(out)?;
    Ok(if known.not_looked.is_empty() { Outcome::Clean } else { Outcome::NotLookedAt })
}
