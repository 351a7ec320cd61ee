//! A creation rule whose expression is a glob by its looks.

use crate::checks::deciding::Deciding;
use crate::checks::{Rule, Verdict, World};
use crate::finding::{Finding, Label, Level};
use crate::policy::{Config, CreationRule};

pub const RULE: Rule = Rule {
    id: "regex-reads-like-a-glob",
    level: Level::Warning,
    page: include_str!("../../../docs/rules/regex-reads-like-a-glob.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for config in &world.policy.configs {
        let globs = config.rules.iter().filter_map(|rule| Some((rule, rule.as_glob()?)));
        for (rule, glob) in globs {
            let files = world.in_scope(config);
            let matches = |path: &&&str| rule.matches(path) == Some(true);
            // One that matches nothing is another rule's.
            let Some(matched) = files.iter().find(matches) else { continue };
            let missed: Vec<&str> =
                files.iter().filter(|path| glob.is_match(path) && !matches(path)).copied().collect();
            if let Some(first) = missed.first() {
                verdict.findings.push(finding(config, rule, matched, first, missed.len()));
            }
        }
    }
}

fn finding(config: &Config, rule: &CreationRule, matched: &str, missed: &str, count: usize) -> Finding {
    let deciding = Deciding { config, rule };
    let expression = rule.path_regex.as_ref().map_or("", |(expression, _)| expression.as_str());
    let more = if count > 1 { format!(" and {} more", count - 1) } else { String::new() };
    let regex = expression.replace('.', r"\.").replace('*', "[^/]*");
    Finding {
        help: Some(format!("write `path_regex: {}$`", regex.trim_end_matches('$'))),
        names: vec![expression.to_owned()],
        ..RULE.finding(
            Label::new(deciding.place(), "a regular expression, not a glob"),
            format!(
                "`{expression}` reads like a glob, and is a regular expression: `*` repeats what stands before it. It matches \
                 `{matched}`, but not `{missed}`{more}, which is sealed by another rule or by none."
            ),
        )
    }
}
