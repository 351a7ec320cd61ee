//! The repository as it lies on disk: paths, tracked or not, what could not be read.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::path::PathBuf;

use super::checkout::{self, input_of};
use super::late::Late;
use super::origin::Origin;
use super::place::RepoPath;
use super::staged::Staged;
use super::text::Text;

/// One regular file of the repository (a symlink that stays inside counts as what it names).
#[derive(Debug, Clone)]
pub struct Entry {
    /// Git's index holds it (intent-to-add counts). Always true where there is no git.
    pub tracked: bool,
    /// Size in bytes.
    pub size: u64,
}

/// A symlink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Git's index holds it. Always true where there is no git.
    pub tracked: bool,
    /// What it leads to in the end; absent where that is nothing, or outside the root.
    pub target: Option<RepoPath>,
}

/// A file that was not looked at, and why; never silently clean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotLooked {
    /// The file.
    pub path: RepoPath,
    /// Why, as a clause: "is not UTF-8", "is larger than 16 MiB", "is nested too deeply".
    pub why: String,
}

/// What a name in a folder is, as `builtins.readDir` says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `"regular"`
    Regular,
    /// `"directory"`
    Directory,
    /// `"symlink"`
    Symlink,
}

/// What lies in the repository.
#[derive(Debug, Default)]
pub struct Tree {
    /// The root folder on disk.
    pub root: PathBuf,
    /// Whether the root is (in) a git work tree.
    pub git: bool,
    /// Who owns it, where git's remote says so.
    pub origin: Option<Origin>,
    /// Whether Nix sees untracked files too: without a flake it reads the folder as it is.
    pub sees_untracked: bool,
    /// Every file that is tracked or not ignored, by path. Files behind a symlink to a folder are
    /// here under the link's path too.
    pub files: BTreeMap<RepoPath, Entry>,
    /// Every symlink that is tracked or not ignored, by path.
    pub links: BTreeMap<RepoPath, Link>,
    /// Git's submodules: other repositories, which are not looked at. Nix sees them if it is told to.
    pub submodules: BTreeSet<RepoPath>,
    /// The texts that were read (Nix files, rule files, sops files), by path.
    pub texts: BTreeMap<RepoPath, Text>,
    /// What could not be looked at, sorted by path.
    pub not_looked: Vec<NotLooked>,
    /// The files that the repository's owner wants left out.
    pub excluded: BTreeSet<RepoPath>,
    /// What was read of the other files.
    pub late: Late,
    /// The checkouts of flake inputs whose files are here as `input:NAME/path`: name → root on disk.
    pub inputs: BTreeMap<String, PathBuf>,
    /// Those of them that lie in git.
    pub inputs_in_git: BTreeSet<String>,
    /// The content of files is that of git's index; absent where it is that of the disk.
    pub staged: Option<Staged>,
}

impl Tree {
    /// Leaves files out: their texts are not looked at, and nothing that is wrong with them is said.
    /// Nix code stays, since a host may import it.
    pub fn exclude(&mut self, is_excluded: impl Fn(&str) -> bool) {
        self.excluded = self.files.keys().filter(|path| is_excluded(path)).cloned().collect();
        self.texts.retain(|path, _| path.ends_with(".nix") || !self.excluded.contains(path));
        self.not_looked.retain(|file| !is_excluded(&file.path));
    }

    /// Why a file was not looked at, as a clause, if it was not.
    pub fn why_not_looked(&self, path: &str) -> Option<&str> {
        let found = self.not_looked.binary_search_by(|file| (*file.path).cmp(path)).ok()?;
        self.not_looked.get(found).map(|file| file.why.as_str())
    }

    /// Whether Nix sees this file: it exists and, in a git repository with a flake, is tracked.
    pub fn is_visible(&self, path: &str) -> bool {
        self.files.get(path).is_some_and(|entry| self.sees(path, entry.tracked))
    }

    /// Whether a file is there that git does not track; where what is staged is read, one that lies on the disk alone.
    pub fn is_untracked(&self, path: &str) -> bool {
        match self.files.get(path) {
            Some(entry) => !entry.tracked,
            None => self.staged.is_some() && self.on_disk(path).is_file(),
        }
    }

