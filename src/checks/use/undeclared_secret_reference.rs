//! The configuration uses `config.sops.secrets.X`, and nothing declares X.

use crate::checks::declared::{configurations, declared};
use crate::checks::{Rule, Verdict, World};
use crate::finding::{Finding, Label, Level};
use crate::manifest::{AssumedAbsent, Certainty, Complete, Host, Namespace, Secret, Use, Used};
use crate::nearest::nearest;

pub const RULE: Rule = Rule {
    id: "undeclared-secret-reference",
    level: Level::Error,
    page: include_str!("../../../docs/rules/undeclared-secret-reference.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for host in &world.manifest.hosts {
        for used in &host.uses {
            let Used::NotDeclared { of: Namespace::Secrets, name } = &used.what else { continue };
            let undecided = match (&host.complete.secrets, assumed_absent(host, used, name)) {
                (Complete::No(why), _) => why,
                // What both rest on may be one thing, and where it does not hold neither may fail.
                (Complete::Yes, Some(why)) if used.certainty != Certainty::Certain => why,
                (Complete::Yes, assumed) => {
                    verdict.findings.push(finding(world, host, used, name, assumed));
                    continue;
                }
            };
            let clause = format!("whether `{name}`, used on `{}`, is declared: {undecided}", host.name);
            verdict.undecided_of(host, clause);
        }
    }
}

fn finding(world: &World<'_>, host: &Host, used: &Use, name: &str, assumed: Option<&String>) -> Finding {
    let own = configurations(world.manifest).filter(|(other, ..)| other.name == host.name && other.kind == host.kind);
    let own: Vec<_> = own.collect();
    let of = |user: Option<&str>| own.iter().find(|(_, other, _)| *other == user).map(|(.., sops)| &sops.secrets);
    let candidates = of(used.user.as_deref());
    let near = candidates.and_then(|secrets| nearest(name, secrets.keys().map(String::as_str)));
    // A home-manager module that reads the system's secret by its own `config`.
    let of_system = used.user.as_ref().and_then(|_| of(None)?.get(name));
    let elsewhere = declared(world.manifest).find(|declared| declared.name == name);
    let certainty = assumed.map_or(Certainty::Certain, |why| Certainty::Assumed(why.clone()));
    let certainty = used.certainty.clone().weaker(certainty);
    let consequence = match certainty {
        Certainty::Certain => "The configuration does not build",
        _ => "Where this counts, the configuration does not build",
    };

    let help = match (near, of_system) {
        (_, Some(_)) => format!("it is a secret of the system: write `osConfig.sops.secrets.\"{name}\".path`"),
        (Some(near), None) => format!("write `{near}`, or declare `sops.secrets.\"{name}\" = {{ }};`"),
        (None, None) => format!("declare `sops.secrets.\"{name}\" = {{ }};` in a module of this configuration"),
    };
    let label = |secret: &Secret, text: String| Some(Label::new(secret.place()?.clone(), text));
    let near_at = near.and_then(|near| label(candidates?.get(near)?, format!("`{near}` is declared here")));
    let elsewhere_at = elsewhere.and_then(|other| {
        label(other.secret, format!("declared here, for {} and not for this configuration", other.owner()))
    });
    Finding {
        hosts: vec![host.name.clone()],
        user: used.user.clone(),
        secret: Some(name.to_owned()),
        help: Some(help),
        suggestion: near.map(str::to_owned),
        others: near_at.into_iter().chain(elsewhere_at).collect(),
        certainty,
        ..RULE.finding(
            Label::new(used.at.0.clone(), format!("used for `{}`", used.option)),
            format!(
                "Secret `{name}` is used here, and nothing declares it{}. {consequence}: Nix says that the attribute is missing.",
                near.map(|near| format!("; `{near}` is declared")).unwrap_or_default(),
            ),
        )
    }
}

/// What is assumed where a definition of the secret is there and does not count.
fn assumed_absent<'h>(host: &'h Host, used: &Use, name: &str) -> Option<&'h String> {
    let sops = match &used.user {
        Some(user) => host.home_users.get(user)?.sops.as_ref()?,
        None => host.sops.as_ref()?,
    };
    let may_hold = |absent: &&AssumedAbsent| absent.secrets.is_empty() || absent.secrets.iter().any(|it| it == name);
    sops.assumed_absent.iter().find(may_hold).map(|absent| &absent.why)
}
