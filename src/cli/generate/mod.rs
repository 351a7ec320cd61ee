//! `sealnix generate`.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::Outcome;
use super::run::{self, RunError};
use super::subject::Subject;
use crate::generate::change::Plan;
use crate::generate::recipe::Recipe;
use crate::generate::{self};

/// `sealnix generate …`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
    /// Where it is written; without it to the standard output, as though it stood at the repository's root.
    #[arg(long, global = true, value_name = "OUT")]
    out: Option<PathBuf>,
    /// Overwrite a file that is there and was not generated.
    #[arg(long, global = true)]
    force: bool,
    /// Write nothing, and show what would change.
    #[arg(long, global = true)]
    dry_run: bool,
}

#[derive(Debug, Subcommand)]
enum What {
    #[command(flatten)]
    Recipe(Recipe),
}

/// Runs it. Paths are relative to the current folder.
pub fn generate(arguments: Arguments, out: &mut impl Write) -> Result<Outcome, RunError> {
    let sealed = run::sealed(Subject::default())?;
    let What::Recipe(mut recipe) = arguments.what;
    for path in recipe.sources_mut() {
        *path = sealed.inside(Path::new(path))?;
    }
    let Some(target) = arguments.out else {
        let text = generate::file(&recipe, &sealed.vault, "generated.nix")?;
        write!(out, "{text}")?;
        return Ok(Outcome::Clean);
    };
    let target = sealed.inside(&target)?;
    let mut plan = Plan::new(&sealed.root);
    let text = generate::file(&recipe, &sealed.vault, &target)?;
    plan.create(&target, text, arguments.force).map_err(generate::GenerateError::from)?;
    match arguments.dry_run {
        true => write!(out, "{}", plan.diff())?,
        false => plan.apply().map_err(generate::GenerateError::from)?,
    }
    Ok(Outcome::Clean)
}
