//! `sealnix generate dummy`.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use super::write::Target;
use crate::cli::Outcome;
use crate::cli::error::RunError;
use crate::cli::sealed::SealedFiles;
use crate::generate::change::{self, ChangeError, Effect, write_one};
use crate::generate::dummy::{self, DummyError};
use crate::generate::sealing::Sealing;
use crate::generate::{self, GenerateError};
use crate::source::tracking::{is_for_git, real};

/// `sealnix generate dummy`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The encrypted file.
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
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
    if is_one_place(target, &key) {
        return Err(refused(DummyError::OnePlace { path: key.display().to_string() }));
    }
    let sealing = Sealing { out: target, key: &key, format: document.format };
    if !arguments.tracked {
        if !arguments.run_sops {
            refuse_for_git(target, "a plaintext", "--out")?;
        }
        // The printed lines make it too.
        refuse_for_git(&key, "an identity", "--key")?;
    }
    if *dry_run {
        let said = if arguments.run_sops { would_seal(&sealing, *force) } else { would_write(target, &text, *force) };
        write!(output, "{}", said.map_err(GenerateError::from)?)?;
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

/// Whether two paths lead to one file, through links too, or would once it is there.
fn is_one_place(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| fs::canonicalize(path).ok().or_else(|| real(path));
    one == other || place(one).is_some_and(|one| Some(one) == place(other))
}

/// What writing the plaintext would change. What another file holds may be secret, and is not shown.
fn would_write(target: &Path, text: &str, force: bool) -> Result<String, ChangeError> {
    let shown = target.display().to_string();
    Ok(match change::effect(target, Some(text), force)? {
        Effect::Makes => change::diff(&shown, None, text),
        Effect::Replaces => format!("{shown} is there; all of it would be replaced by:\n\n{text}"),
        Effect::Nothing => String::new(),
    })
}

/// The same of the sealed file, which differs each time.
fn would_seal(Sealing { out, key, .. }: &Sealing<'_>, force: bool) -> Result<String, ChangeError> {
    let made = match change::effect(out, None, force)? {
        Effect::Makes | Effect::Nothing => "made",
        Effect::Replaces => "replaced",
    };
    let opens = if key.exists() { "opens it" } else { "would be made to open it" };
    Ok(format!("{} would be {made}, sealed; {} {opens}.\n", out.display(), key.display()))
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
    change::effect(target, None, force).map_err(GenerateError::from)?;
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
