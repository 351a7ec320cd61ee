//! `sealnix generate`.

mod dummy;
mod write;

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Outcome;
use super::run::{self, RunError};
use super::subject::Subject;
use crate::generate::recipe::Recipe;

/// `sealnix generate …`.
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
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
    /// Write a plaintext of the same shape with harmless values, for tests of machines.
    Dummy(dummy::Arguments),
}

/// Runs it. Paths are relative to the current folder.
pub fn generate(arguments: Arguments, output: &mut impl Write) -> Result<Outcome, RunError> {
    let sealed = run::sealed(Subject::default())?;
    let Arguments { what, out, force, dry_run } = arguments;
    match what {
        What::Recipe(recipe) => write::write(&sealed, recipe, &write::Target { out, force, dry_run }, output),
        What::Dummy(dummy) => dummy::write(&sealed, &dummy, &write::Target { out, force, dry_run }, output),
    }
}
