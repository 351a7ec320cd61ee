//! Why nothing was generated.

use thiserror::Error;

use super::change::ChangeError;
use super::dummy::DummyError;
use super::env::EnvError;
use super::host::HostError;
use super::module::ModuleError;
use super::region::RegionError;
use crate::source::RepoPath;

/// Why nothing was generated.
#[derive(Debug, Error)]
pub enum GenerateError {
    /// The file is none that sops sealed, or it is not there.
    #[error("`{path}` is no file of this repository that sops has sealed")]
    NotSealed {
        /// The file.
        path: RepoPath,
    },
    /// sops would refuse it, or its form is not read.
    #[error("`{path}`, line {line}: it cannot be read: {why}")]
    Unread {
        /// The file.
        path: RepoPath,
        /// Where.
        line: u32,
        /// Why, as a clause.
        why: String,
    },
    /// A sealed file stands where the generated one would go.
    #[error("`{path}` is sealed: no generated file takes its place")]
    Sealed {
        /// The file.
        path: RepoPath,
    },
    /// An example is no longer one.
    #[error("`{path}` was an example and has been filled in")]
    Filled {
        /// The file.
        path: RepoPath,
    },
    /// The code that was made is none: a defect of sealnix.
    #[error("what was made for `{out}` is not valid Nix, so it was not written; please report this")]
    NotNix {
        /// Where it was to stand.
        out: String,
    },
    /// An argument or path with a line break in it.
    #[error("an argument or path holds a control character, which the header of a generated file cannot repeat")]
    Unrepeatable,
    /// A header that cannot be followed.
    #[error("the header of `{path}` names no command of `sealnix generate`: {why}")]
    Header {
        /// The file.
        path: RepoPath,
        /// Why.
        why: String,
    },
    /// One of several files.
    #[error("`{path}`: {error}")]
    Of {
        /// The file that was to be made.
        path: String,
        /// Why it was not.
        error: Box<GenerateError>,
    },
    /// A marked region cannot be filled.
    #[error(transparent)]
    Region(#[from] RegionError),
    /// The module cannot be made.
    #[error(transparent)]
    Module(#[from] ModuleError),
    /// Its shape cannot be written: a defect of sealnix.
    #[error("the shape of `{path}` cannot be written as plaintext; please report this")]
    NotPlain {
        /// The file.
        path: RepoPath,
    },
    /// The file is one value.
    #[error("`{path}` is one sealed value and has no keys")]
    NoKeys {
        /// The file.
        path: RepoPath,
    },
    /// The template cannot be made.
    #[error(transparent)]
    Env(#[from] EnvError),
    /// The dummy cannot be made.
    #[error(transparent)]
    Dummy(#[from] DummyError),
    /// It cannot be written.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// No host or person was added or removed.
    #[error(transparent)]
    Host(#[from] HostError),
}

impl GenerateError {
    /// The same, said of the file that was to be made.
    pub fn of(self, path: &str) -> Self {
        GenerateError::Of { path: path.to_owned(), error: Box::new(self) }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            GenerateError::NotSealed { .. } => Some("`sops FILE` makes such a file".to_owned()),
            GenerateError::Module(error) => error.help(),
            GenerateError::Env(error) => error.help(),
            GenerateError::Dummy(error) => error.help(),
            GenerateError::Of { error, .. } => error.help(),
            GenerateError::Region(error) => error.help(),
            GenerateError::Header { .. } => Some("delete the file, or its header".to_owned()),
            GenerateError::Change(error) => error.help(),
            GenerateError::Host(error) => error.help(),
            GenerateError::NoKeys { path } => Some(format!("`sealnix generate module {path}` declares it as a whole")),
            GenerateError::Sealed { .. } => Some("choose another place with --out, or in sealnix.toml".to_owned()),
            GenerateError::Filled { .. } => {
                Some("seal it with sops, or move it elsewhere; `--force` throws away what is in it".to_owned())
            }
            GenerateError::Unread { .. }
            | GenerateError::NotNix { .. }
            | GenerateError::NotPlain { .. }
            | GenerateError::Unrepeatable => None,
        }
    }
}
