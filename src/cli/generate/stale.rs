//! `sealnix generate --check` and `--all`: every file that is generated.

use std::io::{self, IsTerminal, Write};

use crate::cli::Outcome;
use crate::cli::error::RunError;
use crate::cli::sealed::SealedFiles;
use crate::generate::GenerateError;
use crate::generate::change::Plan;
use crate::generate::recipe::Recipe;
use crate::generate::stale::{Examined, Stale, examine};
use crate::source::visible::{clean, clean_line};

/// What `--all` may do.
pub struct Refresh {
    /// Whether it may overwrite what was not generated.
    pub force: bool,
    /// Whether it only shows what would change.
    pub dry_run: bool,
}

/// Says which generated files are stale, with what would change in them.
pub fn check(sealed: &SealedFiles, output: &mut impl Write) -> Result<Outcome, RunError> {
    let examined = examined(sealed, &Plan::new(&sealed.root))?;
    for stale in &examined.stale {
        write!(output, "{} {}\n{}\n", clean_line(&stale.path), stale.why, shown(&stale.diff()))?;
    }
    let by_hand = examined.stale.iter().filter(|stale| stale.refusal().is_some()).count();
    match (examined.stale.len(), by_hand) {
        (0, _) => writeln!(output, "{}: all fresh", files(&examined))?,
        (stale, 0) => writeln!(output, "{}: {stale} stale; `sealnix generate --all` refreshes", files(&examined))?,
        (stale, _) => writeln!(
            output,
            "{}: {stale} stale; `sealnix generate --all` overwrites what a person wrote only with --force",
            files(&examined)
        )?,
    }
    Ok(if examined.stale.is_empty() { Outcome::Clean } else { Outcome::Findings })
}

/// Writes every generated file anew that is stale; all or none.
pub fn refresh(sealed: &SealedFiles, options: &Refresh, output: &mut impl Write) -> Result<Outcome, RunError> {
    let mut plan = Plan::new(&sealed.root);
    let examined = examined(sealed, &plan)?;
    for stale in &examined.stale {
        if let Some(refusal) = stale.refusal().filter(|_| !options.force) {
            return Err(refusal.into());
        }
        plan.write(&stale.path, stale.after.clone()).map_err(GenerateError::from)?;
    }
    if options.dry_run {
        write!(output, "{}", shown(&examined.stale.iter().map(Stale::diff).collect::<String>()))?;
        return Ok(Outcome::Clean);
    }
    plan.apply().map_err(GenerateError::from)?;
    for stale in &examined.stale {
        match stale.summary.as_str() {
            "" => writeln!(output, "wrote {}", clean_line(&stale.path))?,
            summary => writeln!(output, "wrote {}: {summary}", clean_line(&stale.path))?,
        }
    }
    writeln!(output, "{}: {} written", files(&examined), examined.stale.len())?;
    Ok(Outcome::Clean)
}

/// Looks at every file, and fails with all that could not be looked at.
fn examined(sealed: &SealedFiles, plan: &Plan) -> Result<Examined, RunError> {
    let SealedFiles { tree, vault, config, .. } = sealed;
    // What does not parse was refused with the rest of sealnix.toml.
    let listed =
        config.generate.iter().filter_map(|(out, command)| Some((out.clone(), Recipe::read(&command.line).ok()?)));
    let mut examined = examine(tree, vault, plan, &listed.collect());
    match std::mem::take(&mut examined.errors) {
        errors if errors.is_empty() => Ok(examined),
        errors => Err(RunError::NotGenerated(errors)),
    }
}

fn files(examined: &Examined) -> String {
    match examined.files {
        1 => "1 generated file".to_owned(),
        files => format!("{files} generated files"),
    }
}

/// A diff as a terminal takes it; what goes elsewhere stays as it is.
fn shown(diff: &str) -> String {
    if io::stdout().is_terminal() { clean(diff).into_owned() } else { diff.to_owned() }
}
