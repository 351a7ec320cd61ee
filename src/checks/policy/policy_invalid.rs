//! A rule file says what sops refuses, or passes over.

use crate::checks::{Rule, Verdict, World};
use crate::finding::{Finding, Label, Level};
use crate::policy::{Config, CreationRule, Problem, UnknownField};

pub const RULE: Rule = Rule {
    id: "policy-invalid",
    level: Level::Error,
    page: include_str!("../../../docs/rules/policy-invalid.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    // What is more than is read here is `not-looked-at`.
    for config in world.policy.configs.iter().filter(|config| !config.is_beyond_bounds) {
        let problems = config.problems.iter().filter(|problem| !problem.is_recipient);
        verdict.findings.extend(problems.map(|problem| refused(config, problem)));
        verdict.findings.extend(config.unknown_fields.iter().map(|field| passed_over(config, field)));
    }
}

fn refused(config: &Config, problem: &Problem) -> Finding {
    let harm = match problem.rule {
        Some(_) => {
            "sops stops with an error at every file that comes to this rule: nothing can be sealed by it, nor brought in line \
             with `sops updatekeys`."
        }
        None if !config.readable => {
            "sops does not load the file at all: below this folder it neither seals nor opens anything. What its rules decide \
             is not known here either, so this run cannot say that the repository is in order."
        }
        None => "sops does not load the file at all: below this folder it neither seals nor opens anything.",
    };
    let rule = problem.rule.and_then(|index| config.rules.get(index));
    Finding {
        names: rule.and_then(CreationRule::expression).map(str::to_owned).into_iter().collect(),
        ..RULE.finding(
            Label::new(problem.place.clone(), "sops refuses this"),
            format!("In `{}`, what stands here {}. {harm}", config.path, problem.why),
        )
    }
}

fn passed_over(config: &Config, field: &UnknownField) -> Finding {
    let UnknownField { name, nearest, place } = field;
    let harm = match *nearest {
        "path_regex" => " Without it the rule takes every file that comes to it.",
        "creation_rules" => " Without it there are no rules.",
        "key_groups" | "age" | "pgp" | "merge" => " The recipients below it can open nothing.",
        name if name.contains("crypted_") => " Which values are sealed is then what it is without it.",
        _ => "",
    };
    Finding {
        level: Level::Warning,
        help: Some(format!("write `{nearest}`")),
        suggestion: Some((*nearest).to_owned()),
        names: vec![name.clone()],
        ..RULE.finding(
            Label::new(place.clone(), "sops knows no such field"),
            format!(
                "sops passes over `{name}` in `{}`, as over all that it does not know; `{nearest}` it knows.{harm}",
                config.path
            ),
        )
    }
}
