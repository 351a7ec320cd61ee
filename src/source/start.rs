//! Where to begin: the repository's root and the Nix file that makes its hosts.

use std::fs;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::place::RepoPath;
use super::tree::Tree;

/// The files of a folder that may make hosts, in the order in which they are tried.
const ENTRIES: [&str; 4] = ["flake.nix", "default.nix", "hive.nix", "configuration.nix"];

/// How many folders below the root a flake may lie where the root has no entry file.
const DEEPEST_FLAKE: usize = 3;

/// A repository and the files to evaluate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryPoint {
    /// The root folder, absolute.
    pub root: PathBuf,
    /// The files, relative to it: the first that makes hosts, or may, counts.
    pub entries: Vec<RepoPath>,
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
    /// Several folders below hold a flake, and nothing says which one is meant.
    #[error("{} holds no {} itself; below it are {}", folder.display(), ENTRIES.join(", "), flakes.join(", "))]
    Several {
        /// The folder.
        folder: PathBuf,
        /// The flakes, relative to it.
        flakes: Vec<RepoPath>,
    },
    /// The file's path is not UTF-8.
    #[error("the name of {} is not UTF-8", path.display())]
    Name {
        /// The path.
        path: PathBuf,
    },
    /// What was said to be the root is no folder.
    #[error("the root {} is not a folder", root.display())]
    Root {
        /// The path as given.
        root: PathBuf,
    },
    /// The path leads out of the root.
    #[error("{} does not lie in the root {}", path.display(), root.display())]
    Outside {
        /// The path as given.
        path: PathBuf,
        /// The root as given.
        root: PathBuf,
    },
}

impl EntryPoint {
    /// `path` is a folder, which is the root then, or the entry file itself, whose root is the
    /// repository around it; without a path it is the repository around `current`.
    pub fn find(path: Option<&Path>, current: &Path) -> Result<Self, StartError> {
        let start = absolute(current, path.unwrap_or(Path::new("")))?;
        if start.is_dir() {
            let root = if path.is_some() { &start } else { repository_around(&start).unwrap_or(&start) };
            return Self::of_folder(root);
        }
        let folder = start.parent().unwrap_or(&start);
        let root = repository_around(folder).unwrap_or(folder);
        Ok(EntryPoint { root: root.into(), entries: vec![inside(&start, root)?] })
    }

    /// As [`Self::find`], but `root` is the root whatever lies there, and `path`, a folder or the entry
    /// file, lies in it. Without a path the entry is looked for in the root.
    pub fn find_in(root: &Path, path: Option<&Path>, current: &Path) -> Result<Self, StartError> {
        let top = absolute(current, root)?;
        if !top.is_dir() {
            return Err(StartError::Root { root: root.into() });
        }
        let start = absolute(current, path.unwrap_or(root))?;
        if !start.starts_with(&top) {
            return Err(StartError::Outside { path: path.unwrap_or(root).into(), root: root.into() });
        }
        if !start.is_dir() {
            return Ok(EntryPoint { entries: vec![inside(&start, &top)?], root: top });
        }
        let folder = inside(&start, &top)?;
        let entries = Self::of_folder(&start)?.entries.into_iter();
        let below = |entry: RepoPath| if folder.is_empty() { entry } else { format!("{folder}/{entry}").into() };
        Ok(EntryPoint { entries: entries.map(below).collect(), root: top })
    }

    /// The root that [`Self::find`] or, with one, [`Self::find_in`] takes.
    pub fn root(root: Option<&Path>, path: Option<&Path>, current: &Path) -> Result<PathBuf, StartError> {
        if let Some(root) = root {
            return absolute(current, root);
        }
        let start = absolute(current, path.unwrap_or(Path::new("")))?;
        let around = |folder: &Path| repository_around(folder).unwrap_or(folder).to_owned();
        Ok(match (start.is_dir(), path) {
            (true, Some(_)) => start,
            (true, None) => around(&start),
            (false, _) => around(start.parent().unwrap_or(&start)),
        })
    }

