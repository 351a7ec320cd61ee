//! `sealnix generate`.

mod dummy;
mod owner;
mod stale;
mod write;

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::Outcome;
use super::error::RunError;
use super::sealed;
use crate::generate::recipe::Recipe;

/// `sealnix generate …`.
#[derive(Debug, Args)]
#[command(
    arg_required_else_help = true,
    subcommand_negates_reqs = true,
    group(clap::ArgGroup::new("every").required(true))
)]
pub struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
    /// Say which generated files are stale: those with sealnix's header, those that sealnix.toml lists, and
    /// marked regions. Exit code: 0 none, 1 some, 2 a source cannot be read.
    #[arg(long, group = "every")]
    check: bool,
    /// Write all of these anew that are stale.
    #[arg(long, group = "every")]
    all: bool,
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

impl What {
    /// Where its first file lies, and so the repository.
    fn folder(&self) -> PathBuf {
        let file = match self {
            What::Recipe(recipe) => recipe.sources().first().map(Path::new),
            What::Dummy(dummy) => Some(dummy.file.as_path()),
        };
        // A file that is not there is told by its own name, later.
        let folder = file.and_then(Path::parent).filter(|folder| folder.is_dir());
        folder.unwrap_or(Path::new(".")).to_owned()
    }
}

/// Runs it. Paths are relative to the current folder.
pub fn generate(arguments: Arguments, output: &mut impl Write) -> Result<Outcome, RunError> {
    let Arguments { what, check, all, out, force, dry_run } = arguments;
    if (check || all) && (what.is_some() || out.is_some()) {
        return Err(RunError::EveryFile);
    }
    let sealed = sealed::around(&what.as_ref().map_or_else(|| PathBuf::from("."), What::folder))?;
    match what {
        Some(What::Recipe(recipe)) => write::write(&sealed, recipe, &write::Target { out, force, dry_run }, output),
        Some(What::Dummy(dummy)) => dummy::write(&sealed, &dummy, &write::Target { out, force, dry_run }, output),
        // One of the two is required then.
        None if check => stale::check(&sealed, output),
        None => stale::refresh(&sealed, &stale::Refresh { force, dry_run }, output),
    }
}
