//! `sealnix check`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::Outcome;
use super::error::RunError;
use super::exact::ByNix;
use super::run::{self, Answer};
use super::save::save;
use super::scope::Scope;
use super::subject::Subject;
use crate::checks::World;
use crate::finding::Level;
use crate::report::human::Style;
use crate::report::{Summary, github, human, json, sarif};
use crate::source::git::WorkTree;

/// How findings are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Human,
    /// For other programs (docs/findings.md).
    Json,
    /// SARIF 2.1.0, for code scanners (docs/github.md).
    Sarif,
    /// Annotations in a run of GitHub Actions (docs/github.md).
    Github,
}

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
    /// A file that is to hold the report too, and how it is written there.
    pub report: Option<(PathBuf, Format)>,
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
    let failed = judged.findings.iter().any(|finding| finding.level >= options.fail_on);
    let outcome = match (unseen, failed) {
        (true, _) => Outcome::NotLookedAt,
        (false, true) => Outcome::Findings,
        (false, false) => Outcome::Clean,
    };
    let below = below(&known.tree.root);
    let written = |format: Format, style: Style| -> io::Result<Vec<u8>> {
        let mut report = Vec::new();
        let (out, findings) = (&mut report, &judged.findings);
        match format {
            Format::Human => human::write(out, findings, &summary, &known.world(), style)?,
            Format::Json => json::write(out, findings, &summary)?,
            Format::Sarif => {
                let run = sarif::Run { exit_code: outcome.code(), looked_at_all: !unseen, below: &below };
                sarif::write(out, findings, &summary, run)?;
            }
            Format::Github => github::write(out, findings, &summary, &below)?,
        }
        Ok(report)
    };
    out.write_all(&written(options.format, style)?)?;
    if let Some((path, format)) = &options.report {
        // A file shows neither colours nor links.
        let report = written(*format, Style { terminal: false, ..style })?;
        save(path, &report).map_err(|source| RunError::NotSaved { path: path.clone(), source })?;
    }
    Ok(outcome)
}

/// Where in its git repository a folder lies: what those begin with whose paths count from there.
fn below(root: &Path) -> String {
    let Ok(Some(work_tree)) = WorkTree::around(root) else { return String::new() };
    work_tree.prefix_of(root)
}
