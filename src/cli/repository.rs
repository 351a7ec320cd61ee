//! Which repository is meant, and where its evaluation starts.

use std::path::{Path, PathBuf};

use super::run::RunError;
use crate::source::RepoPath;

/// Files that evaluation starts from, in this order.
const ENTRIES: [&str; 4] = ["flake.nix", "default.nix", "hive.nix", "configuration.nix"];
/// What marks the root of a repository.
const ROOT_MARKS: [&str; 3] = [".git", "flake.nix", ".sops.yaml"];

/// A repository on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// Its root folder.
    pub root: PathBuf,
    /// The entry file, relative to the root; none in a folder that has none of the usual ones.
    pub entry: Option<RepoPath>,
}

/// Finds the repository for a command's PATH: the folder, the repository around the entry file, or
/// without one the repository around the current folder.
pub fn locate(path: Option<&Path>) -> Result<Repository, RunError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| RunError::Unreadable { path, source }
    };
    let path = path.unwrap_or(Path::new("."));
    let given = path != Path::new(".");
    let absolute = path.canonicalize().map_err(unreadable(path))?;
    if absolute.is_file() {
        let folder = absolute.parent().unwrap_or(Path::new("/"));
        let root = root_around(folder).unwrap_or(folder).to_owned();
        let entry = absolute.strip_prefix(&root).ok().and_then(repo_path);
        return Ok(Repository { entry, root });
    }
    let root = if given { absolute } else { root_around(&absolute).unwrap_or(&absolute).to_owned() };
    let entry = ENTRIES.into_iter().find(|name| root.join(name).is_file()).map(RepoPath::from);
    Ok(Repository { root, entry })
}

/// The nearest folder, upwards, that looks like the root of a repository.
fn root_around(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|folder| ROOT_MARKS.iter().any(|mark| folder.join(mark).exists()))
}

fn repo_path(path: &Path) -> Option<RepoPath> {
    let parts: Option<Vec<&str>> = path.iter().map(|part| part.to_str()).collect();
    parts.map(|parts| parts.join("/").into())
}
