//! Templates where there is no secret: nothing renders them.

use crate::checks::placed::{self, Configuration};
use crate::checks::{Rule, Verdict, World};
use crate::finding::{Finding, Label, Level};
use crate::manifest::{Complete, HostKind};

pub const RULE: Rule = Rule {
    id: "template-without-secrets",
    level: Level::Warning,
    page: include_str!("../../../docs/rules/template-without-secrets.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for configuration in placed::all(world.manifest) {
        let Configuration { host, sops, container, .. } = configuration;
        if sops.templates.is_empty() || has_regular_secret(&configuration) {
            continue;
        }
        let why = match &host.complete.secrets {
            Complete::No(why) => Some(why),
            Complete::Yes => sops.assumed_absent.first().map(|absent| &absent.why),
        };
        match why {
            Some(why) => {
                let owner = match container {
                    Some(container) => format!("container `{container}` on `{}`", host.name),
                    None => format!("`{}`", host.name),
                };
                let clause = format!("whether a secret of {owner} lets its templates be rendered: {why}");
                verdict.undecided_of(host, clause);
            }
            None => verdict.findings.extend(finding(configuration)),
        }
    }
}

/// Whether there is a secret that is not of the users' own, or may be.
fn has_regular_secret(configuration: &Configuration<'_>) -> bool {
    let is_system = configuration.user.is_none() && configuration.host.kind == HostKind::Nixos;
    let mut secrets = configuration.sops.secrets.values();
    secrets.any(|secret| !is_system || secret.needed_for_users.known() != Some(&true))
}

fn finding(configuration: Configuration<'_>) -> Option<Finding> {
    let placed = configuration.placed();
    let template = placed.iter().find(|placed| placed.is_template())?;
    let (first, secret) = match placed.iter().find(|placed| !placed.is_template()) {
        Some(secret) => ("the only secrets are needed for users", Some(secret)),
        None => ("no secret is declared", None),
    };
    let others = secret.map(|secret| Label::new(secret.place(), "this secret has `neededForUsers`".to_owned()));
    Some(Finding {
        help: Some(
            "declare the secrets that the templates are made of; a file without any can be made with `environment.etc`"
                .to_owned(),
        ),
        others: others.into_iter().collect(),
        secret: None,
        template: None,
        ..template.finding(
            &RULE,
            Label::new(template.place(), "nothing renders it"),
            format!(
                "Template `{}` is declared where {first}. sops-nix renders templates when it installs the other secrets, and here \
                 it installs none. Nothing fails: the file is not there.",
                template.name,
            ),
        )
    })
}
