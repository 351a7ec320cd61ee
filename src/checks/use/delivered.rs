//! The files that a host has of its secrets and templates, and where they can be seen.

use crate::command;
use crate::manifest::{Certainty, Host, Used};
use crate::source::Place;

/// The file of one secret or template of the system.
pub struct Delivered<'a> {
    /// The set it is declared in: `sops.secrets`, `sops.templates` or `age.secrets`.
    pub set: &'static str,
    pub name: &'a str,
    pub is_template: bool,
    /// Where it is declared.
    pub place: Option<&'a Place>,
    pub certainty: &'a Certainty,
    /// `path`, where it is known.
    pub path: Option<&'a str>,
    /// Of a template, the secrets in it.
    placeholders: &'a [String],
}

/// Those of a host; home-manager users have their own.
pub fn delivered(host: &Host) -> Vec<Delivered<'_>> {
    let (sops, agenix) = (host.sops.iter(), host.agenix.iter());
    let secrets = sops.clone().flat_map(|sops| &sops.secrets).map(|(name, secret)| Delivered {
        set: "sops.secrets",
        name,
        is_template: false,
        place: secret.place(),
        certainty: &secret.certainty,
        path: secret.path.known().map(String::as_str),
        placeholders: &[],
    });
    let templates = sops.flat_map(|sops| &sops.templates).map(|(name, template)| Delivered {
        set: "sops.templates",
        name,
        is_template: true,
        place: template.at.as_ref().map(|spot| &spot.0),
        certainty: &template.certainty,
        path: template.path.known().map(String::as_str),
        placeholders: template.placeholders.known().map(Vec::as_slice).unwrap_or_default(),
    });
    let age = agenix.flat_map(|agenix| &agenix.secrets).map(|(name, secret)| Delivered {
        set: "age.secrets",
        name,
        is_template: false,
        place: secret.at.as_ref().map(|spot| &spot.0),
        certainty: &secret.certainty,
        path: secret.path.known().map(String::as_str),
        placeholders: &[],
    });
    secrets.chain(templates).chain(age).collect()
}

impl<'a> Delivered<'a> {
    /// Secret `x`, template `x`, within a sentence.
    pub fn called(&self) -> String {
        let kind = if self.is_template { "template" } else { "secret" };
        format!("{kind} `{}`", self.name)
    }

    /// The option that declares it, as Nix code.
    pub fn option(&self) -> String {
        command::attribute(self.set, self.name)
    }

    /// Whether it is of such a name, or a secret of such a name is in it.
    pub fn holds(&self, is_meant: impl Fn(&str) -> bool) -> bool {
        is_meant(self.name) || self.placeholders.iter().any(|name| is_meant(name))
    }

    /// The secret of such a name that is in it, where it is not of such a name itself.
    pub fn rendered(&self, is_meant: impl Fn(&str) -> bool) -> Option<&'a str> {
        let inside = self.placeholders.iter().find(|name| is_meant(name));
        inside.map(String::as_str).filter(|_| !is_meant(self.name))
    }

    /// Whether the path that is used is its own.
    pub fn is_path_of(&self, used: &Used) -> bool {
        match used {
            Used::SecretPath { name } => self.set == "sops.secrets" && name == self.name,
            Used::TemplatePath { name } => self.set == "sops.templates" && name == self.name,
            Used::AgeSecretPath { name } => self.set == "age.secrets" && name == self.name,
            _ => false,
        }
    }

    /// Whether it is the file at this path itself.
    pub fn is_at(&self, path: &str) -> bool {
        self.path == Some(path)
    }

    /// Whether it is, or lies below, a path of the host. A file elsewhere is a link into the folder of all.
    pub fn lies_in(&self, folder: &str) -> bool {
        let folder = folder.trim_end_matches('/');
        let is_in = |path: &str| path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        // sops-nix and agenix link each generation of all files at one place.
        let (link, all) = match self.set {
            "age.secrets" => ("/run/agenix", "/run/agenix.d"),
            _ if self.path.is_some_and(|path| path.starts_with("/run/secrets-for-users/")) => {
                ("/run/secrets-for-users", "/run/secrets-for-users.d")
            }
            _ => ("/run/secrets", "/run/secrets.d"),
        };
        self.path.is_some_and(is_in) || folder == link || folder == all || is_in_generation(folder, all, self.name)
    }
}

/// Whether a folder is a generation, `/run/secrets.d/1`, or the file of this name in one.
fn is_in_generation(path: &str, all: &str, name: &str) -> bool {
    let rest = path.strip_prefix(all).and_then(|rest| rest.strip_prefix('/'));
    rest.is_some_and(|rest| match rest.split_once('/') {
        None => true,
        Some((_, below)) => below == name,
    })
}
