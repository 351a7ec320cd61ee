//! The user's `nix`, as a process.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::process::{Command, ExitStatus, Stdio};

use super::resources::Resources;

/// The first version with `nix eval --expr`, `getFlake` and `--extra-experimental-features`.
const FIRST: (u32, u32) = (2, 4);

/// Why no Nix can be asked.
#[derive(Debug, thiserror::Error)]
pub enum NixError {
    /// There is none.
    #[error("there is no `nix` on the PATH")]
    NotFound,
    /// It cannot be run.
    #[error("`nix` cannot be run")]
    Run(#[source] io::Error),
    /// It does not say its version.
    #[error("`nix --version` ended with {0}")]
    Broken(ExitStatus),
    /// It is older than the first that has `nix eval`.
    #[error("`nix` is version {found}, and --eval needs {}.{} or newer", FIRST.0, FIRST.1)]
    TooOld {
        /// Its version.
        found: String,
    },
}

/// A Nix that can be asked.
#[derive(Debug)]
pub struct Nix {
    /// How large the heap of a process may be, in bytes; none where we do not bound it.
    heap: Option<u64>,
}

impl Nix {
    /// The one on the PATH.
    pub fn find(resources: &Resources) -> Result<Self, NixError> {
        let mut nix = Command::new("nix");
        let ended = Ended::of(nix.arg("--version"))?;
        if !ended.status.success() {
            return Err(NixError::Broken(ended.status));
        }
        match version(&ended.stdout()?) {
            Some(found) if found < FIRST => Err(NixError::TooOld { found: format!("{}.{}", found.0, found.1) }),
            // Another make of Nix may count otherwise. A bound that a user sets goes before ours.
            _ => Ok(Nix { heap: resources.heap.filter(|_| std::env::var_os(HEAP).is_none()) }),
        }
    }

    /// The JSON of an expression's value, else what Nix says on its standard error. Nothing is built,
    /// and no lock file written.
    pub fn eval(&self, expression: &str) -> Result<Result<String, String>, NixError> {
        let mut nix = Command::new("nix");
        nix.args(["eval", "--json", "--impure", "--no-write-lock-file", "--show-trace"])
            .args(["--option", "allow-import-from-derivation", "false"])
            .args(["--extra-experimental-features", "nix-command flakes", "--expr", expression])
            .env("NO_COLOR", "1");
        // What opens sops files is no concern of Nix.
        for (name, _) in std::env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"SOPS_") {
                nix.env_remove(name);
            }
        }
        if let Some(heap) = self.heap {
            nix.env(HEAP, heap.to_string());
        }
        let ended = Ended::of(&mut nix)?;
        if ended.status.success() {
            return ended.stdout().map(Ok);
        }
        let mut said = ended.stderr()?;
        if let Some(heap) = self.heap {
            let bound = format!("{OUT_OF_MEMORY}: a process may take {} MiB, and more with fewer --jobs", heap >> 20);
            said = said.replace(OUT_OF_MEMORY, &bound);
        }
        if !said.contains("error:") {
            said.push_str(&format!("\nerror: Nix ended with {}", ended.status));
        }
        Ok(Err(said))
    }
}

/// At most so many bytes of what Nix says at last are read.
const LONGEST_STDERR: u64 = 4 << 20;

/// A process that has ended, and what it wrote: into files without a name, so that it never waits for us,
/// and we never for a process that it leaves behind (ssh keeps its connections).
struct Ended {
    status: ExitStatus,
    stdout: File,
    stderr: File,
}

impl Ended {
    fn of(command: &mut Command) -> Result<Self, NixError> {
        let file = || tempfile::tempfile().map_err(NixError::Run);
        let (stdout, stderr) = (file()?, file()?);
        let into = |file: &File| file.try_clone().map(Stdio::from).map_err(NixError::Run);
        command.stdin(Stdio::null()).stdout(into(&stdout)?).stderr(into(&stderr)?);
        Ok(Ended { status: command.status().map_err(not_run)?, stdout, stderr })
    }

    fn stdout(&self) -> Result<String, NixError> {
        from(&self.stdout, SeekFrom::Start(0)).map_err(NixError::Run)
    }

    fn stderr(&self) -> Result<String, NixError> {
        let length = self.stderr.metadata().map_err(NixError::Run)?.len();
        let start = SeekFrom::Start(length.saturating_sub(LONGEST_STDERR));
        from(&self.stderr, start).map_err(NixError::Run)
    }
}

/// A file's text from there on.
fn from(mut file: impl Read + Seek, start: SeekFrom) -> io::Result<String> {
    let mut bytes = Vec::new();
    file.seek(start)?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// How the collector of Nix's evaluator is told its bound (bdwgc's README.environment).
const HEAP: &str = "GC_MAXIMUM_HEAP_SIZE";

/// What Nix says where that was not enough.
const OUT_OF_MEMORY: &str = "error: out of memory";

fn not_run(error: io::Error) -> NixError {
    match error.kind() {
        io::ErrorKind::NotFound => NixError::NotFound,
        _ => NixError::Run(error),
    }
}

/// `2.8` of `nix (Nix) 2.8.0`, of `nix (Lix, like Nix) 2.91.1` the same way.
fn version(said: &str) -> Option<(u32, u32)> {
    let mut numbers = said.lines().next()?.split_whitespace().next_back()?.split('.');
    let major = numbers.next()?.parse().ok()?;
    let minor: String = numbers.next()?.chars().take_while(char::is_ascii_digit).collect();
    Some((major, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_of_every_make() {
        assert_eq!(version("nix (Nix) 2.8.0\n"), Some((2, 8)));
        assert_eq!(version("nix (Nix) 2.3\n"), Some((2, 3)));
        assert_eq!(version("nix (Lix, like Nix) 2.91.1\nSystem type: x86_64-linux\n"), Some((2, 91)));
        assert_eq!(version("nix (Determinate Nix 3.0.0) 2.26pre1\n"), Some((2, 26)));
        assert_eq!(version(""), None);
    }
}
