//! From git's index to a [`Tree`]: what the next commit holds, whatever lies in the work tree.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use gix_index::entry::{Flags, Mode, Stage};
use gix_index::hash::ObjectId;

use super::git::{self, GitError, WorkTree};
use super::objects::{self, Objects};
use super::place::RepoPath;
use super::read;
use super::text::Text;
use super::tree::{Entry, Link, NotLooked, Tree};
use super::walk::{WalkError, is_build_result, may_matter};

/// Most symlinks on the way to a file, as on Linux (path_resolution(7)).
const MAX_LINKS: usize = 40;

/// What git's index holds, and where it is read from.
#[derive(Debug)]
pub struct Staged {
    ids: BTreeMap<RepoPath, ObjectId>,
    objects: Mutex<Objects>,
}

impl Tree {
    /// What is staged beneath `root`, a folder of a git work tree. An intent to add is no content yet.
    ///
    /// # Errors
    /// Where there is no git repository, or git's own files are damaged.
    pub fn staged(root: &Path) -> Result<Self, WalkError> {
        let root = fs::canonicalize(root).map_err(|source| WalkError::Root { path: root.into(), source })?;
        let answer = objects::ask(objects::git(&root).args(["rev-parse", "--show-toplevel", "--absolute-git-dir"]))?;
        let (top, directory) = answer.split_once('\n').unwrap_or_default();
        let top = PathBuf::from(top);
        let Some(prefix) = git::prefix(&top, &root) else {
            return Err(GitError::Outside { folder: root, top }.into());
        };
        let mut found = Found::default();
        if let Some(index) = git::index(&index_file(&top, Path::new(directory)))? {
            for entry in index.entries() {
                let path = String::from_utf8_lossy(entry.path(&index));
                // What a sparse index holds as a folder (git-sparse-checkout(1)) is committed all the same.
                if entry.mode == Mode::DIR && (path.starts_with(&prefix) || prefix.starts_with(&*path)) {
                    for (mode, id, file) in objects::files_of(&root, entry.id)? {
                        if let Some(path) = format!("{path}{file}").strip_prefix(&prefix) {
                            found.add(path.into(), mode, id);
                        }
                    }
                } else if let Some(path) = path.strip_prefix(&prefix) {
                    found.add_entry(path.into(), entry);
                }
            }
        }
        let objects = Objects::of(&root, top)?;
        let mut tree = Tree { origin: WorkTree::around(&root)?.and_then(|work_tree| work_tree.origin()), ..found.tree };
        tree.root = root;
        tree.git = true;
        tree.read_staged(found.ids, found.links, objects);
        Ok(tree)
    }

    fn read_staged(
        &mut self,
        ids: BTreeMap<RepoPath, ObjectId>,
        links: BTreeMap<RepoPath, ObjectId>,
        mut objects: Objects,
    ) {
        for (path, &id) in &ids {
            self.read_blob(&mut objects, path, id);
        }
        let target = |(path, id): (RepoPath, ObjectId)| {
            let target =
                objects.blob(id, &path).map(|blob| String::from_utf8_lossy(blob.content.get_ref()).into_owned());
            (path, target.unwrap_or_default())
        };
        self.add_links(&links.into_iter().map(target).collect());
        self.resolve_file_links();
        // A link's own name may say that the file matters.
        let id = |link: &Link| ids.get(link.target.as_ref()?).copied();
        let linked = self.links.iter().filter_map(|(path, link)| Some((path.clone(), id(link)?)));
        for (path, id) in linked.collect::<Vec<_>>() {
            self.read_blob(&mut objects, &path, id);
        }
        self.expand_folder_links();
        self.not_looked.sort_by(|a, b| a.path.cmp(&b.path));
        self.staged = Some(Staged { ids, objects: objects.into() });
    }

    fn read_blob(&mut self, objects: &mut Objects, path: &RepoPath, id: ObjectId) {
        let read = objects.blob(id, path).and_then(|mut blob| {
            self.files.insert(path.clone(), Entry { tracked: true, size: blob.size });
            read::text(&mut blob.content, path, blob.size)
        });
        match read {
            Ok(Some(text)) => drop(self.texts.insert(path.clone(), Text::new(path.clone(), text))),
            Ok(None) => {}
            Err(why) => {
                self.files.entry(path.clone()).or_insert(Entry { tracked: true, size: 0 });
                self.not_looked.push(NotLooked { path: path.clone(), why });
            }
        }
    }

