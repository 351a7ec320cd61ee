//! The age files of the repository, as far as they can be read without a key: their headers.

use std::collections::BTreeSet;

use rayon::prelude::*;

use crate::keys::age_file::{self, BEGINNING, Header, Malformed};
use crate::source::{Place, RepoPath, Tree};

/// What one file is, as far as age is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgeFile {
    /// It was read.
    Read(Header),
    /// It is no age file, or could not be read: why, as a clause, and where.
    Unread {
        /// Why, as a clause.
        why: String,
        /// The file.
        place: Place,
        /// It begins as an age file does, or its beginning could not be read.
        is_age: bool,
    },
}

impl AgeFile {
    /// The header, if it was read.
    pub fn header(&self) -> Option<&Header> {
        match self {
            AgeFile::Read(header) => Some(header),
            AgeFile::Unread { .. } => None,
        }
    }
}

/// Whether a file is called an age file.
pub fn is_named_age(path: &str) -> bool {
    path.ends_with(".age")
}

/// The files of the tree that are called age files, in parallel.
pub(super) fn read(tree: &Tree) -> impl ParallelIterator<Item = (RepoPath, AgeFile)> {
    read_named(tree, tree.files.keys().filter(|path| is_named_age(path)))
}

/// Those of `named` that are files of the tree, in parallel.
pub(super) fn read_named<'a>(
    tree: &Tree,
    named: impl IntoIterator<Item = &'a RepoPath>,
) -> impl ParallelIterator<Item = (RepoPath, AgeFile)> {
    let is_here = |path: &&RepoPath| tree.files.contains_key(*path) && !tree.excluded.contains(*path);
    let paths: BTreeSet<RepoPath> = named.into_iter().filter(is_here).cloned().collect();
    paths.into_par_iter().map(|path| {
        let unread = |(why, is_age)| AgeFile::Unread { why, place: Place::whole_file(path.clone()), is_age };
        let file = header(tree, &path).map_or_else(unread, AgeFile::Read);
        (path, file)
    })
}

/// The header of a file; or why there is none, as a clause, and whether the file may be an age file all the same.
fn header(tree: &Tree, path: &str) -> Result<Header, (String, bool)> {
    let bytes = tree.beginning(path, BEGINNING + 1).map_err(|why| (why, true))?;
    let parsed = match bytes.get(..BEGINNING).filter(|_| bytes.len() > BEGINNING) {
        // More recipients than anybody has.
        Some(beginning) => age_file::parse_beginning(beginning).map_err(|malformed| match malformed {
            Malformed::Truncated => Malformed::TooLarge,
            other => other,
        }),
        None => age_file::parse(&bytes),
    };
    parsed.map_err(|malformed| (malformed.to_string(), malformed != Malformed::NotAge))
}
