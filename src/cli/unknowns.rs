//! `sealnix unknowns [HOST]`.

use std::io::Write;

use super::run::{self, RunError};
use super::scope::Scope;
use super::subject::Subject;
use super::{Format, Outcome};
use crate::manifest::Manifest;
use crate::report::{obstacles, unknowns};

/// Writes what stopped the evaluator in the repository, of all hosts or of one.
pub fn unknowns(
    subject: Subject<'_>,
    host: Option<&str>,
    format: Format,
    out: &mut impl Write,
) -> Result<Outcome, RunError> {
    let known = run::know(subject, None)?;
    let unseen = run::is_unseen(&known.tree, &known.manifest);
    let manifest = match host {
        Some(host) => of_host(&known.manifest, host)?,
        None => known.manifest,
    };
    let found = obstacles::obstacles(&manifest, &known.identities);
    match format {
        Format::Human => unknowns::write(out, &found)?,
        Format::Json => unknowns::write_json(out, &found)?,
    }
    Ok(if unseen { Outcome::NotLookedAt } else { Outcome::Clean })
}

/// The manifest of the hosts of one name.
fn of_host(manifest: &Manifest, name: &str) -> Result<Manifest, RunError> {
    let scope = Scope::Hosts(vec![name.to_owned()]);
    scope.is_of(manifest)?;
    Ok(scope.of(manifest))
}
