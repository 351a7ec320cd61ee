//! Sealing a dummy: the lines that a person would type, and running them.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use thiserror::Error;
use zeroize::Zeroizing;

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
    /// A file cannot be read.
    #[error("`{}` cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
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
            SealError::Failed { .. } | SealError::Read { .. } | SealError::Write { .. } => None,
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
        // A key that is made is one; a file that is there may hold several, and sops takes them with commas.
        let (make, recipients) = match self.key.exists() {
            true => (None, format!("age-keygen -y {key} | paste -sd, -")),
            false => (Some(format!("age-keygen -o {key}")), format!("age-keygen -y {key}")),
        };
        let rules = WITHOUT_RULES.join(" ");
        let types = self.types();
        let seal = format!("sops {rules}{types} --age \"$({recipients})\" --in-place {out}");
        make.into_iter().chain([seal]).collect()
    }

    /// Seals a text: the bytes of the sealed file. Neither the plaintext nor an identity that is made is in any
    /// scratch file, which a signal would leave behind. The identity is there afterwards.
    pub fn sealed(&self, text: &str) -> Result<Vec<u8>, SealError> {
        let is_new = !self.key.exists();
        let identity = Zeroizing::new(match is_new {
            true => run("age-keygen", &[], b"")?,
            false => fs::read(self.key).map_err(|source| SealError::Read { path: self.key.to_owned(), source })?,
        });
        let recipients = run("age-keygen", &["-y"], &identity)?;
        let recipients = String::from_utf8_lossy(&recipients).lines().collect::<Vec<_>>().join(",");
        let kind = self.format.word();
        let types = ["--input-type", kind, "--output-type", kind, "--age", &recipients];
        // Every sops reads this as any other file; without a name only newer ones read what is piped.
        let sealed = run("sops", &[&WITHOUT_RULES[..], &types, &["/dev/stdin"]].concat(), text.as_bytes())?;
        if is_new {
            keep(&identity, self.key).map_err(|source| SealError::Write { path: self.key.to_owned(), source })?;
        }
        Ok(sealed)
    }

    /// What tells sops the format, where the file's name does not.
    fn types(&self) -> String {
        let kind = self.format.word();
        match Format::of(&self.out.to_string_lossy()) == self.format {
            true => String::new(),
            false => format!(" --input-type {kind} --output-type {kind}"),
        }
    }
}

/// A path as a word of a shell, never taken for an option.
fn word(path: &Path) -> String {
    let path = path.to_string_lossy();
    if path.starts_with('-') { shell_word(&format!("./{path}")) } else { shell_word(&path) }
}

/// Runs a program without what a person's own settings would add to the recipients; `input` is what it reads.
fn run(program: &'static str, arguments: &[&str], input: &[u8]) -> Result<Vec<u8>, SealError> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SOPS_")) {
        command.env_remove(name);
    }
    match output(&mut command, input) {
        Ok(output) if output.status.success() => Ok(output.stdout),
        Ok(output) => {
            Err(SealError::Failed { program, said: String::from_utf8_lossy(&output.stderr).trim().to_owned() })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(SealError::NotFound { program }),
        Err(error) => Err(SealError::Failed { program, said: error.to_string() }),
    }
}

fn output(command: &mut Command, input: &[u8]) -> io::Result<Output> {
    let mut child = command.spawn()?;
    let stdin = child.stdin.take();
    std::thread::scope(|scope| {
        // Beside reading, lest both wait. One that does not read all of it says itself why.
        scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(input)));
        child.wait_with_output()
    })
}

/// Puts an identity in its place, where there must be none; only its owner may read it.
fn keep(identity: &[u8], place: &Path) -> io::Result<()> {
    let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(place)?;
    let written = file.write_all(identity).and_then(|()| file.sync_all());
    if written.is_err() {
        // A part of it is of no use. The error is told; there is nobody to tell a second one.
        let _ = fs::remove_file(place);
    }
    written
}
