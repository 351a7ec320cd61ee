//! The files that sops-nix installs on a host, secrets and templates alike: whose they are, and whom their change concerns.

use crate::checks::Rule;
use crate::finding::{Finding, Label};
use crate::manifest::{Certainty, Definition, Fact, Host, Secret, Template, Used};
use crate::source::Place;

/// One secret or template of a host.
#[derive(Clone, Copy)]
pub struct Installed<'a> {
    pub host: &'a Host,
    /// `Secret` or `Template`.
    pub kind: &'static str,
    /// Its attribute name.
    pub name: &'a str,
    pub owner: &'a Fact<Option<String>>,
    pub group: &'a Fact<Option<String>>,
    pub uid: &'a Fact<Option<u64>>,
    pub gid: &'a Fact<Option<u64>>,
    pub mode: &'a Fact<String>,
    pub restart_units: &'a Fact<Vec<String>>,
    pub reload_units: &'a Fact<Vec<String>>,
    /// Whether it is installed before there are users: then it is root's, whatever is said.
    pub is_early: Option<bool>,
    certainty: &'a Certainty,
    at: Option<&'a Place>,
    definitions: &'a [Definition],
}

/// All of a host. Home-manager users own all of theirs.
pub fn installed(host: &Host) -> impl Iterator<Item = Installed<'_>> {
    let secrets = host.sops.iter().flat_map(|sops| &sops.secrets);
    let templates = host.sops.iter().flat_map(|sops| &sops.templates);
    let secrets = secrets.map(move |(name, secret)| of_secret(host, name, secret));
    secrets.chain(templates.map(move |(name, template)| of_template(host, name, template)))
}

fn of_secret<'a>(host: &'a Host, name: &'a str, secret: &'a Secret) -> Installed<'a> {
    Installed {
        host,
        kind: "Secret",
        name,
        owner: &secret.owner,
        group: &secret.group,
        uid: &secret.uid,
        gid: &secret.gid,
        mode: &secret.mode,
        restart_units: &secret.restart_units,
        reload_units: &secret.reload_units,
        is_early: secret.needed_for_users.known().copied(),
        certainty: &secret.certainty,
        at: secret.place(),
        definitions: &secret.definitions,
    }
}

fn of_template<'a>(host: &'a Host, name: &'a str, template: &'a Template) -> Installed<'a> {
    Installed {
        host,
        kind: "Template",
        name,
        owner: &template.owner,
        group: &template.group,
        uid: &template.uid,
        gid: &template.gid,
        mode: &template.mode,
        restart_units: &template.restart_units,
        reload_units: &template.reload_units,
        is_early: Some(false),
        certainty: &template.certainty,
        at: template.at.as_ref().map(|spot| &spot.0),
        definitions: &template.definitions,
    }
}

impl<'a> Installed<'a> {
    /// The one whose path is used.
    pub fn of(host: &'a Host, used: &Used) -> Option<Self> {
        let sops = host.sops.as_ref()?;
        match used {
            Used::SecretPath { name } => {
                sops.secrets.get_key_value(name).map(|(name, secret)| of_secret(host, name, secret))
            }
            Used::TemplatePath { name } => {
                sops.templates.get_key_value(name).map(|(name, template)| of_template(host, name, template))
            }
            _ => None,
        }
    }

    /// The user that it belongs to: root where nothing is said; not known where a number says it.
    pub fn owner_name(&self) -> Option<&'a str> {
        self.account(self.owner, self.uid, "uid")
    }

    /// Its group, likewise.
    pub fn group_name(&self) -> Option<&'a str> {
        self.account(self.group, self.gid, "gid")
    }

    fn account(&self, name: &'a Fact<Option<String>>, number: &Fact<Option<u64>>, field: &str) -> Option<&'a str> {
        match (name.known()?, number) {
            (Some(name), _) => Some(name),
            (None, Fact::Known(Some(0))) => Some("root"),
            (None, Fact::Known(_)) => None,
            // A sops-nix that does not have the option yet.
            (None, Fact::Unknown) => (!self.says(field)).then_some("root"),
        }
    }

    /// How sure it is that the host has it.
    pub fn certainty(&self) -> &'a Certainty {
        self.certainty
    }

    /// Whether a definition says this field.
    pub fn says(&self, field: &str) -> bool {
        self.definitions.iter().any(|definition| definition.fields.contains_key(field))
    }

    /// Where its name is written; else the module that declares it.
    pub fn place(&self) -> Place {
        let written = self.definitions.iter().find_map(|definition| definition.pos.as_ref()).map(|spot| &spot.0);
        let module = || self.definitions.first().map_or("flake.nix", |definition| &definition.file);
        self.at.or(written).cloned().unwrap_or_else(|| Place::whole_file(module().into()))
    }

    /// Where a field is written, else where its name is.
    pub fn field_place(&self, field: &str) -> Place {
        let written = self.definitions.iter().find_map(|definition| definition.fields.get(field)?.as_ref());
        written.map_or_else(|| self.place(), |spot| spot.0.clone())
    }

    /// Secret `x` or template `x`, within a sentence.
    pub fn called(&self) -> String {
        format!("{} `{}`", self.kind.to_lowercase(), self.name)
    }

    /// A finding about it, at a place of it or of what uses it.
    pub fn finding(&self, rule: &Rule, primary: Label, message: String) -> Finding {
        Finding {
            certainty: self.certainty.clone(),
            hosts: vec![self.host.name.clone()],
            secret: (self.kind == "Secret").then(|| self.name.to_owned()),
            template: (self.kind == "Template").then(|| self.name.to_owned()),
            ..rule.finding(primary, message)
        }
    }
}
