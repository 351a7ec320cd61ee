//! `sealnix check`.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::run::{self, Known, RunError};
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
    /// The lowest level that counts as findings.
    pub fail_on: Level,
}

/// Checks the repository at `path` and writes the report to `out`.
pub fn check(path: Option<&Path>, options: &Options, style: Style, out: &mut impl Write) -> Result<Outcome, RunError> {
    let Known { tree, manifest, not_looked } = run::know(path, options.manifest.as_deref())?;
    let (vault, policy) = (run::vault(&tree), run::policy(&tree));
    let identities = run::identities(&manifest, &policy, &vault, &tree);
    let world = World { manifest: &manifest, vault: &vault, policy: &policy, identities: &identities, tree: &tree };
    let (judged, undecided) = run::judge(&world);
    let summary = Summary::new(&world, &judged, &undecided, &not_looked);
    match options.format {
        Format::Human => human::write(out, &judged.findings, &summary, &world, style)?,
        Format::Json => json::write(out, &judged.findings, &summary)?,
    }
    let failed = judged.findings.iter().any(|finding| finding.level >= options.fail_on);
    let unseen = !not_looked.is_empty() || judged.findings.iter().any(|finding| finding.rule == "not-looked-at");
    Ok(match (unseen, failed) {
        (true, _) => Outcome::NotLookedAt,
        (false, true) => Outcome::Findings,
        (false, false) => Outcome::Clean,
    })
}
