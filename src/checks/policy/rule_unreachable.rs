//! A creation rule whose files are all taken by earlier rules.

use crate::checks::deciding::Deciding;
use crate::checks::{Rule, Verdict, World};
use crate::finding::{Finding, Label, Level};
use crate::policy::{Config, Idle};

pub const RULE: Rule = Rule {
    id: "rule-unreachable",
    level: Level::Warning,
    page: include_str!("../../../docs/rules/rule-unreachable.md"),
    check,
};

/// How many earlier rules are shown at most.
const SHOWN: usize = 3;

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for config in &world.policy.configs {
        // A rule for files that are still to come is none of these.
        let dead = config.idle(world.in_scope(config)).into_iter().filter(|idle| idle.matched > 0 && !idle.could_take);
        verdict.findings.extend(dead.filter_map(|idle| finding(config, &idle)));
    }
}

fn finding(config: &Config, idle: &Idle) -> Option<Finding> {
    let deciding = Deciding { config, rule: config.rules.get(idle.index)? };
    let takers: Vec<_> = idle.takers.iter().filter_map(|&index| config.rules.get(index)).collect();
    let takers: Vec<_> = takers.into_iter().map(|rule| Deciding { config, rule }).collect();
    let example = idle.example.as_deref().unwrap_or_default();
    let first = takers.first()?;
    let what = match idle.matched {
        1 => format!("`{example}`, the only file that it matches, is"),
        count => format!("All {count} files that it matches, `{example}` among them, are"),
    };
    Some(Finding {
        help: Some(format!("move it above {}, or take it out", first.named())),
        others: takers
            .iter()
            .take(SHOWN)
            .map(|taker| Label::new(taker.place(), "this rule comes first and takes what it matches"))
            .collect(),
        names: deciding.rule.expression().map(str::to_owned).into_iter().collect(),
        ..RULE.finding(
            Label::new(deciding.place(), "no file comes to this rule"),
            format!(
                "The rule seals nothing: the first rule that matches a file takes it. {what} taken by an earlier rule, \
                 and sealed for that one's recipients."
            ),
        )
    })
}
