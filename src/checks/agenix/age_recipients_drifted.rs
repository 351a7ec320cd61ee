//! An age file is not sealed for those whom its entry names.

use crate::access::{Access, AgeDrift, AgeRule, File};
use crate::checks::deciding::called;
use crate::checks::{Rule, Undecided, Verdict, World};
use crate::finding::{Finding, Label, Level};
use crate::source::Place;

use super::{access, called_by_rules};

pub const RULE: Rule = Rule {
    id: "age-recipients-drifted",
    level: Level::Error,
    page: include_str!("../../../docs/rules/age-recipients-drifted.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    let Some(access) = access(world) else { return };
    for file in &access.files {
        let Some(age) = &file.age else { continue };
        let (Some(rule), Some(drift)) = (age.rule, &age.drift) else { continue };
        // Two entries for one file may each be what it was sealed by.
        let is_only = world.agenix.entries_of(&file.path).nth(1).is_none();
        match age.open {
            Some(why) => {
                let clause = format!("whether `{}` is sealed for whom its entry names: {why}", file.path);
                verdict.undecided.push(Undecided::of_repository(clause));
            }
            None if is_only && world.tree.is_visible(&file.path) => {
                verdict.findings.push(finding(world, access, file, rule, drift));
            }
            None => {}
        }
    }
}

fn finding(
    world: &World<'_>,
    access: &Access<'_>,
    file: &File<'_>,
    rule: AgeRule<'_>,
    drift: &AgeDrift<'_>,
) -> Finding {
    let path = &file.path;
    let (by, entry_at) = match rule {
        AgeRule::Entry(rules, entry) => (format!("its entry in `{}`", rules.path), entry.place.clone()),
        AgeRule::Rekey => ("agenix-rekey".to_owned(), None),
    };
    let entry_at = entry_at.map(|at| Label::new(at, "this says whom it is to be sealed for"));
    let mending = access.mending(file).map(|mending| format!("run `{}`", mending.command));
    Finding {
        help: mending,
        others: entry_at.into_iter().collect(),
        names: drift.missing.iter().chain(&drift.stale).map(|key| (*key).to_owned()).collect(),
        ..RULE.finding(
            Label::new(Place::whole_file(path.as_str().into()), "not sealed for these recipients"),
            format!("`{path}` is not sealed for those whom {by} names: {}.", differences(world, drift)),
        )
    }
}

fn differences(world: &World<'_>, drift: &AgeDrift<'_>) -> String {
    let name = |key: &&str| called_by_rules(world.agenix, key).unwrap_or_else(|| called(world.policy, key));
    let names = |keys: &[&str]| keys.iter().map(name).collect::<Vec<_>>().join(", ");
    let mut said = Vec::new();
    if !drift.missing.is_empty() {
        said.push(format!("{} cannot read it", names(&drift.missing)));
    }
    if drift.lacking > 0 {
        said.push(format!("{} of its `age1…` recipients cannot read it", drift.lacking));
    }
    if !drift.stale.is_empty() {
        said.push(format!("{} can still read it", names(&drift.stale)));
    }
    if drift.unknown > 0 {
        let whom = if drift.unknown == 1 { "one whom nothing names" } else { "some whom nothing names" };
        said.push(format!("{whom} can read it"));
    }
    said.join("; ")
}
