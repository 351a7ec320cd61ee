//! Where the secrets and templates of a configuration end up: the folder that sops-nix writes them to, and the
//! path that leads there.

use crate::finding::{Finding, Label};
use crate::manifest::{Certainty, Fact, Host, Manifest, Secret, Sops, Template};
use crate::source::Place;

use super::Rule;
use super::declared::{configurations, containers};

/// The `sops` options of a host, of a home-manager user inside one, or of a container.
#[derive(Clone, Copy)]
pub struct Configuration<'a> {
    pub host: &'a Host,
    pub user: Option<&'a str>,
    pub container: Option<&'a str>,
    pub sops: &'a Sops,
}

/// Every configuration.
pub fn all(manifest: &Manifest) -> impl Iterator<Item = Configuration<'_>> {
    let own = configurations(manifest).map(|(host, user, sops)| Configuration { host, user, container: None, sops });
    own.chain(containers(manifest).map(|(host, container, sops)| Configuration {
        host,
        user: None,
        container: Some(container),
        sops,
    }))
}

impl<'a> Configuration<'a> {
    /// All that it places, in the order of their places.
    pub fn placed(self) -> Vec<Placed<'a>> {
        let secrets = self.sops.secrets.iter().map(|(name, secret)| (name, What::Secret(secret)));
        let templates = self.sops.templates.iter().map(|(name, template)| (name, What::Template(template)));
        let both = secrets.chain(templates);
        let mut placed: Vec<_> = both.map(|(name, what)| Placed { configuration: self, name, what }).collect();
        placed.sort_by_cached_key(Placed::place);
        placed
    }
}

/// One secret or template.
#[derive(Clone, Copy)]
pub struct Placed<'a> {
    pub configuration: Configuration<'a>,
    /// Its attribute name.
    pub name: &'a str,
    what: What<'a>,
}

#[derive(Clone, Copy)]
enum What<'a> {
    Secret(&'a Secret),
    Template(&'a Template),
}

impl<'a> Placed<'a> {
    /// Whether it is no secret.
    pub fn is_template(&self) -> bool {
        matches!(self.what, What::Template(_))
    }

    /// A secret's key in its file.
    pub fn key(&self) -> Option<&'a str> {
        match self.what {
            What::Secret(secret) => secret.key.known().map(String::as_str),
            What::Template(_) => None,
        }
    }

    /// Its option `path`.
    pub fn path(&self) -> &'a Fact<String> {
        match self.what {
            What::Secret(secret) => &secret.path,
            What::Template(template) => &template.path,
        }
    }

    /// The file that sops-nix writes, below the folder of secrets; `early:` before one of its folder for what is
    /// needed for users.
    pub fn file(&self) -> Option<String> {
        match self.what {
            What::Secret(secret) => {
                let early = match secret.needed_for_users.known() {
                    Some(true) => "early:",
                    Some(false) => "",
                    None if secret.says("neededForUsers") => return None,
                    // home-manager has no such option.
                    None => "",
                };
                Some(format!("{early}{}", secret.name.known()?))
            }
            What::Template(template) => Some(format!("rendered/{}", template.name.known()?)),
        }
    }

    /// Whether it is there, or why not for sure.
    pub fn certainty(&self) -> &'a Certainty {
        match self.what {
            What::Secret(secret) => &secret.certainty,
            What::Template(template) => &template.certainty,
        }
    }

    /// Whether a person wrote this field.
    pub fn says(&self, field: &str) -> bool {
        match self.what {
            What::Secret(secret) => secret.says(field),
            What::Template(template) => {
                template.definitions.iter().any(|definition| definition.fields.contains_key(field))
            }
        }
    }

    /// Where its name is written.
    pub fn place(&self) -> Place {
        self.field_place("")
    }

    /// Where a field is written, else where its name is.
    pub fn field_place(&self, field: &str) -> Place {
        match self.what {
            What::Secret(secret) => {
                let module = || secret.definitions.first().map_or("flake.nix", |definition| &definition.file);
                secret.field_place(field).cloned().unwrap_or_else(|| Place::whole_file(module().into()))
            }
            What::Template(template) => template.place(field),
        }
    }

    /// Secret `x` or template `x`, within a sentence.
    pub fn called(&self) -> String {
        match self.what {
            What::Secret(_) => format!("secret `{}`", self.name),
            What::Template(_) => format!("template `{}`", self.name),
        }
    }

    /// A finding about it, at a place of it.
    pub fn finding(&self, rule: &Rule, primary: Label, message: String) -> Finding {
        let Configuration { host, user, container, .. } = self.configuration;
        let message = match container {
            Some(container) => format!("In container `{container}`: {message}"),
            None => message,
        };
        Finding {
            certainty: self.certainty().clone(),
            hosts: vec![host.name.clone()],
            user: user.map(str::to_owned),
            container: container.map(str::to_owned),
            secret: (!self.is_template()).then(|| self.name.to_owned()),
            template: self.is_template().then(|| self.name.to_owned()),
            ..rule.finding(primary, message)
        }
    }
}

/// Two of one configuration, the later one first.
pub struct Pair<'p, 'a> {
    pub later: &'p Placed<'a>,
    pub first: &'p Placed<'a>,
}

impl Pair<'_, '_> {
    /// Whether both may be there at once. Each under a condition of its own, one may stand for the other.
    pub fn may_meet(&self) -> bool {
        !matches!(
            (self.later.certainty(), self.first.certainty()),
            (Certainty::Conditional(_), Certainty::Conditional(_))
        )
    }

    /// How sure it is that both are there.
    pub fn certainty(&self) -> Certainty {
        self.later.certainty().clone().weaker(self.first.certainty().clone())
    }
}
