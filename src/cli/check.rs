//! `sealnix check`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::Outcome;
use super::error::RunError;
use super::exact::ByNix;
use super::judge::{self, Asked};
use super::run::{self, Known};
use super::save::save;
use super::scope::Scope;
use super::sealed::path_inside;
use super::shell::RuleId;
use super::subject::Subject;
use crate::checks::{self, World};
use crate::finding::{Finding, Level};
use crate::levels::Judged;
use crate::levels::baseline::{Baseline, Entry};
use crate::report::human::Style;
use crate::report::{Summary, github, human, json, sarif};
use crate::source::Tree;
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
    /// What of all that is found is shown.
    pub narrowed: Narrowed,
}

/// What of all that is found is shown.
#[derive(Debug, Clone, Default, Args)]
pub struct Narrowed {
    /// Report only what this rule finds; as often as needed.
    #[arg(long, value_name = "RULE", value_parser = RuleId, value_delimiter = ',', hide_possible_values = true)]
    only: Vec<String>,
    /// Report also what comments in the files silence.
    #[arg(long)]
    no_ignores: bool,
    /// Leave out the findings that this file holds (docs/suppressing.md).
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write the findings of this run to the baseline file.
    #[arg(long, requires = "baseline")]
    update_baseline: bool,
    /// Print findings only: no summary, and nothing where there are none.
    #[arg(long, short)]
    pub quiet: bool,
}

impl Narrowed {
    /// Whether there is a rule of each name.
    fn is_of_rules(&self) -> Result<(), RunError> {
        match self.only.iter().find(|&name| !checks::rules().any(|rule| rule.id == name)) {
            Some(name) => Err(RunError::NoSuchRule { rule: name.clone(), nearest: checks::nearest_rule(name) }),
            None => Ok(()),
        }
    }

    /// What the baseline file holds. One that is to be written need not be there yet. Of what is staged, one that is
    /// staged is read as it is there.
    fn baseline(&self, staged: Option<&Tree>) -> Result<Baseline, RunError> {
        let Some(path) = &self.baseline else { return Ok(Baseline::default()) };
        let staged = staged.filter(|_| !self.update_baseline).and_then(|tree| {
            let inside = path_inside(&tree.root, path)?;
            tree.texts.get(inside.as_str())
        });
        let text = match staged.map_or_else(|| std::fs::read_to_string(path), |text| Ok(text.content().to_string())) {
            Err(source) if self.update_baseline && source.kind() == io::ErrorKind::NotFound => {
                return Ok(Baseline::default());
            }
            read => read.map_err(|source| RunError::NoBaseline { path: path.clone(), source })?,
        };
        Baseline::read(&text).map_err(|source| RunError::Baseline { path: path.clone(), source })
    }

    /// Drops what the baseline holds, once it is written where that is asked for. `is_gone`: of what it holds and is not
    /// found, whether it is mended.
    fn hide(
        &self,
        known: &Known,
        is_staged: bool,
        judged: &mut Judged,
        is_gone: impl Fn(&Entry) -> bool,
    ) -> Result<(), RunError> {
        let says_unseen = |finding: &Finding| judge::says_unseen(finding, &known.policy);
        let mut baseline = self.baseline(is_staged.then_some(&known.tree))?;
        if let (Some(path), true) = (&self.baseline, self.update_baseline) {
            let mut new = Baseline::of(&judged.findings, says_unseen);
            new.keep(&baseline, &is_gone);
            baseline = new;
            save(path, baseline.written()?.as_bytes())
                .map_err(|source| RunError::BaselineNotSaved { path: path.clone(), source })?;
        }
        baseline.hide(judged, says_unseen, is_gone);
        Ok(())
    }
}

/// Checks the repository and writes the report to `out`, and to the file that is to hold it.
pub fn check(subject: Subject<'_>, options: &Options, style: Style, out: &mut impl Write) -> Result<Outcome, RunError> {
    let Narrowed { only, no_ignores, quiet, .. } = &options.narrowed;
    options.narrowed.is_of_rules()?;
    if !subject.staged {
        // A mistake in it is said at once.
        options.narrowed.baseline(None)?;
    }
    let known = run::know(subject, options.by_nix.or_file(options.scope.hosts(), options.manifest.as_deref()))?;
    options.scope.is_of(&known.manifest)?;
    let asked = Asked { scope: &options.scope, only, takes_ignores: !no_ignores };
    let mut answer = judge::judge(&known, asked);
    let mut judged = std::mem::take(&mut answer.judged);
    let unseen = answer.unseen;
    // What is not staged may hold what a run over the work tree found.
    let is_whole = options.scope == Scope::All && only.is_empty() && !subject.staged && !unseen;
    let is_gone = |entry: &Entry| is_whole && answer.is_gone(&known, entry);
    options.narrowed.hide(&known, subject.staged, &mut judged, is_gone)?;
    let counted = options.scope.of(&known.manifest);
    let counted = World { manifest: &counted, ..known.world() };
    let undecided: Vec<String> = answer.undecided.into_iter().map(|(_, undecided)| undecided.clause).collect();
    let summary = Summary::new(&counted, &judged, &undecided, &answer.not_looked_at);
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
            // What was not seen is said in any case.
            Format::Human if *quiet && !unseen => human::findings(out, findings, &known.world(), style)?,
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
        let report = written(*format, Style::plain(style.width))?;
        save(path, &report).map_err(|source| RunError::NotSaved { path: path.clone(), source })?;
    }
    Ok(outcome)
}

/// Where in its git repository a folder lies: what those begin with whose paths count from there.
fn below(root: &Path) -> String {
    let Ok(Some(work_tree)) = WorkTree::around(root) else { return String::new() };
    work_tree.prefix_of(root)
}
