//! Every sops file of the repository. Never a plaintext.

use std::collections::BTreeMap;

use crate::sops::Document;
use crate::source::{Place, RepoPath};

/// What one file is, as far as sops is concerned.
#[derive(Debug, Clone)]
pub enum Sealed {
    /// It holds sops metadata and was read.
    Document(Document),
    /// It holds sops metadata but in a form that is not read yet, or that sops would refuse; why,
    /// as a clause, and where.
    Unread { why: String, place: Place },
}

impl Sealed {
    /// The document, if it was read.
    pub fn document(&self) -> Option<&Document> {
        match self {
            Sealed::Document(document) => Some(document),
            Sealed::Unread { .. } => None,
        }
    }
}

/// Every file of the repository that holds sops metadata. A file that is in the tree and not
/// here holds none.
#[derive(Debug, Default)]
pub struct Vault {
    /// By path.
    pub files: BTreeMap<RepoPath, Sealed>,
}

impl Vault {
    /// The document at a path, if it was read.
    pub fn document(&self, path: &str) -> Option<&Document> {
        self.files.get(path)?.document()
    }

    /// Every document that was read, by path.
    pub fn documents(&self) -> impl Iterator<Item = &Document> {
        self.files.values().filter_map(Sealed::document)
    }
}
