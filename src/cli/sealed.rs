//! The sealed files of a repository, read without evaluating anything.

use std::fs;
use std::path::{Component, Path, PathBuf};

use super::error::RunError;
use super::settings;
use crate::config::Config;
use crate::source::{EntryPoint, StartError, Tree};
use crate::vault::Vault;

/// A repository's sealed files, known without evaluating anything.
#[derive(Debug)]
pub struct SealedFiles {
    /// The repository's root, absolute.
    pub root: PathBuf,
    /// What lies in it.
    pub tree: Tree,
    /// What `sealnix.toml` says.
    pub config: Config,
    /// Every sops file.
    pub vault: Vault,
}

/// Reads the sealed files of the repository around a folder. There need not be anything to evaluate, but what is
/// neither under git nor has an entry file is no repository: it may be all of somebody's files.
pub fn around(folder: &Path) -> Result<SealedFiles, RunError> {
    let root = match EntryPoint::find(None, folder) {
        Ok(start) => start.root,
        Err(StartError::NoEntry { folder } | StartError::Several { folder, .. }) if folder.join(".git").exists() => {
            folder
        }
        Err(StartError::NoEntry { folder }) => return Err(RunError::NoRepository { folder }),
        Err(error) => return Err(error.into()),
    };
    let mut tree = Tree::walk(&root)?;
    let config = settings::read(&tree)?;
    tree.exclude(|path| config.exclude.take(path));
    let vault = Vault::read(&tree);
    Ok(SealedFiles { root, tree, config, vault })
}

impl SealedFiles {
    /// A path that a person gave, relative to the repository; the file need not be there.
    pub fn inside(&self, path: &Path) -> Result<String, RunError> {
        path_inside(&self.root, path)
            .ok_or_else(|| RunError::OutsideRepository { path: path.into(), root: self.root.clone() })
    }
}

/// A path relative to the current folder, as one relative to a root; nothing where it is not inside.
/// Of the file itself a symlink stays: it is what the person named.
pub fn path_inside(root: &Path, path: &Path) -> Option<String> {
    let whole = std::path::absolute(path).ok()?;
    let mut real = PathBuf::new();
    for part in whole.components() {
        match part {
            Component::ParentDir => {
                real.pop();
            }
            Component::CurDir => {}
            part => real.push(part),
        }
    }
    // The current folder may be reached through a symlink, and folders of the path need not be there yet.
    let there = real.ancestors().skip(1).find(|folder| folder.exists())?;
    let whole = fs::canonicalize(there).ok()?.join(real.strip_prefix(there).ok()?);
    let parts = whole.strip_prefix(root).ok()?.components().map(|part| part.as_os_str().to_str());
    let inside = parts.collect::<Option<Vec<_>>>()?.join("/");
    (!inside.is_empty()).then_some(inside)
}
