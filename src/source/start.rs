//! Where to begin: the repository's root and the Nix file that makes its hosts.

use std::fs;
use std::path::{Path, PathBuf};

use super::place::RepoPath;

/// The files of a folder that may make hosts, in the order in which they are tried.
const ENTRIES: [&str; 4] = ["flake.nix", "default.nix", "hive.nix", "configuration.nix"];

/// A repository and the file to evaluate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryPoint {
    /// The root folder, absolute.
    pub root: PathBuf,
    /// The file, relative to it.
    pub entry: RepoPath,
}

/// There is nothing to begin with.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The path leads nowhere.
    #[error("{} cannot be read: {source}", path.display())]
    Path {
        /// The path as given.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The folder holds no Nix file that makes hosts.
    #[error("{} holds no {}; name the file that makes the hosts", folder.display(), ENTRIES.join(", "))]
    NoEntry {
        /// The folder.
        folder: PathBuf,
    },
    /// The file's path is not UTF-8.
    #[error("the name of {} is not UTF-8", path.display())]
    Name {
        /// The path.
        path: PathBuf,
    },
}

impl EntryPoint {
    /// `path` is a folder, which is the root then, or the entry file itself, whose root is the
    /// repository around it; without a path it is the repository around `current`.
    pub fn find(path: Option<&Path>, current: &Path) -> Result<Self, StartError> {
        let given = current.join(path.unwrap_or(Path::new("")));
        let absolute = |given: &Path| {
            fs::canonicalize(given).map_err(|source| StartError::Path { path: path.unwrap_or(given).into(), source })
        };
        let start = absolute(&given)?;
        if start.is_dir() {
            let root = if path.is_some() { &start } else { repository_around(&start).unwrap_or(&start) };
            return Self::of_folder(root);
        }
        let folder = start.parent().unwrap_or(&start);
        let root = repository_around(folder).unwrap_or(folder);
        let inside = start.strip_prefix(root).unwrap_or(&start);
        let parts: Option<Vec<_>> = inside.components().map(|part| part.as_os_str().to_str()).collect();
        match parts {
            Some(parts) => Ok(EntryPoint { root: root.into(), entry: parts.join("/").into() }),
            None => Err(StartError::Name { path: start }),
        }
    }

    fn of_folder(root: &Path) -> Result<Self, StartError> {
        match ENTRIES.into_iter().find(|entry| root.join(entry).is_file()) {
            Some(entry) => Ok(EntryPoint { root: root.into(), entry: entry.into() }),
            None => Err(StartError::NoEntry { folder: root.into() }),
        }
    }
}

/// The nearest folder from `folder` upwards with a flake or a git repository.
fn repository_around(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|folder| folder.join("flake.nix").is_file() || folder.join(".git").exists())
}
