//! Names of secrets, placeholders and templates that the configuration uses and does not declare.

use crate::checks::declared::owner;
use crate::checks::{Rule, Verdict, World};
use crate::command;
use crate::finding::{Finding, Label};
use crate::manifest::{Agenix, AssumedAbsent, Certainty, Complete, Host, Namespace, Sops, Use, Used};
use crate::nearest::nearest;
use crate::source::Place;

/// Finds those that are looked up in one set.
pub fn check(rule: &Rule, of: Namespace, world: &World<'_>, verdict: &mut Verdict) {
    for host in &world.manifest.hosts {
        for used in &host.uses {
            let Used::NotDeclared { of: looked_up, name } = &used.what else { continue };
            if *looked_up != of {
                continue;
            }
            let complete = if of == Namespace::Templates { &host.complete.templates } else { &host.complete.secrets };
            let undecided = match (complete, assumed_absent(host, used, of, name)) {
                (Complete::No(why), _) => why,
                // What both rest on may be one thing, and where it does not hold neither may fail.
                (Complete::Yes, Some(why)) if used.certainty != Certainty::Certain => why,
                (Complete::Yes, assumed) => {
                    let missing = Missing { world, host, used, of, name };
                    verdict.findings.push(missing.finding(rule, assumed));
                    continue;
                }
            };
            let clause = format!("whether {}, used on `{}`, is declared: {undecided}", called(of, name), host.name);
            verdict.undecided_of(host, clause);
        }
    }
}

/// A name that is used and not declared.
struct Missing<'w, 'a> {
    world: &'w World<'a>,
    host: &'a Host,
    used: &'a Use,
    of: Namespace,
    name: &'a str,
}

impl Missing<'_, '_> {
    fn finding(&self, rule: &Rule, assumed: Option<&String>) -> Finding {
        let Missing { host, used, of, name, .. } = *self;
        let own = names(host, used.user.as_deref(), of);
        let near = nearest(name, own.iter().map(|(name, _)| *name));
        let near_at = own.iter().find(|(name, _)| Some(*name) == near).and_then(|(_, place)| place.cloned());
        let near_at =
            near_at.map(|place| Label::new(place, format!("`{}` is declared here", near.unwrap_or_default())));
        let certainty = assumed.map_or(Certainty::Certain, |why| Certainty::Assumed(why.clone()));
        let certainty = used.certainty.clone().weaker(certainty);
        let consequence = match certainty {
            Certainty::Certain => "The configuration does not build",
            _ => "Where this counts, the configuration does not build",
        };
        Finding {
            hosts: vec![host.name.clone()],
            user: used.user.clone(),
            secret: (of != Namespace::Templates).then(|| name.to_owned()),
            help: Some(self.help(near)),
            suggestion: near.map(str::to_owned),
            others: near_at.into_iter().chain(self.elsewhere()).collect(),
            certainty,
            template: (of == Namespace::Templates).then(|| name.to_owned()),
            ..rule.finding(
                Label::new(used.at.0.clone(), format!("used for `{}`", used.option)),
                format!(
                    "{} is used here, and nothing declares it{}. {consequence}: Nix says that the attribute is missing.",
                    capitalised(&called(of, name)),
                    near.map(|near| format!("; `{near}` is declared")).unwrap_or_default(),
                ),
            )
        }
    }

    fn help(&self, near: Option<&str>) -> String {
        let Missing { host, used, of, name, .. } = *self;
        // A home-manager module that reads the system's secret by its own `config`.
        let of_system = used.user.is_some() && names(host, None, of).iter().any(|(other, _)| *other == name);
        let [system, option] = declared_in(of);
        let attribute = command::attribute(&format!("{system}.{option}"), name);
        let content = match of {
            Namespace::Templates => format!("{attribute}.content = \"…\";"),
            Namespace::AgeSecrets => format!("{attribute}.file = ./. + {};", command::text(&format!("/{name}.age"))),
            Namespace::Secrets | Namespace::Placeholder => format!("{attribute} = {{ }};"),
        };
        match (near, of_system, of) {
            (_, true, Namespace::Placeholder) => {
                format!(
                    "it is a secret of the system, and only templates of the system can hold it: declare `{content}` here too"
                )
            }
            (_, true, _) => format!("it is one of the system: write `osConfig.{attribute}.path`"),
            (Some(near), false, _) => format!("write `{near}`, or declare `{content}`"),
            (None, false, _) => format!("declare `{content}` in a module of this configuration"),
        }
    }

