//! `sealnix generate dummy`.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use super::write::Target;
use crate::cli::Outcome;
use crate::cli::run::{RunError, SealedFiles};
use crate::generate::change::{self, ChangeError, write_one};
use crate::generate::dummy::{self, DummyError};
use crate::generate::sealing::Sealing;
use crate::generate::{self, GenerateError};
use crate::source::tracking::is_for_git;

/// `sealnix generate dummy`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The encrypted file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Write the dummy, and its identity, also where git tracks or would track them.
    #[arg(long)]
    tracked: bool,
    /// Seal it at once with `sops`; nothing is left in clear. Needs --out, and `sops` and `age-keygen` on PATH.
    #[arg(long)]
    run_sops: bool,
    /// The age identity that opens it, made where it is not there; without it OUT.agekey.
    #[arg(long, value_name = "KEY")]
    key: Option<PathBuf>,
}

/// Runs it. Paths are relative to the current folder.
pub fn write(
    sealed: &SealedFiles,
    arguments: &Arguments,
    Target { out, force, dry_run }: &Target,
    output: &mut impl Write,
) -> Result<Outcome, RunError> {
    let file = sealed.inside(&arguments.file)?;
    let document = generate::document(&sealed.vault, &file)?;
    let text = dummy::dummy(document)?;
    let Some(target) = out else {
        if arguments.run_sops {
            return Err(refused(DummyError::Nowhere));
        }
        write!(output, "{text}")?;
        return Ok(Outcome::Clean);
    };
    if sealed.inside(target).is_ok_and(|target| target == file) {
        return Err(refused(DummyError::Itself { path: document.path.clone() }));
    }
    let key = arguments.key.clone().unwrap_or_else(|| beside(target));
    let sealing = Sealing { out: target, key: &key, format: document.format };
    if !arguments.tracked {
        match arguments.run_sops {
            true => refuse_for_git(&key, "an identity", "--key")?,
            false => refuse_for_git(target, "a plaintext", "--out")?,
        }
    }
    if *dry_run {
        write!(output, "{}", change::diff(&target.display().to_string(), None, &text))?;
    } else if arguments.run_sops {
        run_sops(&sealing, &text, *force, output)?;
    } else {
        write_one(target, &text, *force).map_err(GenerateError::from)?;
        writeln!(output, "{} is in clear. These lines seal it:\n", target.display())?;
        for line in sealing.lines() {
            writeln!(output, "    {line}")?;
        }
    }
    Ok(Outcome::Clean)
}

fn refused(error: impl Into<DummyError>) -> RunError {
    GenerateError::from(error.into()).into()
}

/// Where the identity goes if nobody says.
fn beside(target: &Path) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(".agekey");
    name.into()
}

fn refuse_for_git(path: &Path, what: &'static str, option: &'static str) -> Result<(), RunError> {
    match is_for_git(path).map_err(refused)? {
        true => Err(refused(DummyError::ForGit { path: path.display().to_string(), what, option })),
        false => Ok(()),
    }
}

fn run_sops(sealing: &Sealing<'_>, text: &str, force: bool, output: &mut impl Write) -> Result<(), RunError> {
    let Sealing { out: target, key, .. } = sealing;
    // What is sealed twice differs: it cannot be told whether this is the same.
    if target.exists() && !force {
        let path = target.display().to_string().as_str().into();
        return Err(GenerateError::from(ChangeError::Exists { path }).into());
    }
    let is_new = !key.exists();
    let sealed = sealing.sealed(text).map_err(refused)?;
    if let Err(error) = write_one(target, &String::from_utf8_lossy(&sealed), force) {
        if is_new {
            // It opens nothing. The error is told; there is nobody to tell a second one.
            let _ = fs::remove_file(key);
        }
        return Err(GenerateError::from(error).into());
    }
    writeln!(output, "{} is sealed; {} opens it. Give this key to no real secret.", target.display(), key.display())?;
    Ok(())
}
