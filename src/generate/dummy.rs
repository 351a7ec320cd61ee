//! A plaintext in the shape of an encrypted file, with harmless values: for the tests of machines that need
//! some secret and no real one.

use thiserror::Error;

use super::GenerateError;
use super::plaintext::{Values, plaintext};
use super::sealing::SealError;
use crate::sops::Document;
use crate::source::RepoPath;
use crate::source::git::GitError;

/// Why there is no dummy.
#[derive(Debug, Error)]
pub enum DummyError {
    /// A plaintext or an identity would come under git.
    #[error("git tracks `{path}`, or would with the next `git add`: {what} does not belong there")]
    ForGit {
        /// The file.
        path: String,
        /// What was to be written.
        what: &'static str,
        /// The option that chooses another place.
        option: &'static str,
    },
    /// It would replace the real thing.
    #[error("`{path}` is the encrypted file itself")]
    Itself {
        /// The file.
        path: RepoPath,
    },
    /// One place for the identity and what it opens.
    #[error("`{path}` cannot be both the identity and what it opens")]
    OnePlace {
        /// The place.
        path: String,
    },
    /// A sealed file does not go to the standard output.
    #[error("--run-sops needs --out: where the sealed file is to stand")]
    Nowhere,
    /// What git tracks cannot be known.
    #[error(transparent)]
    Git(#[from] GitError),
    /// It was not sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
}

impl DummyError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            DummyError::ForGit { path, option, .. } => Some(format!(
                "choose a place outside of the repository with {option}, name `{path}` in .gitignore, or say --tracked \
                 if it is meant"
            )),
            DummyError::Itself { .. } => Some("choose another place with --out".to_owned()),
            DummyError::OnePlace { .. } => Some("choose another place with --key".to_owned()),
            DummyError::Seal(error) => error.help(),
            DummyError::Nowhere | DummyError::Git(_) => None,
        }
    }
}

/// Each value says that it is none, and what it stands for.
const HARMLESS: Values = Values { text, int: 1, float: 1.5, bool: true, date: "2000-01-01" };

/// The dummy of a file, in its own format.
pub fn dummy(document: &Document) -> Result<String, GenerateError> {
    plaintext(document, &HARMLESS)
}

/// `dummy-smtp-password` for `smtp.password`: letters that every reader of every format leaves as they are.
fn text(path: &[String]) -> String {
    let letters = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let path: String = path.join("-").chars().map(letters).collect();
    let words = path.split('-').filter(|word| !word.is_empty());
    std::iter::once("dummy").chain(words).collect::<Vec<_>>().join("-")
}
