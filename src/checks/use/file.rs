//! The file of a secret or template that a use is of.

use crate::checks::Rule;
use crate::command;
use crate::finding::{Finding, Label};
use crate::manifest::{Host, Use, Used};
use crate::source::Place;

/// What the path of a use leads to.
#[derive(Clone, Copy)]
pub struct File<'a> {
    pub host: &'a Host,
    pub used: &'a Use,
    /// The set it is declared in: `sops.secrets`, `sops.templates` or `age.secrets`.
    pub set: &'static str,
    /// Its attribute name.
    pub name: &'a str,
}

impl<'a> File<'a> {
    /// The file whose path is used.
    pub fn of(host: &'a Host, used: &'a Use) -> Option<Self> {
        let (set, name) = match &used.what {
            Used::SecretPath { name } => ("sops.secrets", name),
            Used::TemplatePath { name } => ("sops.templates", name),
            Used::AgeSecretPath { name } => ("age.secrets", name),
            _ => return None,
        };
        Some(File { host, used, set, name })
    }

    /// Secret `x`, template `x`, within a sentence.
    pub fn called(&self) -> String {
        let kind = if self.set == "sops.templates" { "template" } else { "secret" };
        format!("{kind} `{}`", self.name)
    }

    /// The option that declares it, as Nix code.
    pub fn option(&self) -> String {
        command::attribute(self.set, self.name)
    }

    /// Where it is declared.
    pub fn declared(&self) -> Option<Label> {
        let user = self.used.user.as_deref();
        let (sops, agenix) = match user {
            Some(user) => self.host.home_users.get(user).map(|home| (home.sops.as_ref(), home.agenix.as_ref()))?,
            None => (self.host.sops.as_ref(), self.host.agenix.as_ref()),
        };
        let place: Option<&Place> = match self.set {
            "sops.secrets" => sops?.secrets.get(self.name)?.place(),
            "sops.templates" => sops?.templates.get(self.name)?.at.as_ref().map(|spot| &spot.0),
            _ => agenix?.secrets.get(self.name)?.at.as_ref().map(|spot| &spot.0),
        };
        Some(Label::new(place?.clone(), format!("{} is declared here", self.called())))
    }

    /// A finding where it is used.
    pub fn finding(&self, rule: &Rule, label: String, message: String) -> Finding {
        Finding {
            secret: Some(self.name.to_owned()),
            others: self.declared().into_iter().collect(),
            ..finding(rule, self.host, self.used, label, message)
        }
    }
}

/// A finding at a use.
pub fn finding(rule: &Rule, host: &Host, used: &Use, label: String, message: String) -> Finding {
    Finding {
        hosts: vec![host.name.clone()],
        user: used.user.clone(),
        certainty: used.certainty.clone(),
        ..rule.finding(Label::new(used.at.0.clone(), label), message)
    }
}
