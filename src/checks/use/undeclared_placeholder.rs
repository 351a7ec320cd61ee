//! The configuration uses the placeholder of a secret that nothing declares.

use crate::checks::placed;
use crate::checks::{Rule, Verdict, World};
use crate::finding::{Finding, Label, Level};
use crate::manifest::{Complete, Host, Namespace, Template};

use super::undeclared;

pub const RULE: Rule = Rule {
    id: "undeclared-placeholder",
    level: Level::Error,
    page: include_str!("../../../docs/rules/undeclared-placeholder.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    undeclared::check(&RULE, Namespace::Placeholder, world, verdict);
    for placed::Configuration { host, user, sops, .. } in placed::all(world.manifest) {
        for (name, template) in sops.templates.iter().filter(|(_, template)| template.stray_placeholders > 0) {
            match &host.complete.secrets {
                Complete::Yes => verdict.findings.push(written_out(host, user, name, template)),
                Complete::No(why) => {
                    let clause =
                        format!("whether every placeholder of template `{name}` on `{}` is known: {why}", host.name);
                    verdict.undecided_of(host, clause);
                }
            }
        }
    }
}

/// A placeholder that was not got from `config.sops.placeholder` of this configuration.
fn written_out(host: &Host, user: Option<&str>, name: &str, template: &Template) -> Finding {
    Finding {
        certainty: template.certainty.clone(),
        hosts: vec![host.name.clone()],
        user: user.map(str::to_owned),
        help: Some("write `${config.sops.placeholder.NAME}` with the name of a declared secret".to_owned()),
        template: Some(name.to_owned()),
        ..RULE.finding(
            Label::new(template.place("content"), "`<SOPS:…:PLACEHOLDER>` of no secret"),
            format!(
                "Template `{name}` holds a placeholder, `<SOPS:…:PLACEHOLDER>`, that belongs to no secret of this \
                 configuration. sops-nix looks for those of its own secrets only. Nothing fails: the file holds the \
                 placeholder in place of a value."
            ),
        )
    }
}
