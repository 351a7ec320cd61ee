//! `sealnix check`.

use std::io::{self, Write};
use std::path::PathBuf;

use super::error::RunError;
use super::exact::ByNix;
use super::run::{self, Answer};
use super::save::save;
use super::scope::Scope;
use super::subject::Subject;
use super::{Format, Outcome};
use crate::checks::World;
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
    /// Whether Nix is asked for the declarations.
    pub by_nix: ByNix,
    /// Of which hosts findings are reported.
    pub scope: Scope,
    /// A file that is to hold the report too.
    pub report: Option<PathBuf>,
    /// The lowest level that counts as findings.
    pub fail_on: Level,
}

/// Checks the repository and writes the report to `out`, and to the file that is to hold it.
pub fn check(subject: Subject<'_>, options: &Options, style: Style, out: &mut impl Write) -> Result<Outcome, RunError> {
    let known = run::know(subject, options.by_nix.or_file(options.scope.hosts(), options.manifest.as_deref()))?;
    options.scope.is_of(&known.manifest)?;
    let Answer { judged, undecided, not_looked_at, unseen } = run::judge(&known, &options.scope);
    let counted = options.scope.of(&known.manifest);
    let counted = World { manifest: &counted, ..known.world() };
    let summary = Summary::new(&counted, &judged, &undecided, &not_looked_at);
    let written = |style: Style| -> io::Result<Vec<u8>> {
        let mut report = Vec::new();
        match options.format {
            Format::Human => human::write(&mut report, &judged.findings, &summary, &known.world(), style)?,
            Format::Json => json::write(&mut report, &judged.findings, &summary)?,
        }
        Ok(report)
    };
    out.write_all(&written(style)?)?;
    if let Some(path) = &options.report {
        // A file shows neither colours nor links.
        let report = written(Style { terminal: false, ..style })?;
        save(path, &report).map_err(|source| RunError::NotSaved { path: path.clone(), source })?;
    }
    let failed = judged.findings.iter().any(|finding| finding.level >= options.fail_on);
    Ok(match (unseen, failed) {
        (true, _) => Outcome::NotLookedAt,
        (false, true) => Outcome::Findings,
        (false, false) => Outcome::Clean,
    })
}
