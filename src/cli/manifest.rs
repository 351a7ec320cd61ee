//! `sealnix manifest`.

use std::io::Write;
use std::path::Path;

use super::run::{self, RunError};
use super::subject::Subject;
use super::{Format, Outcome};
use crate::manifest::compare::compare;
use crate::report::comparison;

/// Writes the manifest of the repository to `out`, as JSON.
pub fn manifest(subject: Subject<'_>, out: &mut impl Write) -> Result<Outcome, RunError> {
    let (tree, manifest) = run::declared(subject)?;
    serde_json::to_writer_pretty(&mut *out, &manifest)?;
    writeln!(out)?;
    Ok(if run::is_unseen(&tree, &manifest) { Outcome::NotLookedAt } else { Outcome::Clean })
}

/// Writes how the manifest of the repository differs from another one.
pub fn against(subject: Subject<'_>, other: &Path, format: Format, out: &mut impl Write) -> Result<Outcome, RunError> {
    let (tree, manifest) = run::declared(subject)?;
    let other = run::read_manifest(other, &tree)?;
    let compared = compare(&manifest, &other);
    match format {
        Format::Human => comparison::write(out, &compared)?,
        Format::Json => {
            serde_json::to_writer_pretty(&mut *out, &compared)?;
            writeln!(out)?;
        }
    }
    Ok(match (compared.differs(), run::is_unseen(&tree, &manifest)) {
        (true, _) => Outcome::Findings,
        (false, true) => Outcome::NotLookedAt,
        (false, false) => Outcome::Clean,
    })
}