    /// Where another configuration declares the name.
    fn elsewhere(&self) -> Option<Label> {
        let users = |host: &Host| host.home_users.keys().cloned().map(Some).collect::<Vec<_>>();
        self.world.manifest.hosts.iter().find_map(|host| {
            [None].into_iter().chain(users(host)).find_map(|user| {
                let names = names(host, user.as_deref(), self.of);
                let (_, place) = names.into_iter().find(|(name, _)| *name == self.name)?;
                let owner = owner(host, user.as_deref());
                Some(Label::new(place?.clone(), format!("declared here, for {owner} and not for this configuration")))
            })
        })
    }
}

/// The names that one configuration declares, each with its place.
fn names<'h>(host: &'h Host, user: Option<&str>, of: Namespace) -> Vec<(&'h str, Option<&'h Place>)> {
    let Some((sops, agenix)) = configuration(host, user) else { return Vec::new() };
    match of {
        Namespace::Secrets | Namespace::Placeholder => {
            let secrets = sops.into_iter().flat_map(|sops| &sops.secrets);
            secrets.map(|(name, secret)| (name.as_str(), secret.place())).collect()
        }
        Namespace::Templates => {
            let templates = sops.into_iter().flat_map(|sops| &sops.templates);
            templates.map(|(name, template)| (name.as_str(), template.at.as_ref().map(|spot| &spot.0))).collect()
        }
        Namespace::AgeSecrets => {
            let secrets = agenix.into_iter().flat_map(|agenix| &agenix.secrets);
            secrets.map(|(name, secret)| (name.as_str(), secret.place())).collect()
        }
    }
}

fn configuration<'h>(host: &'h Host, user: Option<&str>) -> Option<(Option<&'h Sops>, Option<&'h Agenix>)> {
    match user {
        Some(user) => host.home_users.get(user).map(|home| (home.sops.as_ref(), home.agenix.as_ref())),
        None => Some((host.sops.as_ref(), host.agenix.as_ref())),
    }
}

/// The option that declares what is looked up: a placeholder is a secret's.
fn declared_in(of: Namespace) -> [&'static str; 2] {
    if of == Namespace::Placeholder { Namespace::Secrets.option() } else { of.option() }
}

fn called(of: Namespace, name: &str) -> String {
    match of {
        Namespace::Secrets => format!("secret `{name}`"),
        Namespace::Placeholder => format!("the placeholder of secret `{name}`"),
        Namespace::Templates => format!("template `{name}`"),
        Namespace::AgeSecrets => format!("agenix secret `{name}`"),
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

/// What is assumed where a definition of the name is there and does not count.
fn assumed_absent<'h>(host: &'h Host, used: &Use, of: Namespace, name: &str) -> Option<&'h String> {
    let (sops, agenix) = configuration(host, used.user.as_deref())?;
    let absent: &[AssumedAbsent] = match of {
        Namespace::Secrets | Namespace::Placeholder => sops.map(|sops| &sops.assumed_absent)?,
        Namespace::AgeSecrets => agenix.map(|agenix| &agenix.assumed_absent)?,
        Namespace::Templates => &[],
    };
    let may_hold = |absent: &&AssumedAbsent| absent.secrets.is_empty() || absent.secrets.iter().any(|it| it == name);
    absent.iter().find(may_hold).map(|absent| &absent.why)
}
