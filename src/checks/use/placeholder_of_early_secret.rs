//! A template holds the placeholder of a secret that is decrypted before users exist.

use std::collections::BTreeMap;

use crate::checks::declared::configurations;
use crate::checks::{Rule, Verdict, World};
use crate::command;
use crate::finding::{Finding, Label, Level};
use crate::manifest::{Host, HostKind, Sops, Template, Used};
use crate::source::Place;

pub const RULE: Rule = Rule {
    id: "placeholder-of-early-secret",
    level: Level::Error,
    page: include_str!("../../../docs/rules/placeholder-of-early-secret.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    // In nix-darwin and home-manager no secret is early.
    let of_systems = configurations(world.manifest).filter(|(host, user, _)| is_system(host) && user.is_none());
    for (host, _, sops) in of_systems {
        for (name, template) in &sops.templates {
            for (secret, place) in held(host, name, template) {
                verdict.findings.extend(finding(host, sops, (name, template), secret, place));
            }
        }
    }
}

fn is_system(host: &Host) -> bool {
    host.kind == HostKind::Nixos
}

/// The secrets whose placeholder is in a template, each with where it is written, if that is known.
fn held<'a>(host: &'a Host, name: &str, template: &'a Template) -> BTreeMap<&'a str, Option<&'a Place>> {
    let known = template.placeholders.known().into_iter().flatten();
    let mut held: BTreeMap<&str, Option<&Place>> = known.map(|secret| (secret.as_str(), None)).collect();
    let option = format!("sops.templates.{name}.");
    for used in host.uses.iter().filter(|used| used.user.is_none() && used.option.starts_with(&option)) {
        if let Used::Placeholder { name } = &used.what {
            held.entry(name).or_default().get_or_insert(&used.at.0);
        }
    }
    held
}

fn finding(
    host: &Host,
    sops: &Sops,
    (name, template): (&str, &Template),
    secret_name: &str,
    place: Option<&Place>,
) -> Option<Finding> {
    let secret = sops.secrets.get(secret_name)?;
    if secret.needed_for_users.known() != Some(&true) {
        return None;
    }
    let place = place.cloned().unwrap_or_else(|| template.place("content"));
    let once_more = format!("{secret_name}-template");
    let early = secret.field_place("neededForUsers").filter(|early| **early != place);
    let early = early.map(|early| Label::new(early.clone(), format!("`{secret_name}` is made before users are")));
    Some(Finding {
        certainty: template.certainty.clone().weaker(secret.certainty.clone()),
        hosts: vec![host.name.clone()],
        secret: Some(secret_name.to_owned()),
        help: Some(format!(
            "declare the same value once more for the template, `{} = {{ key = {}; }};` (and the same `sopsFile`), and write \
             `config.{}` here",
            command::attribute("sops.secrets", &once_more),
            command::text(secret.key.known().map_or(secret_name, String::as_str)),
            command::attribute("sops.placeholder", &once_more),
        )),
        others: early.into_iter().collect(),
        template: Some(name.to_owned()),
        ..RULE.finding(
            Label::new(place, format!("the placeholder of `{secret_name}`")),
            format!(
                "Template `{name}` holds the placeholder of secret `{secret_name}`, which has `neededForUsers`. Templates \
                 are rendered with the other secrets, after users are made, and know none of those. Nothing fails: the \
                 file holds the placeholder, `<SOPS:…:PLACEHOLDER>`, in place of the value."
            ),
        )
    })
}
