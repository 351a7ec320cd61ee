//! That a host opens all that it declares, or what of it it does not.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::agenix;
use super::file::{FileProof, Outcome};
use crate::identity::{Held, Identities, Identity as Known};
use crate::keys::private::{Form, Identity};
use crate::keys::recipient::canonical;
use crate::manifest::{Agenix, Certainty, Complete, Host, HostKind, Secret, Sops, Unknown};
use crate::sops::{Document, Format, Found, Leaf};
use crate::source::{RepoPath, Tree};
use crate::vault::{Sealed, Vault};

/// What was proved of a host, or of a home-manager user on it.
#[derive(Debug, Clone)]
pub struct HostProof {
    /// The host's name.
    pub host: String,
    /// The home-manager user inside it.
    pub user: Option<String>,
    /// The files that its secrets are read from, each in the form in which it is read.
    pub files: Vec<FileProof>,
    /// Every secret that it declares, by name.
    pub secrets: Vec<SecretProof>,
    /// Why it may declare more than these.
    pub incomplete: Option<String>,
    /// Why the identities are none of its own: then what they open proves nothing of it.
    pub foreign: Option<String>,
    /// What the proof does not cover or rests on, a sentence each.
    pub notes: Vec<String>,
}

/// A declared secret and whether it is delivered.
#[derive(Debug, Clone)]
pub struct SecretProof {
    /// Its attribute name, of agenix with `age.secrets.` before it.
    pub name: String,
    /// Its file.
    pub file: Option<RepoPath>,
    /// Its key in the file.
    pub key: Option<String>,
    /// Whether it is delivered.
    pub delivered: Delivered,
}

/// Whether a secret is delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivered {
    /// Its file opens and is right, and its key holds text.
    Yes,
    /// It is not; why, as a clause.
    No(String),
    /// It is not known; why, as a clause.
    Unknown(String),
}

/// Who is to open what.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    /// The host.
    pub host: &'a Host,
    /// The home-manager user inside it.
    pub user: Option<&'a str>,
    /// What it declares to sops-nix.
    pub sops: Option<&'a Sops>,
    /// What it declares to agenix.
    pub agenix: Option<&'a Agenix>,
}

/// What is known of the repository.
#[derive(Clone, Copy)]
pub struct Repository<'a> {
    /// Every sops file.
    pub vault: &'a Vault,
    /// What lies in it.
    pub tree: &'a Tree,
    /// Who holds which key.
    pub identities: &'a Identities,
}

impl HostProof {
    /// Whether every secret that it declares is delivered, if that is known.
    pub fn opens_all(&self) -> Option<bool> {
        let any = |is: fn(&Delivered) -> bool| self.secrets.iter().any(|secret| is(&secret.delivered));
        if any(|delivered| matches!(delivered, Delivered::No(_))) {
            return Some(false);
        }
        let is_whole = self.incomplete.is_none() && self.foreign.is_none();
        let is_known = is_whole && !any(|delivered| matches!(delivered, Delivered::Unknown(_)));
        is_known.then_some(true)
    }

    /// Proves that a reader opens all that it declares with these identities.
    pub fn of(reader: Reader<'_>, repository: Repository<'_>, identities: &[Identity]) -> HostProof {
        let usable: Vec<&Identity> = identities.iter().filter(|identity| reader.uses(identity)).collect();
        let secrets = reader.sops.map(|sops| sops.secrets.iter().collect::<Vec<_>>()).unwrap_or_default();
        let named: BTreeMap<(RepoPath, Format), &Document> =
            secrets.iter().filter_map(|(_, secret)| repository.reads(secret).ok()).collect();
        let files: BTreeMap<(RepoPath, Format), FileProof> = named
            .into_par_iter()
            .map(|((path, format), document)| {
                let proof = FileProof::of_format(&document.text, format, &usable).that_must_open();
                ((path, format), proof)
            })
            .collect();
        let proofs = secrets.iter().map(|(name, secret)| SecretProof {
            name: (*name).clone(),
            file: secret.sops_file.known().map(|file| file.path.clone()),
            key: secret.key.known().cloned(),
            delivered: match repository.reads(secret) {
                Ok((read, document)) => match files.get(&read) {
                    Some(proof) => delivered(secret, &read, document, proof),
                    None => Delivered::Unknown("its file was not proved".to_owned()),
                },
                Err(why) => why,
            }
            .only_if(&secret.certainty),
        });
        let mut secrets: Vec<SecretProof> = proofs.collect();
        let notes = reader.notes(repository, identities, &files);
        let foreign = reader.foreign(repository, identities);
        let mut files: Vec<FileProof> = files.into_values().collect();
        if let Some(agenix) = reader.agenix {
            let (more_files, more_secrets) = agenix::delivered(agenix, repository, identities);
            files.extend(more_files);
            secrets.extend(more_secrets);
        }
        let (host, user) = (reader.host.name.clone(), reader.user.map(str::to_owned));
        HostProof { host, user, files, secrets, incomplete: reader.incomplete(), foreign, notes }
    }
}

