//! Checkouts of flake inputs beside the repository: their files lie in its tree as
//! `input:NAME/path`.

use std::path::PathBuf;

use super::place::RepoPath;
use super::text::Text;
use super::tree::{Link, Tree};

/// What comes before the name of an input in the path of a file of it.
const PREFIX: &str = "input:";

impl Tree {
    /// Takes the files of a checkout of an input in. What of it could not be read is unknown where it
    /// is needed, and otherwise of no concern here.
    pub fn add_input(&mut self, name: &str, checkout: Tree) {
        let inside = |path: &RepoPath| RepoPath::from(format!("{PREFIX}{name}/{path}"));
        // A checkout that is no git repository shows all; one that is, what it tracks.
        self.files.extend(checkout.files.iter().map(|(path, entry)| (inside(path), entry.clone())));
        let link = |link: &Link| Link { target: link.target.as_ref().map(inside), ..link.clone() };
        self.links.extend(checkout.links.iter().map(|(path, found)| (inside(path), link(found))));
        let text = |text: &Text| Text::new(inside(text.path()), text.content().clone());
        self.texts.extend(checkout.texts.values().map(text).map(|text| (text.path().clone(), text)));
        self.inputs.insert(name.to_owned(), checkout.root);
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

/// The input's name and the path in it, of a path of a file of an input.
pub fn input_of(path: &str) -> Option<(&str, &str)> {
    let rest = path.strip_prefix(PREFIX)?;
    Some(rest.split_once('/').unwrap_or((rest, "")))
}
