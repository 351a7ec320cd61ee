//! `sealnix manifest`.

use std::io::Write;

use super::error::RunError;
use super::exact::Exact;
use super::progress::Progress;
use super::run::{self, Declared};
use super::subject::Subject;
use super::{Format, Outcome};
use crate::manifest::compare::compare;
use crate::manifest::join::join;
use crate::report::comparison;

/// Writes the manifest of the repository to `out`, as JSON; with Nix's declarations where it is asked.
pub fn manifest(subject: Subject<'_>, exact: Option<Exact<'_>>, out: &mut impl Write) -> Result<Outcome, RunError> {
    let Declared { mut tree, entry, manifest: statically } = run::declared(subject)?;
    let manifest = match exact {
        Some(exact) => {
            let (exact, list) = exact.manifest(&mut tree, &entry, &statically, &Progress::begin(subject.quiet))?;
            join(exact, statically, list)
        }
        None => statically,
    };
    serde_json::to_writer_pretty(&mut *out, &manifest)?;
    writeln!(out)?;
    let unseen = run::is_unseen(&tree, &manifest) || manifest.hosts.iter().any(|host| host.evaluation_error.is_some());
    Ok(if unseen { Outcome::NotLookedAt } else { Outcome::Clean })
}

/// Writes how the manifest of the repository, as it is found statically, differs from another one.
pub fn against(
    subject: Subject<'_>,
    other: Exact<'_>,
    format: Format,
    out: &mut impl Write,
) -> Result<Outcome, RunError> {
    let Declared { mut tree, entry, manifest } = run::declared(subject)?;
    let (other, list) = other.manifest(&mut tree, &entry, &manifest, &Progress::begin(subject.quiet))?;
    let compared = compare(&manifest, &other, list);
    match format {
        Format::Human => comparison::write(out, &compared)?,
        Format::Json => {
            serde_json::to_writer_pretty(&mut *out, &compared)?;
            writeln!(out)?;
        }
    }
    // What Nix did not evaluate may hold any difference.
    let unseen = compared.totals.hosts_not_evaluated > 0;
    Ok(match (unseen, compared.differs(), run::is_unseen(&tree, &manifest)) {
        (true, ..) => Outcome::NotLookedAt,
        (false, true, _) => Outcome::Findings,
        (false, false, true) => Outcome::NotLookedAt,
        (false, false, false) => Outcome::Clean,
    })
}
