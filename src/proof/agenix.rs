//! Age files as agenix and ragenix have them: each opens as a whole or not at all.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use rayon::prelude::*;

use super::file::{FileProof, Outcome, State};
use super::host::{Delivered, Repository, SecretProof};
use crate::keys::private::{Form, Identity};
use crate::manifest::{Agenix, AgenixSecret};
use crate::source::RepoPath;

/// The largest file that is read, in bytes.
pub const LARGEST: u64 = 16 << 20;

/// Proves that an age file on the disk opens.
pub fn prove(path: RepoPath, on_disk: &Path, identities: &[&Identity]) -> FileProof {
    let not_looked = |path, why| FileProof { path, state: State::NotLooked { why } };
    match contents(on_disk) {
        Ok(bytes) if bytes.len() as u64 > LARGEST => not_looked(path, "is larger than 16 MiB".to_owned()),
        Ok(bytes) => FileProof::of_age(path, &bytes, identities),
        Err(error) => not_looked(path, format!("cannot be read: {error}")),
    }
}

/// The bytes of a file, or more than [`LARGEST`] of them.
pub fn contents(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The files that agenix' secrets of one configuration are read from, and whether each is delivered. agenix gives age
/// an ssh key as such.
pub(super) fn delivered(
    agenix: &Agenix,
    repository: Repository<'_>,
    identities: &[Identity],
) -> (Vec<FileProof>, Vec<SecretProof>) {
    let usable: Vec<&Identity> = identities.iter().filter(|identity| identity.form != Form::Converted).collect();
    let named: BTreeMap<&str, &RepoPath> = agenix
        .secrets
        .values()
        .filter_map(|secret| reads(secret, repository).ok())
        .map(|path| (&**path, path))
        .collect();
    let files: BTreeMap<&str, FileProof> = named
        .into_par_iter()
        .map(|(name, path)| (name, prove(path.clone(), &repository.tree.on_disk(path), &usable).that_must_open()))
        .collect();
    let secrets = agenix.secrets.iter().map(|(name, secret)| {
        let delivered = reads(secret, repository).map(|path| match files.get(&**path).map(FileProof::outcome) {
            Some(Outcome::Right) => Delivered::Yes,
            Some(Outcome::Closed | Outcome::ForOthers) => Delivered::No(format!("{path} does not open")),
            Some(Outcome::Broken) => Delivered::No(format!("{path} is broken")),
            Some(Outcome::NotSealed) => Delivered::No(format!("{path} is not an age file")),
            Some(Outcome::NotLooked) | None => Delivered::Unknown(format!("{path} was not looked at")),
        });
        SecretProof {
            name: format!("age.secrets.{name}"),
            file: secret.file.known().map(|file| file.path.clone()),
            key: None,
            delivered: delivered.unwrap_or_else(|why| why).only_if(&secret.certainty),
        }
    });
    let secrets = secrets.collect();
    (files.into_values().collect(), secrets)
}

/// The file that a secret is read from, or why it is not delivered.
fn reads<'a>(secret: &'a AgenixSecret, repository: Repository<'_>) -> Result<&'a RepoPath, Delivered> {
    let unknown = |why: &str| Delivered::Unknown(why.to_owned());
    let path = &secret.file.known().ok_or_else(|| unknown("which file it is read from is not known"))?.path;
    let tree = repository.tree;
    match tree.files.contains_key(path) {
        true if tree.is_visible(path) => Ok(path),
        true => Err(Delivered::No(format!("git does not track {path}"))),
        false if tree.is_elsewhere(path) => Err(unknown("its file lies in a flake input that is not here")),
        false if tree.is_in_submodule(path) => Err(unknown("its file lies in a git submodule")),
        false if path.starts_with('/') => Err(unknown("its file lies outside the repository")),
        false => Err(Delivered::No(format!("there is no {path}"))),
    }
}
