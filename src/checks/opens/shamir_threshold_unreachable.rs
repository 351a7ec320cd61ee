//! A host has keys in some of a file's key groups, and shares of more are needed.

use crate::access::Reach;
use crate::checks::deciding::deciding;
use crate::checks::{Rule, Verdict, World};
use crate::command::{self, SopsFile};
use crate::finding::{Finding, Label, Level};

use super::reader::{Needed, needed, to_write};

pub const RULE: Rule = Rule {
    id: "shamir-threshold-unreachable",
    level: Level::Error,
    page: include_str!("../../../docs/rules/shamir-threshold-unreachable.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for needed in needed(world) {
        let readers = needed.readers();
        let Some((Reach::Share { groups }, through)) = readers.reach_of_one() else { continue };
        if needed.is_doubtful(verdict) {
            continue;
        }
        let who = &needed.who;
        let here = through.into_iter().filter_map(|key| key.place);
        let here: Vec<Label> = here.map(|place| Label::new(place.clone(), format!("{who} is here"))).collect();
        verdict.findings.push(finding(world, &needed, groups, readers.needed, here));
    }
}

fn finding(world: &World<'_>, needed: &Needed<'_>, groups: usize, of: usize, here: Vec<Label>) -> Finding {
    let Needed { who, document, .. } = needed;
    let path = &document.path;
    let all = document.metadata.groups.len();
    let rule_at = deciding(world.policy, path)
        .map(|deciding| Label::new(deciding.place(), "this rule decides which key groups there are"));
    Finding {
        help: Some(help(world, needed, of)),
        others: here.into_iter().chain(needed.labels()).chain(rule_at).collect(),
        ..needed.finding(
            &RULE,
            Label::new(
                document.metadata.place.clone(),
                format!("sealed for {all} key groups, of which {of} are needed"),
            ),
            format!(
                "{who} cannot open `{path}`: it has keys in {groups} of its {all} key groups, and sops needs a key of \
                 {of}. The build passes; activation then fails and installs no secret at all."
            ),
        )
    }
}

fn help(world: &World<'_>, needed: &Needed<'_>, of: usize) -> String {
    let document = needed.document;
    let deciding = deciding(world.policy, &document.path);
    let update = command::updatekeys(SopsFile::read(document), deciding.as_ref().map(|deciding| deciding.config));
    let key = to_write(world.policy.config_for(&document.path), needed.held);
    let Some(deciding) = deciding else {
        return format!("write a creation rule for the file with {key} in {of} key groups, then run `{update}`");
    };
    let named = deciding.named();
    match (deciding.rule.groups.len(), deciding.rule.threshold) {
        (0 | 1, _) => format!("{named} has one key group: run `{update}`"),
        (_, None) => format!(
            "{named} has no `shamir_threshold`, so a key of every group is needed; a `-` before a second `age:` makes \
             a second group. If any one key is to be enough, put them all into one list, then run `{update}`"
        ),
        (..) => format!("add {key} to the key groups of {named} until it is in {of}, then run `{update}`"),
    }
}
