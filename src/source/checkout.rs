//! What lies beside the repository: checkouts of flake inputs, whose files lie in its tree as
//! `input:NAME/path`, and single files of the Nix store, under their own paths.

use std::path::{Path, PathBuf};

use super::late::Late;
use super::place::RepoPath;
use super::read;
use super::text::Text;
use super::tree::{Entry, Link, NotLooked, Tree};

/// What comes before the name of an input in the path of a file of it.
const PREFIX: &str = "input:";

impl Tree {
    /// Takes the files of a checkout of an input in. What of it could not be read is unknown where it
    /// is needed, and otherwise of no concern here.
    pub fn add_input(&mut self, name: &str, checkout: Tree) {
        let inside = |path: &RepoPath| RepoPath::from(format!("{PREFIX}{name}/{path}"));
        // A checkout that is no git repository shows all; one that is, what it tracks.
        self.late = Late::default();
        self.files.extend(checkout.files.iter().map(|(path, entry)| (inside(path), entry.clone())));
        let link = |link: &Link| Link { target: link.target.as_ref().map(inside), ..link.clone() };
        self.links.extend(checkout.links.iter().map(|(path, found)| (inside(path), link(found))));
        let text = |text: &Text| Text::new(inside(text.path()), text.content().clone());
        self.texts.extend(checkout.texts.values().map(text).map(|text| (text.path().clone(), text)));
        if checkout.git {
            self.inputs_in_git.insert(name.to_owned());
        }
        self.inputs.insert(name.to_owned(), checkout.root);
    }

    /// Takes a file of the Nix store in, if it is here: one of an input whose name is not known. A path
    /// with `..` is that of no file of the store.
    pub fn add_stored(&mut self, path: &RepoPath) {
        if path.split('/').any(|step| step == "..") {
            // It leads out of the store.
            return;
        }
        let on_disk = Path::new(&**path);
        let Some(size) = stored(path).and_then(|_| Some(on_disk.metadata().ok().filter(|it| it.is_file())?.len()))
        else {
            return;
        };
        if !self.files.contains_key(path) {
            self.take_in(path, on_disk, Entry { tracked: true, size });
        }
    }

    /// Takes in as untracked what lies on the disk though nothing of it is staged: a file that the next commit lacks.
    pub fn add_unstaged(&mut self, path: &RepoPath) {
        let on_disk = self.on_disk(path);
        let found = on_disk.metadata().ok().filter(|found| self.staged.is_some() && found.is_file());
        if self.files.contains_key(path) || is_inside(path) || path.starts_with('/') || found.is_none() {
            return;
        }
        self.take_in(path, &on_disk, Entry { tracked: false, size: found.map_or(0, |found| found.len()) });
    }

    fn take_in(&mut self, path: &RepoPath, on_disk: &Path, entry: Entry) {
        let read = read::read(on_disk, path, entry.size);
        self.files.insert(path.clone(), entry);
        self.late = Late::default();
        match read {
            Ok(content) => self.texts.extend(content.map(|content| (path.clone(), Text::new(path.clone(), content)))),
            Err(why) => {
                let at = self.not_looked.partition_point(|file| file.path < *path);
                self.not_looked.insert(at, NotLooked { path: path.clone(), why });
            }
        }
    }

    /// Whether a checkout of an input is here.
    pub fn has_input(&self, name: &str) -> bool {
        self.inputs.contains_key(name)
    }

    /// Whether a path is that of a file of an input that is not here.
    pub fn is_elsewhere(&self, path: &str) -> bool {
        input_of(path).is_some_and(|(name, _)| !self.has_input(name))
    }

    /// Whether a path is the root of a checkout.
    pub(super) fn is_checkout(&self, path: &str) -> bool {
        path.strip_prefix(PREFIX).is_some_and(|name| self.has_input(name))
    }

    /// Where a file of the tree lies on disk.
    pub fn on_disk(&self, path: &str) -> PathBuf {
        let checkout = input_of(path).and_then(|(name, rest)| Some(self.inputs.get(name)?.join(rest)));
        checkout.unwrap_or_else(|| self.root.join(path))
    }
}

/// Whether a path is that of a file of an input.
pub(super) fn is_inside(path: &str) -> bool {
    path.starts_with(PREFIX)
}

/// The object of a Nix store that a path lies in, and the path in it. Stores lie anywhere; an object is
/// known by its name: 32 characters of a hash, a hyphen and more (Nix manual, "Store Path").
pub fn stored(path: &str) -> Option<(&str, &str)> {
    let mut from = 0;
    while let Some(slash) = path.get(from..).and_then(|rest| rest.find('/')) {
        let start = from + slash + 1;
        let (before, name) = path.split_at_checked(start)?;
        let name = name.split('/').next().unwrap_or_default();
        if before.starts_with('/') && is_object(name) {
            let (object, rest) = path.split_at_checked(start + name.len())?;
            return Some((object, rest.trim_start_matches('/')));
        }
        from = start;
    }
    None
}

/// Whether a name is that of an object in a store. Nix's base 32 has neither e, o, u nor t.
fn is_object(name: &str) -> bool {
    let digit = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_lowercase() && !b"eotu".contains(&byte);
    match name.split_once('-') {
        Some((hash, rest)) => hash.len() == 32 && !rest.is_empty() && hash.bytes().all(digit),
        None => false,
    }
}

/// The input's name and the path in it, of a path of a file of an input.
pub fn input_of(path: &str) -> Option<(&str, &str)> {
    let rest = path.strip_prefix(PREFIX)?;
    Some(rest.split_once('/').unwrap_or((rest, "")))
}
