//! The agenix secrets that every host and home-manager user declares, and where their files are.

use crate::checks::declared::owner;
use crate::checks::{Rule, World};
use crate::finding::{Finding, Label};
use crate::manifest::{Agenix, AgenixSecret, Host, Manifest};
use crate::source::Place;
use crate::vault::AgeFile;

/// One declared secret.
#[derive(Clone, Copy)]
pub struct Declared<'a> {
    pub host: &'a Host,
    /// The home-manager user inside the host.
    pub user: Option<&'a str>,
    /// Its attribute name.
    pub name: &'a str,
    pub secret: &'a AgenixSecret,
}

/// The `age` options of every host and of every home-manager user inside one.
pub fn configurations(manifest: &Manifest) -> impl Iterator<Item = (&Host, Option<&str>, &Agenix)> {
    manifest.hosts.iter().flat_map(|host| {
        let own = host.agenix.iter().map(move |agenix| (host, None, agenix));
        let users = host.home_users.iter();
        own.chain(users.filter_map(move |(user, home)| Some((host, Some(user.as_str()), home.agenix.as_ref()?))))
    })
}

/// Every declared secret.
pub fn declared(manifest: &Manifest) -> impl Iterator<Item = Declared<'_>> {
    configurations(manifest).flat_map(|(host, user, agenix)| {
        agenix.secrets.iter().map(move |(name, secret)| Declared { host, user, name, secret })
    })
}

impl<'a> Declared<'a> {
    /// The path of its file, if that is known.
    pub fn path(&self) -> Option<&'a str> {
        self.secret.file.known().map(|file| &*file.path)
    }

    /// Its file, where it is one that the host sees and that was looked at.
    pub fn file(&self, world: &World<'a>) -> Option<(&'a str, &'a AgeFile)> {
        let path = self.path().filter(|path| world.tree.is_visible(path))?;
        Some((path, world.vault.age.get(path)?))
    }

    /// Whether agenix-rekey makes its file.
    pub fn is_rekeyed(&self) -> bool {
        matches!(self.secret.rekey_file.known(), Some(Some(_)))
    }

    /// Where a person wrote its name; else the module that declares it.
    pub fn place(&self) -> Place {
        let module = || self.secret.definitions.first().map_or("flake.nix", |definition| &definition.file);
        self.secret.place().cloned().unwrap_or_else(|| Place::whole_file(module().into()))
    }

    /// Who declares it, for a sentence.
    pub fn owner(&self) -> String {
        owner(self.host, self.user)
    }

    /// A label where a field is written, unless that is where the name is.
    pub fn field_label(&self, field: &str, text: impl Into<String>) -> Option<Label> {
        let place = self.secret.field_place(field)?;
        (*place != self.place()).then(|| Label::new(place.clone(), text))
    }

    /// A finding about this secret on this host, at its declaration.
    pub fn finding(&self, rule: &Rule, label: impl Into<String>, message: String) -> Finding {
        Finding {
            certainty: self.secret.certainty.clone(),
            hosts: vec![self.host.name.clone()],
            user: self.user.map(str::to_owned),
            secret: Some(self.name.to_owned()),
            ..rule.finding(Label::new(self.place(), label), message)
        }
    }
}

/// Where a file is that something names.
pub enum Lies {
    /// It is there.
    Here,
    /// It is not.
    Missing,
    /// It is there, but git does not know it and a flake does not see it.
    Untracked,
    /// Whether it is there is not known: why, as a clause.
    Elsewhere(String),
}

/// Where a file is that something names.
pub fn lies(world: &World<'_>, path: &str) -> Lies {
    let tree = world.tree;
    if tree.is_elsewhere(path) {
        return Lies::Elsewhere(format!("`{path}` lies in another flake input"));
    }
    if tree.files.contains_key(path) {
        return if tree.is_visible(path) { Lies::Here } else { Lies::Untracked };
    }
    if path.starts_with('/') {
        return Lies::Elsewhere(format!("`{path}` lies outside the repository"));
    }
    if tree.is_in_submodule(path) {
        return Lies::Elsewhere(format!("`{path}` lies in a git submodule"));
    }
    match tree.why_not_looked(path) {
        Some(why) => Lies::Elsewhere(format!("`{path}` {why}")),
        None => Lies::Missing,
    }
}
