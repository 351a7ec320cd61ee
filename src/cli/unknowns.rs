//! `sealnix unknowns [HOST]`.

use std::io::Write;

use super::error::RunError;
use super::run;
use super::scope::Scope;
use super::subject::Subject;
use super::{Format, Outcome};
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
    let scope = host.map_or(Scope::All, |host| Scope::Hosts(vec![host.to_owned()]));
    scope.is_of(&known.manifest)?;
    let manifest = scope.of(&known.manifest);
    let found = obstacles::obstacles(&manifest, &known.identities);
    match format {
        Format::Human => unknowns::write(out, &found)?,
        Format::Json => unknowns::write_json(out, &found)?,
    }
    Ok(if unseen { Outcome::NotLookedAt } else { Outcome::Clean })
}
