//! The repository as it lies on disk: paths, tracked or not, what could not be read.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::place::RepoPath;
use super::text::Text;

/// One regular file of the repository (a symlink that stays inside counts as what it names).
#[derive(Debug, Clone)]
pub struct Entry {
    /// Git's index holds it (intent-to-add counts). Always true where there is no git.
    pub tracked: bool,
    /// Size in bytes.
    pub size: u64,
}

/// A file that was not looked at, and why; never silently clean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotLooked {
    /// The file.
    pub path: RepoPath,
    /// Why, as a clause: "is not UTF-8", "is larger than 16 MiB", "is nested too deeply".
    pub why: String,
}

/// What lies in the repository.
#[derive(Debug, Default)]
pub struct Tree {
    /// The root folder on disk.
    pub root: PathBuf,
    /// Whether the root is (in) a git work tree.
    pub git: bool,
    /// Every file that is tracked or not ignored, by path.
    pub files: BTreeMap<RepoPath, Entry>,
    /// The texts that were read (Nix files, rule files, sops files), by path.
    pub texts: BTreeMap<RepoPath, Text>,
    /// What could not be looked at.
    pub not_looked: Vec<NotLooked>,
}

impl Tree {
    /// Whether Nix sees this file: it exists and, in a git repository, is tracked.
    pub fn is_visible(&self, path: &str) -> bool {
        self.files.get(path).is_some_and(|entry| entry.tracked)
    }
}
