//! Every sops and age file of the repository. Never a plaintext.

pub mod age_files;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::sops::{self, Document, Refused};
use crate::source::{Place, RepoPath, Text, Tree};
pub use age_files::AgeFile;

/// What one file is, as far as sops is concerned.
#[derive(Debug, Clone)]
pub enum Sealed {
    /// It holds sops metadata and was read.
    Document(Box<Document>),
    /// It holds sops metadata but in a form that is not read yet, or that sops would refuse; why,
    /// as a clause, and where.
    Unread {
        /// Why, as a clause.
        why: String,
        /// Where.
        place: Place,
    },
}

impl Sealed {
    fn read(text: &Text) -> Option<Sealed> {
        if text.path().rsplit('/').next() == Some(".sops.yaml") {
            return None;
        }
        Some(match sops::read(text)? {
            Ok(document) => Sealed::Document(Box::new(document)),
            Err(Refused { why, place }) => Sealed::Unread { why, place },
        })
    }

    /// The document, if it was read.
    pub fn document(&self) -> Option<&Document> {
        match self {
            Sealed::Document(document) => Some(document),
            Sealed::Unread { .. } => None,
        }
    }
}

/// Every file of the repository that holds sops metadata, and every age file. A file that is in the tree
/// and not in `files` holds no such metadata.
#[derive(Debug, Default)]
pub struct Vault {
    /// By path.
    pub files: BTreeMap<RepoPath, Sealed>,
    /// The files in clear that have keys and nothing to seal: examples.
    pub examples: BTreeSet<RepoPath>,
    /// The age files, by path: what is called `.age`, and what was named as one.
    pub age: BTreeMap<RepoPath, AgeFile>,
}

impl Vault {
    /// Reads every text of the tree that is a sops file, in parallel. `.sops.yaml` is a rule file
    /// whatever it holds.
    pub fn read(tree: &Tree) -> Vault {
        let files = tree.texts.par_iter().filter_map(|(path, text)| Some((path.clone(), Sealed::read(text)?)));
        let examples = tree.texts.par_iter().filter(|(_, text)| sops::is_blank(text, sops::Format::of(text.path())));
        let files: BTreeMap<_, _> = files.collect();
        let examples = examples.map(|(path, _)| path.clone()).collect();
        // A sops file may have any name.
        let age = age_files::read(tree).filter(|(path, _)| !files.contains_key(path)).collect();
        Vault { age, examples, files }
    }

    /// Reads files that are not called `.age` and that something names as age files.
    pub fn add_age_files<'a>(&mut self, tree: &Tree, named: impl IntoIterator<Item = &'a RepoPath>) {
        let others = named.into_iter().filter(|path| !self.age.contains_key(*path));
        let others: Vec<_> = age_files::read_named(tree, others).collect();
        self.age.extend(others);
    }

    /// The document at a path, if it was read.
    pub fn document(&self, path: &str) -> Option<&Document> {
        self.files.get(path)?.document()
    }

    /// Every document that was read, by path.
    pub fn documents(&self) -> impl Iterator<Item = &Document> {
        self.files.values().filter_map(Sealed::document)
    }
}
