//! Whether a file that is about to be written would come under git.

use std::fs;
use std::iter;
use std::path::{Component, Path, PathBuf};

use super::git::{self, GitError, WorkTree};

/// Whether git tracks a file, or would with the next `git add .`: it lies in a work tree, and nothing there
/// ignores it. A person's own ignore file (`core.excludesFile`) does not count: it is not everyone's.
/// The file need not be there, nor its folders.
///
/// # Errors
/// If git's own files are damaged.
pub fn is_for_git(file: &Path) -> Result<bool, GitError> {
    // What cannot be told apart may well be for git.
    let Some(file) = real(file) else { return Ok(true) };
    let folder = file.ancestors().skip(1).find(|folder| folder.is_dir()).unwrap_or(Path::new("/"));
    let Some(work_tree) = WorkTree::around(folder)? else { return Ok(false) };
    let Ok(inside) = file.strip_prefix(work_tree.top()) else { return Ok(false) };
    let names = inside.iter().map(|name| name.to_string_lossy()).collect::<Vec<_>>();
    if names.first().is_some_and(|name| name == ".git") {
        return Ok(false);
    }
    let is_tracked = work_tree.tracked(work_tree.top())?.files.contains(&names.join("/"));
    let mut parts = file.ancestors().take_while(|part| *part != work_tree.top());
    Ok(is_tracked || !parts.any(|part| is_ignored(&work_tree, part, part != file)))
}

fn is_ignored(work_tree: &WorkTree, path: &Path, is_folder: bool) -> bool {
    let Some(folder) = path.parent() else { return false };
    let inner = git::ignores_of(folder);
    let outer = work_tree.outer_ignores(folder);
    git::is_ignored(path, is_folder, iter::once(&inner).chain(&outer))
}

/// The path without symlinks above the file: no link is followed when it is written. None where a `..` follows what
/// is not there.
pub fn real(file: &Path) -> Option<PathBuf> {
    let file = std::path::absolute(file).ok()?;
    let folder = file.parent()?;
    let there = folder.ancestors().find(|part| part.exists())?;
    let missing = folder.strip_prefix(there).ok()?;
    let is_name = |part: Component<'_>| matches!(part, Component::Normal(_));
    let plain = missing.components().all(is_name);
    plain.then_some(fs::canonicalize(there).ok()?.join(missing).join(file.file_name()?))
}
