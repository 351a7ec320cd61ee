//! Files that are read only when somebody asks for them: each from the disk once, for all who do.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::place::RepoPath;
use super::tree::Tree;

/// What was read late, by path. All paths are there from the first look on, so that looking needs no lock.
#[derive(Debug, Default)]
pub struct Late(OnceLock<HashMap<RepoPath, OnceLock<Option<Box<str>>>>>);

impl Tree {
    /// Whether a file lies at a path that git ignores, so that it is none of the tree's.
    pub fn is_ignored_file(&self, path: &str) -> bool {
        self.git && !self.files.contains_key(path) && self.on_disk(path).is_file()
    }

    /// The text of a file that was not read with the others; none if it is no text, or none of the
    /// tree's files.
    pub fn read_late(&self, path: &str) -> Option<&str> {
        let files = self.late.0.get_or_init(|| self.files.keys().map(|path| (path.clone(), OnceLock::new())).collect());
        let read = || self.whole(path).map(Into::into);
        files.get(path)?.get_or_init(read).as_deref()
    }
}