impl Delivered {
    /// What this says of a secret that is perhaps not declared at all.
    pub(super) fn only_if(self, certainty: &Certainty) -> Delivered {
        match (self, certainty) {
            (Delivered::No(why), Certainty::Conditional(condition)) => {
                Delivered::Unknown(format!("{why}; but it may not be declared at all: {condition}"))
            }
            (delivered, _) => delivered,
        }
    }
}

impl Repository<'_> {
    /// The file that a secret is read from, and in which form; or why it is not delivered.
    fn reads(&self, secret: &Secret) -> Result<((RepoPath, Format), &Document), Delivered> {
        let unknown = |why: &str| Delivered::Unknown(why.to_owned());
        let no = |why: String| Delivered::No(why);
        let path = &secret.sops_file.known().ok_or_else(|| unknown("which file it is read from is not known"))?.path;
        let format = match secret.format.known().map(String::as_str) {
            Some("yaml") => Format::Yaml,
            Some("json") => Format::Json,
            Some("dotenv") => Format::Dotenv,
            Some("ini") => Format::Ini,
            Some("binary") => Format::Binary,
            _ => return Err(unknown("its format is not known")),
        };
        match self.vault.sealed(path, Some(format)) {
            Some(_) if !self.tree.is_visible(path) => Err(no(format!("git does not track {path}"))),
            Some(Sealed::Document(document)) => Ok(((path.clone(), format), document)),
            Some(Sealed::Unread { why, .. }) => Err(no(format!("{path} {why}"))),
            None if self.tree.is_elsewhere(path) => Err(unknown("its file lies in a flake input that is not here")),
            None if self.tree.is_in_submodule(path) => Err(unknown("its file lies in a git submodule")),
            None => match self.tree.why_not_looked(path) {
                Some(why) => Err(Delivered::Unknown(format!("{path} {why}"))),
                None if self.tree.excluded.contains(path) => Err(unknown("its file is excluded in sealnix.toml")),
                None if self.tree.files.contains_key(path) => Err(no(format!("{path} is not sealed at all"))),
                None if path.starts_with('/') => Err(unknown("its file lies outside the repository")),
                None => Err(no(format!("there is no {path}"))),
            },
        }
    }
}

/// Whether sops-nix finds text at a secret's key of a file that was proved.
fn delivered(secret: &Secret, read: &(RepoPath, Format), document: &Document, proof: &FileProof) -> Delivered {
    let (path, format) = read;
    match proof.outcome() {
        Outcome::Right => {}
        Outcome::ForOthers | Outcome::Closed => return Delivered::No(format!("{path} does not open")),
        Outcome::Broken => return Delivered::No(format!("{path} is broken")),
        Outcome::NotSealed => return Delivered::No(format!("{path} is not what its format says")),
        Outcome::NotLooked => return Delivered::Unknown(format!("{path} was not looked at")),
    }
    // Of the other formats the whole file is delivered.
    if !matches!(format, Format::Yaml | Format::Json) {
        return Delivered::Yes;
    }
    let Some(key) = secret.key.known() else { return Delivered::Unknown("its key is not known".to_owned()) };
    if key.is_empty() {
        return Delivered::Yes;
    }
    // sops-nix walks a JSON file's own maps only where it is told that they are YAML.
    if *format == Format::Json && key.contains('/') {
        return Delivered::No(format!("`{key}` leads into a map, which sops-nix does not follow in json"));
    }
    let what = match document.find(key) {
        Found::Leaf { leaf: Leaf::Sealed(seal), .. } => match seal.sealed_type.not_text(document.format) {
            Some(what) => what,
            None => return Delivered::Yes,
        },
        Found::Leaf { leaf: Leaf::ClearText { .. }, .. } => return Delivered::Yes,
        Found::Leaf { leaf: Leaf::ClearOther(_), .. } => "a number, a boolean or a date in clear",
        Found::Leaf { leaf: Leaf::Null, .. } => "null",
        Found::Map(_) => "a map",
        Found::List(_) => "in a list",
        Found::ThroughLeaf(_) | Found::Missing => return Delivered::No(format!("`{key}` is not in {path}")),
        Found::OnlyInLaterDocument(_) => "in a later YAML document",
    };
    Delivered::No(format!("`{key}` in {path} is {what}, and sops-nix delivers text only"))
}

