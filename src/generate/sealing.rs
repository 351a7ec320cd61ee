//! Sealing a dummy: the lines that a person would type, and running them.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;
use thiserror::Error;

use crate::nix::lib::escapes::shell_word;
use crate::sops::Format;

/// A dummy that is to be sealed.
#[derive(Debug, Clone, Copy)]
pub struct Sealing<'a> {
    /// The file.
    pub out: &'a Path,
    /// The file of the age identity that opens it; made where it is not there.
    pub key: &'a Path,
    /// What the file is written as.
    pub format: Format,
}

/// Why a dummy was not sealed.
#[derive(Debug, Error)]
pub enum SealError {
    /// A program is not there.
    #[error("`{program}` is not on PATH")]
    NotFound {
        /// Its name.
        program: &'static str,
    },
    /// A program failed.
    #[error("`{program}` failed: {said}")]
    Failed {
        /// Its name.
        program: &'static str,
        /// What it said.
        said: String,
    },
    /// A file cannot be written.
    #[error("`{}` cannot be written", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl SealError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            SealError::NotFound { .. } => Some(
                "`nix shell nixpkgs#sops nixpkgs#age` brings it; without --run-sops only the lines that need it are printed"
                    .to_owned(),
            ),
            SealError::Failed { .. } | SealError::Write { .. } => None,
        }
    }
}

/// No rule file has a say, neither its rules, which may not match, nor their recipients. The form with
/// `--encrypt` is known to every sops.
const WITHOUT_RULES: [&str; 3] = ["--config", "/dev/null", "--encrypt"];

impl Sealing<'_> {
    /// The lines for a shell that make the identity, where it is not there, and seal the file.
    pub fn lines(&self) -> Vec<String> {
        let (out, key) = (word(self.out), word(self.key));
        let make = (!self.key.exists()).then(|| format!("age-keygen -o {key}"));
        let rules = WITHOUT_RULES.join(" ");
        let types = self.types();
        let seal = format!("sops {rules}{types} --age \"$(age-keygen -y {key})\" --in-place {out}");
        make.into_iter().chain([seal]).collect()
    }

    /// Seals a text: the bytes of the sealed file. The plaintext is only ever in a folder of its own, which
    /// nobody else can read. The identity is there afterwards.
    pub fn sealed(&self, text: &str) -> Result<Vec<u8>, SealError> {
        let scratch = TempDir::new().map_err(|source| SealError::Write { path: std::env::temp_dir(), source })?;
        let made = scratch.path().join("identity");
        let is_new = !self.key.exists();
        if is_new {
            run("age-keygen", [OsStr::new("-o"), made.as_os_str()])?;
        }
        let identity = if is_new { &made } else { self.key };
        let recipients = run("age-keygen", [OsStr::new("-y"), identity.as_os_str()])?;
        let recipients = String::from_utf8_lossy(&recipients).lines().collect::<Vec<_>>().join(",");
        let plain = scratch.path().join("plain");
        fs::write(&plain, text).map_err(|source| SealError::Write { path: plain.clone(), source })?;
        let kind = kind(self.format);
        let types = ["--input-type", kind, "--output-type", kind];
        let options = WITHOUT_RULES.into_iter().chain(types).chain(["--age", &recipients]).map(OsStr::new);
        let sealed = run("sops", options.chain([plain.as_os_str()]))?;
        if is_new {
            keep(&made, self.key).map_err(|source| SealError::Write { path: self.key.to_owned(), source })?;
        }
        Ok(sealed)
    }

    /// What tells sops the format, where the file's name does not.
    fn types(&self) -> String {
        let kind = kind(self.format);
        match Format::of(&self.out.to_string_lossy()) == self.format {
            true => String::new(),
            false => format!(" --input-type {kind} --output-type {kind}"),
        }
    }
}

fn kind(format: Format) -> &'static str {
    match format {
        Format::Yaml => "yaml",
        Format::Json => "json",
        Format::Dotenv => "dotenv",
        Format::Ini => "ini",
        Format::Binary => "binary",
    }
}

/// A path as a word of a shell, never taken for an option.
fn word(path: &Path) -> String {
    let path = path.to_string_lossy();
    if path.starts_with('-') { shell_word(&format!("./{path}")) } else { shell_word(&path) }
}

/// Runs a program without what a person's own settings would add to the recipients.
fn run<A: AsRef<OsStr>>(program: &'static str, arguments: impl IntoIterator<Item = A>) -> Result<Vec<u8>, SealError> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SOPS_")) {
        command.env_remove(name);
    }
    match command.output() {
        Ok(output) if output.status.success() => Ok(output.stdout),
        Ok(output) => {
            Err(SealError::Failed { program, said: String::from_utf8_lossy(&output.stderr).trim().to_owned() })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(SealError::NotFound { program }),
        Err(error) => Err(SealError::Failed { program, said: error.to_string() }),
    }
}

/// Puts an identity in its place, where there must be none; only its owner may read it.
fn keep(identity: &Path, place: &Path) -> io::Result<()> {
    let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    // Such a file is its owner's alone.
    let mut file = tempfile::Builder::new().prefix(".sealnix-").tempfile_in(folder)?;
    file.write_all(&fs::read(identity)?)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(place)?;
    Ok(())
}
