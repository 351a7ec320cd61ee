//! What git tracks, read from the index without a git process, and what it ignores.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use gix_index::entry::Mode;
use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::origin::Origin;

/// Git's own files are not as they must be.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// The index is damaged, or of a kind that is not read (SHA-256 repositories).
    #[error("git's index {} cannot be read: {why}; `git status` says whether it is damaged", path.display())]
    Index {
        /// The index.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// A `.git` file does not name a git directory.
    #[error("{} does not lead to a git directory", path.display())]
    Link {
        /// The `.git` file.
        path: PathBuf,
    },
    /// Git was asked and did not answer.
    #[error("git says nothing of what is staged: {why}")]
    Program {
        /// What it says instead.
        why: String,
    },
    /// What is staged is asked of another repository than the one that git is at work in.
    #[error("{} does not lie in the git repository {}", folder.display(), top.display())]
    Outside {
        /// The folder.
        folder: PathBuf,
        /// The work tree's top.
        top: PathBuf,
    },
}

/// A git work tree.
#[derive(Debug)]
pub struct WorkTree {
    /// Its top folder.
    top: PathBuf,
    /// Where its index is.
    directory: PathBuf,
    /// Where `info/exclude` is: the main repository's directory, of a linked work tree too.
    common: PathBuf,
}

/// What the index says of one folder's contents; paths are relative to it, with `/`.
#[derive(Debug, Default)]
pub struct Tracked {
    /// Files and symlinks. An intent to add (`git add -N`) counts, as for Nix.
    pub files: HashSet<String>,
    /// Every folder that holds one of them.
    pub folders: HashSet<String>,
    /// Submodules.
    pub submodules: HashSet<String>,
}

impl WorkTree {
    /// The work tree that `folder` (absolute) is or lies in.
    pub fn around(folder: &Path) -> Result<Option<Self>, GitError> {
        for top in folder.ancestors() {
            let dot_git = top.join(".git");
            if dot_git.join("HEAD").is_file() {
                return Ok(Some(WorkTree { top: top.into(), directory: dot_git.clone(), common: dot_git }));
            }
            if dot_git.is_file() {
                return Self::linked(top, &dot_git).map(Some);
            }
        }
        Ok(None)
    }

    /// `.git` is a file: a linked work tree's or a submodule's (gitrepository-layout(5)).
    fn linked(top: &Path, dot_git: &Path) -> Result<Self, GitError> {
        let content = fs::read_to_string(dot_git).unwrap_or_default();
        let directory = content.strip_prefix("gitdir:").map(|target| top.join(target.trim()));
        let Some(directory) = directory.filter(|directory| directory.join("HEAD").is_file()) else {
            return Err(GitError::Link { path: dot_git.into() });
        };
        let common = match fs::read_to_string(directory.join("commondir")) {
            Ok(common) => directory.join(common.trim()),
            Err(_) => directory.clone(),
        };
        Ok(WorkTree { top: top.into(), directory, common })
    }

    /// Its top folder.
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// Git's own folder, where its hooks are: the main repository's, of a linked work tree too.
    pub fn common(&self) -> &Path {
        &self.common
    }

    /// Whether the repository has only the last revisions (`git clone --depth`; gitrepository-layout(5)).
    pub fn is_shallow(&self) -> bool {
        self.common.join("shallow").is_file()
    }

    /// What is tracked beneath `root`, a folder of the work tree. Without an index: nothing.
    pub fn tracked(&self, root: &Path) -> Result<Tracked, GitError> {
        let Some(index) = index(&self.directory.join("index"))? else { return Ok(Tracked::default()) };
        let prefix = self.prefix_of(root);
        let mut tracked = Tracked::default();
        for entry in index.entries() {
            let Ok(path) = std::str::from_utf8(entry.path(&index)) else { continue };
            let Some(path) = path.strip_prefix(&prefix) else { continue };
            match entry.mode {
                Mode::COMMIT => tracked.submodules.insert(path.into()),
                _ => tracked.add(path),
            };
        }
        Ok(tracked)
    }

    /// Who owns the repository, where its remote `origin` says so.
    pub fn origin(&self) -> Option<Origin> {
        Origin::of_git_config(&fs::read_to_string(self.common.join("config")).ok()?)
    }

    /// `root` relative to the top, with a `/` at its end; empty for the top itself.
    pub fn prefix_of(&self, root: &Path) -> String {
        prefix(&self.top, root).unwrap_or_default()
    }

    /// The ignore files above `root` and `info/exclude`: the outermost last.
    pub fn outer_ignores(&self, root: &Path) -> Vec<Gitignore> {
        let above = root.ancestors().skip(1).take_while(|folder| folder.starts_with(&self.top));
        let mut ignores: Vec<_> = above.map(ignores_of).collect();
        ignores.push(ignores_in(&self.top, &self.common.join("info/exclude")));
        ignores
    }
}

impl Tracked {
    fn add(&mut self, path: &str) -> bool {
        let mut folder = path;
        while let Some((parent, _)) = folder.rsplit_once('/') {
            if !self.folders.insert(parent.into()) {
                break;
            }
            folder = parent;
        }
        self.files.insert(path.into())
    }
}

/// Reads an index; none where there is no such file.
pub fn index(path: &Path) -> Result<Option<gix_index::File>, GitError> {
    let failed = |why: String| GitError::Index { path: path.into(), why };
    match fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error.to_string())),
        // A header and a checksum; the crate takes them for granted.
        Ok(found) if found.len() < 32 => return Err(failed("it is too short".into())),
        Ok(_) => (),
    }
    let read = gix_index::File::at(path, gix_index::hash::Kind::Sha1, true, gix_index::decode::Options::default());
    read.map(Some).map_err(|error| failed(error.to_string()))
}

/// A folder relative to the top of its work tree, with a `/` at its end; empty for the top itself.
pub fn prefix(top: &Path, folder: &Path) -> Option<String> {
    let parts = folder.strip_prefix(top).ok()?.components();
    Some(parts.map(|part| format!("{}/", part.as_os_str().to_string_lossy())).collect())
}

/// A folder's own `.gitignore`.
pub fn ignores_of(folder: &Path) -> Gitignore {
    ignores_in(folder, &folder.join(".gitignore"))
}

fn ignores_in(folder: &Path, file: &Path) -> Gitignore {
    if !file.is_file() {
        return Gitignore::empty();
    }
    let mut builder = GitignoreBuilder::new(folder);
    // A pattern that git would not understand either ignores nothing.
    builder.add(file);
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}

/// Whether git ignores a path: the innermost file that says anything about it decides.
pub fn is_ignored<'a>(path: &Path, is_folder: bool, innermost_first: impl Iterator<Item = &'a Gitignore>) -> bool {
    for ignores in innermost_first {
        match ignores.matched(path, is_folder) {
            Match::Ignore(_) => return true,
            Match::Whitelist(_) => return false,
            Match::None => (),
        }
    }
    false
}