    /// Whether a file is in git, in the repository or in a checkout of an input.
    pub fn is_committed(&self, path: &str) -> bool {
        let has_git = input_of(path).map_or(self.git, |(name, _)| self.inputs_in_git.contains(name));
        has_git && self.files.get(path).is_some_and(|entry| entry.tracked)
    }

    /// Of a checkout of an input Nix sees what is tracked, however it reads the repository.
    fn sees(&self, path: &str, tracked: bool) -> bool {
        tracked || self.sees_untracked && !checkout::is_inside(path)
    }

    /// Whether a path is, or lies in, a submodule.
    pub fn is_in_submodule(&self, path: &str) -> bool {
        let inside = |submodule: &RepoPath| {
            path.strip_prefix(&**submodule).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.submodules.iter().any(inside)
    }

    /// The symlink at a path, if Nix sees it.
    pub fn link(&self, path: &str) -> Option<&Link> {
        self.links.get(path).filter(|link| self.sees(path, link.tracked))
    }

    /// The path of what lies at a path in the end, where a symlink inside the repository leads to it.
    pub fn behind_links(&self, path: &RepoPath) -> RepoPath {
        let steps = path.char_indices().filter(|&(_, character)| character == '/').map(|(at, _)| at);
        for end in steps.chain([path.len()]) {
            let (Some(at), Some(rest)) = (path.get(..end), path.get(end..)) else { continue };
            // A target has no link on its own way any more.
            if let Some(target) = self.links.get(at).and_then(|link| link.target.as_ref()) {
                return format!("{target}{rest}").into();
            }
        }
        path.clone()
    }

    /// Whether Nix sees a file or a folder at this path, as `builtins.pathExists` does; the root is
    /// the empty path.
    pub fn exists(&self, path: &str) -> bool {
        path.is_empty() || self.is_visible(path) || self.is_folder(path)
    }

    /// Whether Nix sees a folder here: one that is, or leads to one that holds a visible file.
    pub fn is_folder(&self, path: &str) -> bool {
        path.is_empty() || self.visible_after(&format!("{path}/")).is_some()
    }

    /// What `builtins.readDir` says of a folder, by name; none if there is no such folder. The root
    /// is the empty path.
    pub fn children(&self, folder: &str) -> Option<BTreeMap<&str, Kind>> {
        if !self.is_folder(folder) {
            return None;
        }
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let mut children = BTreeMap::new();
        let mut from = Bound::Included(prefix.clone());
        while let Some(rest) = self.next_visible(&from).and_then(|path| path.strip_prefix(prefix.as_str())) {
            let (name, kind) = match rest.split_once('/') {
                Some((name, _)) => (name, Kind::Directory),
                None => (rest, Kind::Regular),
            };
            children.insert(name, kind);
            from = match kind {
                // '0' follows '/': on to the first path that is not in this folder.
                Kind::Directory => Bound::Included(format!("{prefix}{name}0")),
                _ => Bound::Excluded(format!("{prefix}{name}")),
            };
        }
        let links = self.links.range::<str, _>((Bound::Included(prefix.as_str()), Bound::Unbounded));
        for (path, link) in links.take_while(|(path, _)| path.starts_with(&prefix)) {
            if let Some(name) = path.strip_prefix(prefix.as_str())
                && self.sees(path, link.tracked)
                && !name.contains('/')
            {
                children.insert(name, Kind::Symlink);
            }
        }
        if folder.is_empty() {
            children.retain(|name, _| !self.is_checkout(name));
        }
        Some(children)
    }

    fn visible_after(&self, prefix: &str) -> Option<&str> {
        self.next_visible(&Bound::Included(prefix.to_owned())).filter(|path| path.starts_with(prefix))
    }

    fn next_visible(&self, from: &Bound<String>) -> Option<&str> {
        let from = from.as_ref().map(String::as_str);
        let mut files = self.files.range::<str, _>((from, Bound::Unbounded));
        files.find(|(path, entry)| self.sees(path, entry.tracked)).map(|(path, _)| &**path)
    }
}
