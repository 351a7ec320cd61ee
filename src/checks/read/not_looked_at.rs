//! A file that matters and was not looked at: the run is not clean, whatever else it found.

use crate::checks::{Rule, Verdict, World};
use crate::finding::{Finding, Label, Level};
use crate::source::Place;

pub const RULE: Rule = Rule {
    id: "not-looked-at",
    level: Level::Error,
    page: include_str!("../../../docs/rules/not-looked-at.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    // The tree lists only what matters: pictures and the like are no loss.
    for not_looked in &world.tree.not_looked {
        let (path, why) = (&not_looked.path, &not_looked.why);
        if world.tree.files.get(path).is_some_and(|entry| !entry.tracked) {
            continue;
        }
        verdict.findings.push(Finding {
            help: Some(format!("mend `{path}`, or exclude it in `sealnix.toml` if nothing depends on it")),
            ..RULE.finding(
                Label { masked: true, ..Label::new(Place::whole_file(path.clone()), why.clone()) },
                format!(
                    "`{path}` was not looked at: it {why}. What depends on it is not checked, so this run cannot say \
                     that the repository is in order."
                ),
            )
        });
    }
}
