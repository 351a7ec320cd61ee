//! Who can read what: the readers of every sealed file, and what each holder of a key can open.
//!
//! Three questions are kept apart. A file *can* be read by whom its recipients are, *should* be read by whom its
//! creation rule names, and is *declared* by the hosts that want its secrets.

mod age;
pub mod another_key;
mod file;
mod holder;
mod matrix;
mod readers;
mod who;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::agenix::Agenix;
use crate::identity::Identities;
use crate::manifest::Manifest;
use crate::policy::Policy;
use crate::sops::Document;
use crate::source::{NotLooked, Tree};
use crate::vault::{self, Vault};

pub use age::{Age, AgeDrift, AgeRule};
pub use file::{Candidate, File, Mending, State, Verdict};
pub use holder::{Holder, Kind, Who, converts_ssh_keys};
pub use matrix::{Cell, Mark};
pub use readers::{Key, Owner, Reach, Readers};
pub use who::{Asked, Meaning, Unheard};

use age::AgeKeys;
use holder::holders;

/// What is known of a repository. Where it cannot be evaluated, the manifest is empty.
#[derive(Debug, Clone, Copy)]
pub struct Repository<'a> {
    /// What lies in it.
    pub tree: &'a Tree,
    /// What its hosts declare.
    pub manifest: &'a Manifest,
    /// Every sops and age file.
    pub vault: &'a Vault,
    /// Every rule file.
    pub policy: &'a Policy,
    /// Every rules file of agenix.
    pub agenix: &'a Agenix,
    /// Who holds which key.
    pub identities: &'a Identities,
}

/// Everybody who holds a key, and every sealed file.
#[derive(Debug)]
pub struct Access<'a> {
    /// The repository.
    pub repository: Repository<'a>,
    /// Hosts, home-manager users, those whom only rule files name, and keys without a name, each sorted.
    pub holders: Vec<Holder<'a>>,
    /// The sealed files, by path; also those that could not be read.
    pub files: Vec<File<'a>>,
    /// Of each file who declares secrets of it, and which.
    declared: BTreeMap<&'a str, Declared<'a>>,
    owners: Owners,
    age_keys: AgeKeys<'a>,
    /// The holders whose known keys are probably not all that they have: these open nothing of what they declare.
    doubtful: BTreeSet<usize>,
}

/// The names of the secrets that each holder declares, by its place among the holders.
pub type Declared<'a> = BTreeMap<usize, BTreeSet<&'a str>>;

/// Who holds a key, by its text as keys are compared, and whether it only uses the age key made of an ssh key.
type Owners = HashMap<String, BTreeMap<usize, bool>>;

impl<'a> Access<'a> {
    /// Learns it all.
    pub fn of(repository: Repository<'a>) -> Access<'a> {
        let holders = holders(&repository);
        let owners = owners(&holders);
        let declared = declared(&holders);
        let doubtful = doubtful(&repository, &holders, &declared);
        let age_keys = AgeKeys::of(&repository, &holders);
        let mut access = Access { repository, holders, files: Vec::new(), declared, owners, age_keys, doubtful };
        let paths: BTreeSet<_> =
            repository.vault.sealed_files().into_keys().chain(repository.vault.age.keys()).collect();
        access.files = paths.into_iter().map(|path| access.file(path)).collect();
        access
    }

    /// The files that were not looked at and may be sealed ones: who reads them is not known.
    pub fn unseen(&self) -> impl Iterator<Item = &'a NotLooked> {
        self.repository.tree.not_looked.iter().filter(|file| vault::may_be_sealed(&file.path))
    }

    /// The files that somebody declares and that are no sealed files of this repository.
    pub fn declared_elsewhere(&self, holder: usize) -> impl Iterator<Item = (&'a str, &BTreeSet<&'a str>)> {
        let vault = self.repository.vault;
        let is_here = |path: &str| vault.sealed_file(path).is_some() || vault.age.contains_key(path);
        let elsewhere = self.declared.iter().filter(move |(path, _)| !is_here(path));
        elsewhere.filter_map(move |(path, by)| Some((*path, by.get(&holder)?)))
    }
}

fn owners(holders: &[Holder<'_>]) -> Owners {
    let mut owners = Owners::new();
    for (place, holder) in holders.iter().enumerate() {
        for text in holder.texts() {
            owners.entry(text.to_owned()).or_default().insert(place, holder.converts_ssh_keys());
        }
    }
    owners
}

/// Those of whom [`another_key::nothing_opens`] says it.
fn doubtful<'a>(
    repository: &Repository<'a>,
    holders: &[Holder<'a>],
    declared: &BTreeMap<&'a str, Declared<'a>>,
) -> BTreeSet<usize> {
    let mut files: BTreeMap<usize, Vec<&Document>> = BTreeMap::new();
    for (path, by) in declared {
        let Some(document) = repository.vault.document(path) else { continue };
        by.keys().for_each(|&place| files.entry(place).or_default().push(document));
    }
    let Repository { policy, identities, .. } = repository;
    let is_doubtful = |place: usize, files: &[&Document]| {
        let keys = holders.get(place).map(|holder| holder.keys.as_slice()).unwrap_or_default();
        !keys.is_empty() && another_key::nothing_opens(policy, identities, keys, files).is_some()
    };
    files.iter().filter(|(place, files)| is_doubtful(**place, files)).map(|(place, _)| *place).collect()
}

/// What is declared of each file, in the repository or not.
fn declared<'a>(holders: &[Holder<'a>]) -> BTreeMap<&'a str, Declared<'a>> {
    let mut declared: BTreeMap<&str, Declared<'_>> = BTreeMap::new();
    for (place, holder) in holders.iter().enumerate() {
        for (name, secret) in holder.sops().iter().flat_map(|sops| &sops.secrets) {
            if let Some(file) = secret.sops_file.known() {
                declared.entry(&file.path).or_default().entry(place).or_default().insert(name);
            }
        }
        for (name, secret) in holder.agenix().iter().flat_map(|agenix| &agenix.secrets) {
            if let Some(file) = secret.file.known() {
                declared.entry(&file.path).or_default().entry(place).or_default().insert(name);
            }
        }
    }
    declared
}

/// A recipient's text at a length that a sentence can bear: some have two thousand characters.
pub fn short(identity: &str) -> String {
    let count = identity.chars().count();
    if count <= 24 {
        return identity.to_owned();
    }
    let head: String = identity.chars().take(14).collect();
    let tail: String = identity.chars().skip(count - 6).collect();
    format!("{head}…{tail}")
}