impl Reader<'_> {
    /// Whether sops-nix opens files with an identity in this form: with an ssh key only in its converted form, unless
    /// sops itself is told where the key is, or looks for it in the person's home.
    fn uses(&self, identity: &Identity) -> bool {
        identity.form != Form::Ssh || self.is_person() || self.tells_sops_an_ssh_key()
    }

    /// Those inside the host who open secrets with keys of their own.
    fn left_out(&self) -> Vec<String> {
        if self.user.is_some() {
            return Vec::new();
        }
        let declares = |sops: &Option<Sops>, agenix: &Option<Agenix>| {
            sops.as_ref().is_some_and(|sops| !sops.secrets.is_empty())
                || agenix.as_ref().is_some_and(|agenix| !agenix.secrets.is_empty())
        };
        let users = self.host.home_users.iter().filter(|(_, user)| declares(&user.sops, &user.agenix));
        let users = users
            .map(|(user, _)| format!("home-manager user {user} is not part of this: --host {user}@{}", self.host.name));
        let containers =
            self.host.containers.iter().filter(|(_, container)| declares(&container.sops, &container.agenix));
        users.chain(containers.map(|(name, _)| format!("container {name} is not part of this"))).collect()
    }

    fn is_person(&self) -> bool {
        self.user.is_some() || self.host.kind == HostKind::Home
    }

    fn tells_sops_an_ssh_key(&self) -> bool {
        let names = self.sops.and_then(|sops| sops.environment.known());
        names.into_iter().flatten().any(|name| name == "SOPS_AGE_SSH_PRIVATE_KEY_FILE")
    }

    /// Why none of the identities is its own, where the repository says which these are.
    fn foreign(&self, repository: Repository<'_>, identities: &[Identity]) -> Option<String> {
        let Some(Known::Known(held)) = repository.identities.of(self.host, self.user) else { return None };
        if held.iter().any(|held| is_one_of(held, identities)) {
            return None;
        }
        let held: Vec<&str> = held.iter().map(|held| held.recipient.as_str()).collect();
        Some(format!("the repository says that it holds {}, which is none of these identities", held.join(", ")))
    }

    fn notes(
        &self,
        repository: Repository<'_>,
        identities: &[Identity],
        files: &BTreeMap<(RepoPath, Format), FileProof>,
    ) -> Vec<String> {
        let mut notes = Vec::new();
        let natives: Vec<&Identity> = identities.iter().filter(|identity| !self.uses(identity)).collect();
        let closed = files.iter().filter(|(_, proof)| proof.outcome() != Outcome::Right && !natives.is_empty());
        for ((path, format), _) in closed {
            let document = repository.vault.document(path);
            let as_such = document.map(|document| FileProof::of_format(&document.text, *format, &natives));
            if as_such.is_some_and(|proof| proof.outcome() == Outcome::Right) {
                notes.push(format!(
                    "{path} opens with the ssh key as such, and sops-nix uses it only converted: seal the file for the \
                     age1… recipient that `ssh-to-age` makes of it"
                ));
            }
        }
        notes.extend(self.left_out());
        notes
    }

    /// Why it may declare more secrets than are known. The manifest says it of a host with all that is in it.
    fn incomplete(&self) -> Option<String> {
        let Complete::No(why) = &self.host.complete.secrets else { return None };
        let own = |unknown: &&Unknown| {
            let is_of_set = matches!(unknown.field.as_str(), "declared" | "secrets" | "agenix.secrets");
            unknown.secret.is_none() && is_of_set && unknown.user.as_deref() == self.user
        };
        Some(match (self.user, self.host.unknowns.iter().find(own)) {
            (_, Some(unknown)) => unknown.why.clone(),
            (None, None) => why.clone(),
            (Some(_), None) => format!("of all that is in {}: {why}", self.host.name),
        })
    }
}

fn is_one_of(held: &Held, identities: &[Identity]) -> bool {
    let texts: Vec<String> = identities.iter().map(|identity| canonical("age", &identity.recipient)).collect();
    texts.contains(&held.recipient) || held.ssh.as_ref().is_some_and(|ssh| texts.contains(ssh))
}
