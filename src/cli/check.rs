//! `sealnix check`.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::run::{self, Answer, RunError};
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

/// Checks the repository at `path` and writes the report to `out`.
pub fn check(path: Option<&Path>, options: &Options, style: Style, out: &mut impl Write) -> Result<Outcome, RunError> {
    let known = run::know(path, options.manifest.as_deref())?;
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