    fn add_links(&mut self, targets: &BTreeMap<RepoPath, String>) {
        for path in targets.keys() {
            let (target, leads_out) = match follow(path, targets, &self.root) {
                Followed::Inside(target) => (Some(target).filter(|target| self.holds(target)), false),
                Followed::Outside => (None, true),
            };
            if target.is_none() && is_build_result(Path::new(&**path)) {
                continue;
            }
            if leads_out && may_matter(Path::new(&**path)) {
                let why = "is a symlink that leads out of the repository".to_owned();
                self.not_looked.push(NotLooked { path: path.clone(), why });
            }
            self.links.insert(path.clone(), Link { tracked: true, target: target.map(Into::into) });
        }
    }

    /// Whether there is a file or a folder at a path.
    fn holds(&self, path: &str) -> bool {
        let inside = format!("{path}/");
        let first =
            self.files.range::<str, _>((std::ops::Bound::Included(inside.as_str()), std::ops::Bound::Unbounded));
        path.is_empty() || self.files.contains_key(path) || first.take(1).any(|(file, _)| file.starts_with(&inside))
    }

    /// What is staged of a file, `most` bytes of it at most; none where the file is read from the disk.
    pub(super) fn staged_beginning(&self, path: &str, most: usize) -> Option<Result<Vec<u8>, String>> {
        let staged = self.staged.as_ref()?;
        let real = self.real(path);
        let id = *staged.ids.get(real.as_ref())?;
        let mut objects = staged.objects.lock().unwrap_or_else(PoisonError::into_inner);
        let blob = objects.blob(id, &real);
        Some(blob.map(|blob| blob.content.into_inner().into_iter().take(most).collect()))
    }

    /// A path without the symlinks on it.
    fn real(&self, path: &str) -> RepoPath {
        let mut path: RepoPath = path.into();
        for _ in 0..MAX_LINKS {
            let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
            let through = |end: usize| {
                let (link, rest) = path.split_at_checked(end)?;
                let target = self.links.get(link)?.target.as_ref()?;
                Some(format!("{target}{rest}"))
            };
            let Some(next) = ends.into_iter().find_map(through) else { break };
            path = next.trim_start_matches('/').into();
        }
        path
    }
}

/// The index: git names another one for a commit of a part (`git commit -a`, git(1), GIT_INDEX_FILE).
fn index_file(top: &Path, directory: &Path) -> PathBuf {
    match std::env::var_os("GIT_INDEX_FILE") {
        Some(file) => top.join(file),
        None => directory.join("index"),
    }
}

#[derive(Default)]
struct Found {
    tree: Tree,
    ids: BTreeMap<RepoPath, ObjectId>,
    links: BTreeMap<RepoPath, ObjectId>,
}

impl Found {
    fn add_entry(&mut self, path: RepoPath, entry: &gix_index::Entry) {
        if entry.stage() == Stage::Unconflicted {
            if !entry.flags.contains(Flags::INTENT_TO_ADD) {
                self.add(path, entry.mode, entry.id);
            }
        } else if self.tree.not_looked.last().is_none_or(|last| last.path != path) {
            let why = "has a conflict that is not resolved".to_owned();
            self.tree.not_looked.push(NotLooked { path, why });
        }
    }

    fn add(&mut self, path: RepoPath, mode: Mode, id: ObjectId) {
        match mode {
            Mode::COMMIT => _ = self.tree.submodules.insert(path),
            Mode::SYMLINK => _ = self.links.insert(path, id),
            _ => _ = self.ids.insert(path, id),
        }
    }
}

enum Followed {
    Inside(String),
    Outside,
}

/// Where a symlink leads, through others if need be; in a circle: to itself.
fn follow(link: &str, targets: &BTreeMap<RepoPath, String>, root: &Path) -> Followed {
    let mut todo: Vec<String> = link.rsplit('/').map(str::to_owned).collect();
    let mut done: Vec<String> = Vec::new();
    let mut links = 0;
    while let Some(part) = todo.pop() {
        match part.as_str() {
            "" | "." => continue,
            ".." if done.pop().is_none() => return Followed::Outside,
            ".." => continue,
            _ => done.push(part),
        }
        let Some(target) = targets.get(done.join("/").as_str()).filter(|_| links < MAX_LINKS) else { continue };
        links += 1;
        done.pop();
        let inside = match Path::new(target).strip_prefix(root) {
            Ok(inside) => {
                done.clear();
                inside.to_string_lossy().into_owned()
            }
            Err(_) if target.starts_with('/') => return Followed::Outside,
            Err(_) => target.clone(),
        };
        todo.extend(inside.rsplit('/').map(str::to_owned));
    }
    Followed::Inside(done.join("/"))
}
