//! Nix could not evaluate a host.

use crate::checks::{Rule, Verdict, World, command};
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
    let has_flake = world.tree.files.contains_key("flake.nix");
    let (place, label) = match &error.at {
        Some(spot) => (spot.0.clone(), "Nix stops here".to_owned()),
        None => {
            let entry = if has_flake { "flake.nix" } else { "default.nix" };
            (Place::whole_file(entry.into()), format!("`{}` does not evaluate", host.attr))
        }
    };
    let show = if has_flake { command::nix_eval(host) } else { "nix-instantiate --show-trace".to_owned() };
    let (said, help) = if error.message == EvaluationError::NEEDS_IMPORT {
        let said = "The configuration was not evaluated: it needs import-from-derivation, which builds, and so is off. \
                    Its";
        (said.to_owned(), "the check of a flake (`lib.mkCheck`) evaluates it, builds and all".to_owned())
    } else {
        let message = in_backticks(error.message.trim_end_matches('.'));
        let said = format!("Nix could not evaluate the configuration: {message}. It cannot be built, and its");
        (said, format!("`{show}` shows how Nix comes there"))
    };
    Finding {
        hosts: vec![host.name.clone()],
        help: Some(help),
        ..RULE.finding(
            Label::new(place, label),
            format!("{said} secrets were checked only as far as they are known without Nix."),
        )
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
