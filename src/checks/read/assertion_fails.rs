//! An assertion of the repository's own modules does not hold.

use crate::checks::{Rule, Verdict, World};
use crate::finding::{Finding, Label, Level};
use crate::manifest::{FailedAssertion, Host};

pub const RULE: Rule = Rule {
    id: "assertion-fails",
    level: Level::Warning,
    page: include_str!("../../../docs/rules/assertion-fails.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for host in &world.manifest.hosts {
        verdict.findings.extend(host.failed_assertions.iter().map(|failed| finding(host, failed)));
    }
}

fn finding(host: &Host, failed: &FailedAssertion) -> Finding {
    let said = failed.message.as_ref().map(|message| format!(": \"{}\"", message.trim_end_matches('.')));
    Finding {
        certainty: failed.certainty.clone(),
        hosts: vec![host.name.clone()],
        user: failed.user.clone(),
        help: Some("give the configuration what the assertion asks for, or mend the assertion".to_owned()),
        ..RULE.finding(
            Label::new(failed.at.0.clone(), "this is false"),
            format!("The assertion is false here{}. Nix refuses to build the configuration.", said.unwrap_or_default()),
        )
    }
}
