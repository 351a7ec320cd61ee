//! `sealnix check`.

use std::io::Write;
use std::path::PathBuf;

use super::run::{self, Answer, RunError};
use super::subject::Subject;
use super::{Format, Outcome};
use crate::finding::Level;
use crate::report::human::Style;
use crate::report::{Summary, human, json};

/// What `check` is told besides the path.
#[derive(Debug, Clone)]
pub struct Options {
    /// How findings are written.
    pub format: Format,
    /// A manifest that Nix made.
    pub manifest: Option<PathBuf>,
    /// The lowest level that counts as findings.
    pub fail_on: Level,
}

/// Checks the repository and writes the report to `out`.
pub fn check(subject: Subject<'_>, options: &Options, style: Style, out: &mut impl Write) -> Result<Outcome, RunError> {
    let known = run::know(subject, options.manifest.as_deref())?;
    let Answer { judged, undecided, unseen } = run::judge(&known);
    let summary = Summary::new(&known.world(), &judged, &undecided);
    match options.format {
        Format::Human => human::write(out, &judged.findings, &summary, &known.world(), style)?,
        Format::Json => json::write(out, &judged.findings, &summary)?,
    }
    let failed = judged.findings.iter().any(|finding| finding.level >= options.fail_on);
    Ok(match (unseen, failed) {
        (true, _) => Outcome::NotLookedAt,
        (false, true) => Outcome::Findings,
        (false, false) => Outcome::Clean,
    })
}
