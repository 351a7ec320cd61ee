//! The sops secrets that every host, home-manager user and container declares, and the file each names.

use crate::finding::{Finding, Label};
use crate::manifest::{Host, Manifest, Secret, Sops};
use crate::sops::{Document, Format};
use crate::source::{Place, RepoPath};
use crate::vault::Sealed;

use super::{Rule, World};

/// One declared secret.
#[derive(Clone, Copy)]
pub struct Declared<'a> {
    pub host: &'a Host,
    /// The home-manager user inside the host.
    pub user: Option<&'a str>,
    /// The container inside the host.
    pub container: Option<&'a str>,
    pub sops: &'a Sops,
    /// Its attribute name.
    pub name: &'a str,
    pub secret: &'a Secret,
}

/// The `sops` options of every host and of every home-manager user inside one.
pub fn configurations(manifest: &Manifest) -> impl Iterator<Item = (&Host, Option<&str>, &Sops)> {
    manifest.hosts.iter().flat_map(|host| {
        let own = host.sops.iter().map(move |sops| (host, None, sops));
        let users = host.home_users.iter();
        own.chain(users.filter_map(move |(user, home)| Some((host, Some(user.as_str()), home.sops.as_ref()?))))
    })
}

/// The `sops` options of every container.
pub fn containers(manifest: &Manifest) -> impl Iterator<Item = (&Host, &str, &Sops)> {
    manifest.hosts.iter().flat_map(|host| {
        let containers = host.containers.iter();
        containers.filter_map(move |(name, container)| Some((host, name.as_str(), container.sops.as_ref()?)))
    })
}

/// Every declared secret.
pub fn declared(manifest: &Manifest) -> impl Iterator<Item = Declared<'_>> {
    let own = configurations(manifest).map(|(host, user, sops)| (host, user, None, sops));
    let all = own.chain(containers(manifest).map(|(host, container, sops)| (host, None, Some(container), sops)));
    all.flat_map(|(host, user, container, sops)| {
        sops.secrets.iter().map(move |(name, secret)| Declared { host, user, container, sops, name, secret })
    })
}

/// What the file that a secret names turns out to be. One answer, so that the rules about files
/// and keys exclude one another.
pub enum Named<'a> {
    /// It is not known which file is named.
    Unknown,
    /// It lies in another flake input, which is not here.
    InInput(&'a RepoPath),
    /// It lies outside the repository.
    Outside(&'a RepoPath),
    /// It lies in a git submodule, which is not looked at.
    InSubmodule(&'a RepoPath),
    /// The repository has no such file.
    Missing(&'a RepoPath),
    /// It is there, but git does not know it and a flake does not see it.
    Untracked(&'a RepoPath),
    /// Likewise, and git is told to ignore it.
    Ignored(&'a RepoPath),
    /// It holds no sops metadata.
    NotEncrypted(&'a RepoPath),
    /// It could not be read; why, as a clause.
    Unread(&'a RepoPath, &'a str),
    /// It was read.
    Read(&'a Document),
}

impl<'a> Declared<'a> {
    /// The file that it names.
    pub fn file(&self, world: &World<'a>) -> Named<'a> {
        let Some(file) = self.secret.sops_file.known() else { return Named::Unknown };
        let path = &file.path;
        if world.tree.is_elsewhere(path) {
            return Named::InInput(path);
        }
        // A file of the Nix store may be here.
        if path.starts_with('/') && !world.tree.files.contains_key(path) {
            return Named::Outside(path);
        }
        if world.tree.is_in_submodule(path) {
            return Named::InSubmodule(path);
        }
        let not_looked = world.tree.why_not_looked(path);
        if !world.tree.files.contains_key(path) {
            return match not_looked {
                Some(why) => Named::Unread(path, why),
                None if !world.tree.is_ignored_file(path) => Named::Missing(path),
                None if world.tree.sees_untracked => Named::Unread(path, "is ignored by git, so it was not looked at"),
                None => Named::Ignored(path),
            };
        }
        if !world.tree.is_visible(path) {
            return Named::Untracked(path);
        }
        if world.tree.excluded.contains(path) {
            return Named::Unread(path, "is excluded in `sealnix.toml`");
        }
        let format = self.secret.format.known().and_then(|word| Format::named(word));
        match world.vault.sealed(path, format) {
            Some(Sealed::Document(document)) => Named::Read(document),
            Some(Sealed::Unread { why, .. }) => Named::Unread(path, why),
            None => not_looked.map_or(Named::NotEncrypted(path), |why| Named::Unread(path, why)),
        }
    }

    /// Where a person wrote its name; else the module that declares it.
    pub fn place(&self) -> Place {
        let module = || self.secret.definitions.first().map_or("flake.nix", |definition| &definition.file);
        self.secret.place().cloned().unwrap_or_else(|| Place::whole_file(module().into()))
    }

    /// A label where a field is written, unless that is where the name is.
    pub fn field_label(&self, field: &str, text: impl Into<String>) -> Option<Label> {
        let place = self.secret.field_place(field)?;
        (*place != self.place()).then(|| Label::new(place.clone(), text))
    }

    /// Who declares it, for a sentence: `web`, or `bo on web`.
    pub fn owner(&self) -> String {
        match self.container {
            Some(container) => format!("container `{container}` on `{}`", self.host.name),
            None => owner(self.host, self.user),
        }
    }

    /// When a mistake that sops-nix's build check looks for shows, as a sentence.
    pub fn fails(&self) -> &'static str {
        match self.sops.validate_sops_files.known() {
            Some(false) => {
                "`validateSopsFiles = false` lets the build pass; activation then fails and installs no secret at all."
            }
            _ => "The configuration does not build.",
        }
    }

    /// A finding about this secret on this host, at its declaration.
    pub fn finding(&self, rule: &Rule, label: impl Into<String>, message: String) -> Finding {
        let message = match self.container {
            Some(container) => format!("In container `{container}`: {message}"),
            None => message,
        };
        Finding {
            certainty: self.secret.certainty.clone(),
            hosts: vec![self.host.name.clone()],
            user: self.user.map(str::to_owned),
            container: self.container.map(str::to_owned),
            secret: Some(self.name.to_owned()),
            ..rule.finding(Label::new(self.place(), label), message)
        }
    }
}

/// `1 file`, `3 files`.
pub fn files(count: usize) -> String {
    if count == 1 { "1 file".to_owned() } else { format!("{count} files") }
}

/// A host, or a home-manager user on it, for a sentence.
pub fn owner(host: &Host, user: Option<&str>) -> String {
    match user {
        Some(user) => format!("`{user}` on `{}`", host.name),
        None => format!("`{}`", host.name),
    }
}
