//! Every sops and age file of the repository. Never a plaintext.

pub mod age_files;
mod conflicts;
mod openpgp;
mod private_keys;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::manifest::Manifest;
use crate::sops::{self, Document, Format, Refused};
use crate::source::{Place, RepoPath, Text, Tree};
pub use age_files::AgeFile;
pub use private_keys::PrivateKey;
pub use values::Contents;

/// Bytes of a file that is read alone: reading it may take many times as much memory.
const LARGE: usize = 1 << 20;

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
        /// It is only its metadata that sops does not take.
        is_metadata: bool,
    },
}

impl Sealed {
    fn read(text: &Text) -> Option<Sealed> {
        if text.path().rsplit('/').next() == Some(".sops.yaml") {
            return None;
        }
        sops::read(text).map(Sealed::from)
    }

    /// The document, if it was read.
    pub fn document(&self) -> Option<&Document> {
        match self {
            Sealed::Document(document) => Some(document),
            Sealed::Unread { .. } => None,
        }
    }
}

impl From<Result<Document, Refused>> for Sealed {
    fn from(read: Result<Document, Refused>) -> Self {
        match read {
            Ok(document) => Sealed::Document(Box::new(document)),
            Err(Refused { why, place, is_metadata }) => Sealed::Unread { why, place, is_metadata },
        }
    }
}

/// Every file of the repository that holds sops metadata, and every age file. A file that is in the tree
/// and not in `files` holds no such metadata.
#[derive(Debug, Default)]
pub struct Vault {
    /// By path.
    pub files: BTreeMap<RepoPath, Sealed>,
    /// What a file is in a form that secrets declare for it and that is not the one in `files`.
    pub declared: BTreeMap<(RepoPath, Format), Sealed>,
    /// The files in clear that have keys and nothing to seal: examples.
    pub examples: BTreeSet<RepoPath>,
    /// The age files, by path: what is called `.age`, and what was named as one.
    pub age: BTreeMap<RepoPath, AgeFile>,
    /// The sops files in which a merge was left half done, with where it begins.
    pub conflicts: BTreeMap<RepoPath, Place>,
    /// The private keys that lie in clear in files that git tracks.
    pub private_keys: Vec<PrivateKey>,
}

impl Vault {
    /// Reads every text of the tree that is a sops file, in parallel. `.sops.yaml` is a rule file
    /// whatever it holds.
    pub fn read(tree: &Tree) -> Vault {
        let sealed = |(path, text): (&RepoPath, &Text)| Some((path.clone(), Sealed::read(text)?));
        let is_large = |text: &Text| text.content().len() > LARGE;
        let (large, others) = rayon::join(
            || tree.texts.iter().filter(|(_, text)| is_large(text)).filter_map(sealed).collect::<Vec<_>>(),
            || tree.texts.par_iter().filter(|(_, text)| !is_large(text)).filter_map(sealed).collect::<BTreeMap<_, _>>(),
        );
        let examples = tree.texts.par_iter().filter(|(_, text)| sops::is_blank(text, sops::Format::of(text.path())));
        let mut files = others;
        files.extend(large);
        let examples = examples.map(|(path, _)| path.clone()).collect();
        // A sops file may have any name.
        let age = age_files::read(tree).filter(|(path, _)| !files.contains_key(path)).collect();
        let conflicts = conflicts::find(tree, files.keys());
        let private_keys = private_keys::find(tree);
        Vault { age, examples, files, conflicts, private_keys, ..Vault::default() }
    }

