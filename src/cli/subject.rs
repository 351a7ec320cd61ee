//! What a command reads: the repository, and checkouts of its flake inputs.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::error::RunError;
use crate::source::{EntryPoint, StartError, Tree};

/// A checkout of a flake input: `--input NAME=PATH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// The input's name in the flake.
    pub name: String,
    /// Its root folder.
    pub path: PathBuf,
}

impl FromStr for Checkout {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((name, path)) if !name.is_empty() && !name.contains('/') && !path.is_empty() => {
                Ok(Checkout { name: name.to_owned(), path: path.into() })
            }
            _ => Err("write it NAME=PATH"),
        }
    }
}

/// What is to be read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Subject<'a> {
    /// A folder or entry file; without it the repository around the current folder, or the root.
    pub path: Option<&'a Path>,
    /// The repository's root, where that is not told by the path.
    pub root: Option<&'a Path>,
    /// Checkouts of flake inputs; they go before those of `sealnix.toml`.
    pub inputs: &'a [Checkout],
    /// A Nix store whose sources stand in for the other inputs.
    pub store: Option<&'a Path>,
    /// What is staged is read, and not what lies in the work tree.
    pub staged: bool,
    /// Nobody wants to know how far it has got.
    pub quiet: bool,
}

impl Subject<'_> {
    /// The repository's root, and the files that make its hosts.
    pub fn start(&self) -> Result<EntryPoint, StartError> {
        let current = Path::new(".");
        match self.root {
            Some(root) => EntryPoint::find_in(root, self.path, current),
            None => EntryPoint::find(self.path, current),
        }
    }

    /// The same of what is staged, with all of that.
    pub fn start_staged(&self) -> Result<(EntryPoint, Tree), RunError> {
        let current = Path::new(".");
        let tree = Tree::staged(&EntryPoint::root(self.root, self.path, current)?)?;
        let start = EntryPoint::find_among(&tree, self.path, current).map_err(|error| self.not_staged(error))?;
        Ok((start, tree))
    }

    /// Why nothing makes hosts among what is staged: maybe the file that does is not staged.
    fn not_staged(&self, error: StartError) -> RunError {
        let is_none = matches!(error, StartError::NoEntry { .. });
        let on_disk = is_none.then(|| self.start().ok()?.entries.into_iter().next()).flatten();
        on_disk.map_or(error.into(), |entry| RunError::Untracked { entry })
    }
}
