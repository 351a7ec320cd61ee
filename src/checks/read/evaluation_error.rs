//! Nix could not evaluate a host.

use crate::checks::{Rule, Verdict, World};
use crate::command;
use crate::finding::{Finding, Label, Level};
use crate::manifest::{EvaluationError, Host};
use crate::source::Place;

pub const RULE: Rule = Rule {
    id: "evaluation-error",
    level: Level::Error,
    page: include_str!("../../../docs/rules/evaluation-error.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    let failed = world.manifest.hosts.iter().filter_map(|host| Some((host, host.evaluation_error.as_ref()?)));
    verdict.findings.extend(failed.map(|(host, error)| finding(world, host, error)));
}

fn finding(world: &World<'_>, host: &Host, error: &EvaluationError) -> Finding {
    // A manifest may come with no Nix code beside it.
    let entry = if world.entry.is_empty() { "flake.nix" } else { world.entry };
    let (place, label) = match &error.at {
        Some(spot) => (spot.0.clone(), "Nix stops here".to_owned()),
        None => (Place::whole_file(entry.into()), format!("`{}` does not evaluate", host.name)),
    };
    let show = command::evaluate(host, entry);
    let what = if error.units_only { "units of the configuration" } else { "configuration" };
    let (said, help) = if error.message == EvaluationError::NEEDS_IMPORT {
        let (verb, subject) = if error.units_only { ("were", "they need") } else { ("was", "it needs") };
        (
            format!("The {what} {verb} not evaluated: {subject} import-from-derivation, which builds, and so is off."),
            "the check of a flake (`lib.mkCheck`) evaluates it, builds and all".to_owned(),
        )
    } else {
        let message = in_backticks(error.message.trim_end_matches('.'));
        (format!("Nix could not evaluate the {what}: {message}."), format!("`{show}` shows how Nix comes there"))
    };
    let consequence = if error.units_only {
        "All else of the host was checked; which unit reads or needs which secret was not."
    } else {
        "Its secrets were checked only as far as they are known without Nix."
    };
    Finding {
        hosts: vec![host.name.clone()],
        help: Some(help),
        ..RULE.finding(Label::new(place, label), format!("{said} {consequence}"))
    }
}

/// Nix quotes names `so'.
fn in_backticks(message: &str) -> String {
    let mut text = String::with_capacity(message.len());
    for (index, part) in message.split('`').enumerate() {
        match part.split_once('\'') {
            Some((name, rest)) if index > 0 => text.extend(["`", name, "`", rest]),
            _ if index > 0 => text.extend(["`", part]),
            _ => text.push_str(part),
        }
    }
    text
}
