//! Who decrypts: a host, or a home-manager user on it, and the files that it needs to open.

use std::collections::BTreeMap;

use crate::checks::World;
use crate::checks::declared::{Declared, Named, configurations};
use crate::identity::{Held, Identity};
use crate::manifest::{Host, Sops};
use crate::sops::Document;

/// One who decrypts.
pub struct Reader<'a> {
    pub host: &'a Host,
    pub user: Option<&'a str>,
    pub sops: &'a Sops,
}

impl<'a> Reader<'a> {
    /// Every host with sops options, and every home-manager user with its own.
    pub fn all(world: &World<'a>) -> impl Iterator<Item = Reader<'a>> {
        configurations(world.manifest).map(|(host, user, sops)| Reader { host, user, sops })
    }

    /// The keys it holds; or why they are not known, as a clause.
    pub fn holds(&self, world: &World<'a>) -> Result<&'a [Held], &'a str> {
        match self.identity(world) {
            Some(Identity::Known(held)) if !held.is_empty() => Ok(held),
            Some(Identity::Unknown { why, .. }) => Err(why),
            Some(Identity::Known(_)) | None => Err("nothing in the repository tells its key"),
        }
    }

    /// What is known of its keys.
    pub fn identity(&self, world: &World<'a>) -> Option<&'a Identity> {
        world.identities.of(self.host, self.user)
    }

    /// The files it needs, each with the declaration that needs it most surely.
    pub fn needs(&self, world: &World<'a>) -> BTreeMap<&'a str, (&'a Document, Declared<'a>)> {
        let mut files = BTreeMap::new();
        for (name, secret) in &self.sops.secrets {
            let declared =
                Declared { host: self.host, user: self.user, container: None, sops: self.sops, name, secret };
            let Named::Read(document) = declared.file(world) else { continue };
            let (_, surest) = files.entry(&*document.path).or_insert((document, declared));
            if secret.certainty < surest.secret.certainty {
                *surest = declared;
            }
        }
        files
    }
}