    /// Reads files that are not called `.age` and that something names as age files.
    pub fn add_age_files<'a>(&mut self, tree: &Tree, named: impl IntoIterator<Item = &'a RepoPath>) {
        let others = named.into_iter().filter(|path| !self.age.contains_key(*path));
        let others: Vec<_> = age_files::read_named(tree, others).collect();
        self.age.extend(others);
    }

    /// Reads the files that secrets declare in another form than their names say, as sops-nix does: it
    /// goes by the secret's `format` alone.
    pub fn read_declared(&mut self, manifest: &Manifest, tree: &Tree) {
        for (path, secret) in manifest.sops_secrets() {
            let Some(format) = secret.format.known().and_then(|word| Format::named(word)) else { continue };
            let key = (path.clone(), format);
            let is_read = match self.files.get(path) {
                Some(Sealed::Document(document)) => document.format == format,
                Some(Sealed::Unread { .. }) => Format::of(path) == format,
                None => false,
            };
            if is_read || self.declared.contains_key(&key) {
                continue;
            }
            if let Some(read) = tree.texts.get(path).and_then(|text| sops::read_as(text, format)) {
                self.declared.insert(key, read.into());
            }
        }
    }

    /// What a file is in the form that a secret declares; of a form that it does not have, what it is by
    /// its name. Absent if it holds no sops metadata in either.
    pub fn sealed(&self, path: &RepoPath, format: Option<Format>) -> Option<&Sealed> {
        let declared = format.and_then(|format| self.declared.get(&(path.clone(), format)));
        declared.or_else(|| self.files.get(path))
    }

    /// Whether a file holds sops metadata, in the form of its name or in one that a secret declares.
    pub fn is_sealed(&self, path: &RepoPath) -> bool {
        self.sealed_file(path).is_some()
    }

    /// Every file that holds sops metadata, once, with the best that is known of it: what it is in the form
    /// of its name; if it was not read so, what it is in a form that a secret declares.
    pub fn sealed_files(&self) -> BTreeMap<&RepoPath, &Sealed> {
        let mut best: BTreeMap<_, _> = self.files.iter().collect();
        for ((path, _), declared) in &self.declared {
            let known = best.entry(path).or_insert(declared);
            if known.document().is_none() && declared.document().is_some() {
                *known = declared;
            }
        }
        best
    }

    /// What one file is, as [`Vault::sealed_files`] says it.
    pub fn sealed_file(&self, path: &str) -> Option<&Sealed> {
        let named = self.files.get(path);
        if named.is_some_and(|sealed| sealed.document().is_some()) {
            return named;
        }
        let declared = || self.in_declared_forms(path);
        declared().find(|sealed| sealed.document().is_some()).or(named).or_else(|| declared().next())
    }

    /// The document at a path, if it was read in the form of its name or in one that a secret declares.
    pub fn document(&self, path: &str) -> Option<&Document> {
        self.sealed_file(path)?.document()
    }

    /// Every document that was read, once.
    pub fn documents(&self) -> impl Iterator<Item = &Document> {
        self.sealed_files().into_values().filter_map(Sealed::document)
    }

    /// The files that hold sops metadata and that sops would not take in any form that is asked of them,
    /// with why, as a clause, and where: those of whose data nothing is known, or those whose metadata
    /// is malformed.
    pub fn unread(&self, is_metadata: bool) -> impl Iterator<Item = (&str, &Place)> {
        let declared = self.declared.iter().map(|((path, _), sealed)| (path, sealed));
        let opens_as_declared = |path| self.in_declared_forms(path).any(|sealed| sealed.document().is_some());
        self.files.iter().chain(declared).filter_map(move |(path, sealed)| match sealed {
            Sealed::Unread { why, place, is_metadata: of_metadata } => {
                let is_meant = *of_metadata == is_metadata && !opens_as_declared(path);
                is_meant.then_some((why.as_str(), place))
            }
            Sealed::Document(_) => None,
        })
    }

    /// What a file is in each form that a secret declares for it.
    fn in_declared_forms(&self, path: &str) -> impl Iterator<Item = &Sealed> {
        let of_path = (path.into(), Format::Yaml)..=(path.into(), Format::Binary);
        self.declared.range(of_path).map(|(_, sealed)| sealed)
    }
}

/// Whether a file may be a sealed one, by its name: what is read for another reason holds no values.
pub fn may_be_sealed(path: &str) -> bool {
    ![".nix", ".pub", ".sops.yaml", ".lock", "known_hosts", ".toml"].iter().any(|end| path.ends_with(end))
}

/// Whether clan-core keeps a file: it names the recipients itself and has no creation rules (source: clan-core's
/// documentation, "Vars backend" and "Secrets": `vars/…/secret`, `sops/secrets/NAME/secret`).
pub fn is_of_clan(path: &str) -> bool {
    let folders: Vec<&str> = path.split('/').collect();
    let is_within = |names: [&str; 2]| folders.windows(2).any(|pair| pair == names);
    folders.last() == Some(&"secret")
        && (is_within(["vars", "shared"]) || is_within(["vars", "per-machine"]) || is_within(["sops", "secrets"]))
}