    /// As [`Self::find`] and [`Self::find_in`], among the files of a tree.
    pub fn find_among(tree: &Tree, path: Option<&Path>, current: &Path) -> Result<Self, StartError> {
        let start = absolute(current, path.unwrap_or(&tree.root))?;
        let outside = || StartError::Outside { path: path.unwrap_or(&tree.root).into(), root: tree.root.clone() };
        start.strip_prefix(&tree.root).map_err(|_| outside())?;
        let inside = inside(&start, &tree.root)?;
        if !start.is_dir() {
            return Ok(EntryPoint { root: tree.root.clone(), entries: vec![inside] });
        }
        let below = |entry: &str| if inside.is_empty() { entry.to_owned() } else { format!("{inside}/{entry}") };
        let is_of = |path: &str| tree.files.contains_key(path) || tree.why_not_looked(path).is_some();
        let there = |entry: &str| is_of(&below(entry));
        let folder = below("");
        let flakes = tree.files.keys().filter(|path| is_flake(path));
        let flakes = flakes.filter_map(|path| path.strip_prefix(folder.as_str())).filter(|path| {
            let folders = path.split('/').count() - 1;
            (1..=DEEPEST_FLAKE).contains(&folders) && !path.split('/').any(|part| part.starts_with('.'))
        });
        let found = Self::of_entries(&start, there, || flakes.map(RepoPath::from).collect())?;
        let entries = found.entries.iter().map(|entry| below(entry).as_str().into()).collect();
        Ok(EntryPoint { root: tree.root.clone(), entries })
    }

    fn of_folder(root: &Path) -> Result<Self, StartError> {
        Self::of_entries(root, |entry| root.join(entry).is_file(), || flakes_below(root))
    }

    fn of_entries(
        root: &Path,
        is_there: impl Fn(&str) -> bool,
        flakes_below: impl FnOnce() -> Vec<RepoPath>,
    ) -> Result<Self, StartError> {
        let there = ENTRIES.into_iter().filter(|entry| is_there(entry));
        let mut entries: Vec<RepoPath> = there.map(RepoPath::from).collect();
        if entries.is_empty() {
            entries = flakes_below();
        }
        let is_choice = entries.iter().any(|entry| entry.contains('/')) && entries.len() > 1;
        match (entries.is_empty(), is_choice) {
            (true, _) => Err(StartError::NoEntry { folder: root.into() }),
            (_, true) => Err(StartError::Several { folder: root.into(), flakes: entries }),
            _ => Ok(EntryPoint { root: root.into(), entries }),
        }
    }

    /// Whether a flake is evaluated: then Nix sees only what git tracks.
    pub fn is_flake(&self) -> bool {
        self.entries.first().is_some_and(|entry| is_flake(entry))
    }
}

/// A path as given, as an absolute one without symlinks.
fn absolute(current: &Path, path: &Path) -> Result<PathBuf, StartError> {
    fs::canonicalize(current.join(path)).map_err(|source| {
        let named = if path.as_os_str().is_empty() { current } else { path };
        StartError::Path { path: named.into(), source }
    })
}

/// A path relative to the root that it lies in.
fn inside(path: &Path, root: &Path) -> Result<RepoPath, StartError> {
    let parts = path.strip_prefix(root).unwrap_or(path).components();
    let parts: Option<Vec<_>> = parts.map(|part| part.as_os_str().to_str()).collect();
    parts.map(|parts| parts.join("/").into()).ok_or_else(|| StartError::Name { path: path.into() })
}

/// Whether an entry file is a flake's.
pub fn is_flake(entry: &str) -> bool {
    entry.rsplit('/').next() == Some("flake.nix")
}

/// The flakes in the folders below one, hidden ones left out.
fn flakes_below(root: &Path) -> Vec<RepoPath> {
    let is_hidden = |name: &std::ffi::OsStr| name.as_encoded_bytes().first() == Some(&b'.');
    let walk = WalkDir::new(root).min_depth(1).max_depth(DEEPEST_FLAKE + 1).sort_by_file_name().into_iter();
    walk.filter_entry(|entry| !is_hidden(entry.file_name()))
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name() == "flake.nix" && entry.file_type().is_file())
        .filter_map(|entry| Some(entry.path().strip_prefix(root).ok()?.to_str()?.into()))
        .collect()
}

/// The nearest folder from `folder` upwards with a flake or a git repository.
fn repository_around(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|folder| folder.join("flake.nix").is_file() || folder.join(".git").exists())
}
