//! From the disk to a [`Tree`].

use std::collections::BTreeMap;
use std::fs;
use std::ops::Bound;
use std::path::{Component, Path, PathBuf};

use ignore::gitignore::Gitignore;
use walkdir::{DirEntry, WalkDir};

use super::git::{self, GitError, Tracked, WorkTree};
use super::place::RepoPath;
use super::read;
use super::text::Text;
use super::tree::{Entry, Link, NotLooked, Tree};

/// Most files that symlinks to folders may add: links can multiply a tree.
const MAX_BEHIND_LINKS: usize = 100_000;

/// The repository cannot be walked at all.
#[derive(Debug, thiserror::Error)]
pub enum WalkError {
    /// There is no such folder.
    #[error("{} is not a folder that can be read", path.display())]
    Root {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// What git tracks cannot be known.
    #[error(transparent)]
    Git(#[from] GitError),
}

impl Tree {
    /// Walks `root`: every file that git tracks or does not ignore, and the texts that matter.
    /// Never leaves the root. A single file that cannot be read is in `not_looked`, no error.
    pub fn walk(root: &Path) -> Result<Self, WalkError> {
        let failed = |source| WalkError::Root { path: root.into(), source };
        let absolute = fs::canonicalize(root).map_err(failed)?;
        fs::read_dir(&absolute).map_err(failed)?;
        let work_tree = WorkTree::around(&absolute)?;
        let origin = work_tree.as_ref().and_then(WorkTree::origin);
        let mut walk = Walk {
            tracked: work_tree.as_ref().map(|work_tree| work_tree.tracked(&absolute)).transpose()?,
            outer_ignores: work_tree.map(|work_tree| work_tree.outer_ignores(&absolute)).unwrap_or_default(),
            folders: Vec::new(),
            tree: Tree { root: absolute, origin, ..Tree::default() },
        };
        walk.run();
        let Walk { mut tree, tracked, .. } = walk;
        tree.git = tracked.is_some();
        tree.submodules =
            tracked.into_iter().flat_map(|tracked| tracked.submodules).map(|path| path.as_str().into()).collect();
        tree.resolve_file_links();
        let (texts, unread) = read::texts(&mut tree);
        tree.texts = texts;
        tree.not_looked.extend(unread);
        tree.expand_folder_links();
        tree.not_looked.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(tree)
    }

    /// A link to a file of the tree is a file; Nix sees it if both are tracked.
    pub(super) fn resolve_file_links(&mut self) {
        let found = self.links.iter().filter_map(|(path, link)| {
            let target = self.files.get(link.target.as_ref()?)?;
            Some((path.clone(), Entry { tracked: link.tracked && target.tracked, size: target.size }))
        });
        let found: Vec<_> = found.collect();
        self.files.extend(found);
    }

    /// What lies in a folder that is linked to lies behind the link too.
    pub(super) fn expand_folder_links(&mut self) {
        let mut files = BTreeMap::new();
        let mut texts = BTreeMap::new();
        for (path, link) in &self.links {
            let Some(target) = &link.target else { continue };
            let inside = format!("{target}/");
            // A link to a folder around itself would go on for ever.
            if path.starts_with(&inside) || target.is_empty() {
                continue;
            }
            for (real, entry) in self
                .files
                .range::<str, _>((Bound::Included(inside.as_str()), Bound::Unbounded))
                .take_while(|(at, _)| at.starts_with(&inside))
            {
                if files.len() >= MAX_BEHIND_LINKS {
                    let why = format!("leads to a folder, and such links add more than {MAX_BEHIND_LINKS} files");
                    self.not_looked.push(NotLooked { path: path.clone(), why });
                    break;
                }
                let rest = real.strip_prefix(inside.as_str()).unwrap_or(real);
                let linked: RepoPath = format!("{path}/{rest}").into();
                if let Some(text) = self.texts.get(real) {
                    texts.insert(linked.clone(), Text::new(linked.clone(), text.content().clone()));
                }
                files.insert(linked, Entry { tracked: link.tracked && entry.tracked, size: entry.size });
            }
        }
        self.files.extend(files);
        self.texts.extend(texts);
    }
}

/// A folder that the walk is in.
struct Folder {
    ignores: Gitignore,
    /// Git ignores it; it is walked for the files in it that are tracked all the same.
    ignored: bool,
}

struct Walk {
    /// Absent without git.
    tracked: Option<Tracked>,
    outer_ignores: Vec<Gitignore>,
    /// From the root inwards.
    folders: Vec<Folder>,
    tree: Tree,
}

impl Walk {
    fn run(&mut self) {
        let mut entries = WalkDir::new(&self.tree.root).sort_by_file_name().into_iter();
        while let Some(entry) = entries.next() {
            match entry {
                Err(error) => self.unreadable(&error),
                Ok(entry) if entry.file_type().is_dir() => {
                    self.folders.truncate(entry.depth());
                    if !self.enter(&entry) {
                        entries.skip_current_dir();
                    }
                }
                Ok(entry) => {
                    self.folders.truncate(entry.depth());
                    self.add(&entry);
                }
            }
        }
    }

    /// Whether to walk a folder.
    fn enter(&mut self, entry: &DirEntry) -> bool {
        let Some(tracked) = &self.tracked else {
            return entry.file_name() != ".git";
        };
        let path = entry.path();
        if entry.depth() == 0 {
            self.folders.push(Folder { ignores: git::ignores_of(path), ignored: false });
            return true;
        }
        let Some(name) = self.name(path) else { return false };
        if entry.file_name() == ".git" || tracked.submodules.contains(&name) {
            return false;
        }
        let holds_tracked = tracked.folders.contains(&name);
        // Another repository that merely lies here; git does not enter it either.
        let foreign = !holds_tracked && path.join(".git").exists();
        let ignored = self.ignores(path, true);
        if foreign || ignored && !holds_tracked {
            return false;
        }
        self.folders.push(Folder { ignores: git::ignores_of(path), ignored });
        true
    }

    fn add(&mut self, entry: &DirEntry) {
        if entry.file_name() == ".git" {
            return;
        }
        let path = entry.path();
        let Some(name) = self.name(path) else { return self.unnamed(path) };
        let tracked = self.tracked.as_ref().is_none_or(|tracked| tracked.files.contains(&name));
        if !tracked && self.ignores(path, false) {
            return;
        }
        let name: RepoPath = name.into();
        if entry.file_type().is_symlink() {
            self.add_link(name, path, tracked);
        } else if entry.file_type().is_file() {
            self.tree.files.insert(name, Entry { tracked, size: 0 });
        }
    }

    fn add_link(&mut self, name: RepoPath, path: &Path, tracked: bool) {
        let target = fs::canonicalize(path);
        let inside = target.as_ref().ok().and_then(|target| self.name(target));
        if inside.is_none() {
            if is_build_result(path) {
                return;
            }
            // A link to nothing inside is nothing for Nix and sops too.
            if may_matter(path) && self.leads_out(path) {
                let why = "is a symlink that leads out of the repository".to_owned();
                self.tree.not_looked.push(NotLooked { path: name.clone(), why });
            }
        }
        self.tree.links.insert(name, Link { tracked, target: inside.map(Into::into) });
    }

    fn ignores(&self, path: &Path, is_folder: bool) -> bool {
        let inherited = self.folders.last().is_some_and(|folder| folder.ignored);
        let inner = self.folders.iter().rev().map(|folder| &folder.ignores);
        self.tracked.is_some() && (inherited || git::is_ignored(path, is_folder, inner.chain(&self.outer_ignores)))
    }

    /// A path inside the root, relative to it; none outside, or if it is not UTF-8.
    fn name(&self, path: &Path) -> Option<String> {
        let parts = path.strip_prefix(&self.tree.root).ok()?.components();
        let parts: Option<Vec<_>> = parts.map(|part| part.as_os_str().to_str()).collect();
        Some(parts?.join("/"))
    }

    /// Whether a symlink without a target inside names a place outside.
    fn leads_out(&self, link: &Path) -> bool {
        let (Ok(target), Some(folder)) = (fs::read_link(link), link.parent()) else { return true };
        let mut named = PathBuf::new();
        for part in folder.join(target).components() {
            match part {
                Component::ParentDir => {
                    named.pop();
                }
                Component::CurDir => {}
                part => named.push(part),
            }
        }
        !named.starts_with(&self.tree.root) || fs::canonicalize(link).is_ok()
    }

    fn unnamed(&mut self, path: &Path) {
        if may_matter(path) {
            let name = path.strip_prefix(&self.tree.root).unwrap_or(path).to_string_lossy();
            self.tree.not_looked.push(NotLooked { path: name.into(), why: "has a name that is not UTF-8".into() });
        }
    }

    fn unreadable(&mut self, error: &walkdir::Error) {
        let Some(path) = error.path() else { return };
        // What git ignores is none of our business, readable or not.
        if self.folders.is_empty() || !self.ignores(path, true) {
            let name = path.strip_prefix(&self.tree.root).unwrap_or(path).to_string_lossy();
            let why = error.io_error().map_or("cannot be read".into(), read::unreadable);
            self.tree.not_looked.push(NotLooked { path: name.into(), why });
        }
    }
}

/// The links that `nix build` leaves.
pub(super) fn is_build_result(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name == "result" || name.starts_with("result-")
}

pub(super) fn may_matter(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    matches!(extension, "nix" | "yaml" | "yml" | "json")
}
