//! A file's recipients are not those that its creation rule names.

use crate::checks::deciding::{Deciding, called, deciding};
use crate::checks::{Rule, Verdict, World};
use crate::command::{self, SopsFile};
use crate::finding::{Finding, Label, Level};
use crate::policy::Drift;
use crate::sops::Document;

pub const RULE: Rule = Rule {
    id: "recipients-drifted",
    level: Level::Error,
    page: include_str!("../../../docs/rules/recipients-drifted.md"),
    check,
};

/// How many recipients a sentence names, and how many are labelled, at most.
const SHOWN: usize = 4;

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for document in world.vault.documents() {
        let Some(deciding) = deciding(world.policy, &document.path) else { continue };
        // A rule that names nobody seals nothing: there is nothing to compare with.
        if deciding.recipients().next().is_none() {
            continue;
        }
        let drift = Drift::between(&document.metadata.groups, &deciding.rule.groups);
        verdict.findings.extend(drift.map(|drift| finding(world, document, &deciding, &drift)));
    }
}

fn finding(world: &World<'_>, document: &Document, deciding: &Deciding<'_>, drift: &Drift<'_>) -> Finding {
    let path = &document.path;
    let name = |identity: &String| called(world.policy, identity);
    let missing: Vec<String> = drift.missing.iter().map(|one| name(&one.identity)).collect();
    let stale: Vec<String> = drift.stale.iter().map(|one| name(&one.identity)).collect();
    let missing_keys = drift.missing.iter().map(|one| one.identity.clone());
    let differing = missing_keys.chain(drift.stale.iter().map(|one| one.identity.clone()));
    let rule = deciding.named();
    let mut sentences = vec![format!("`{path}` is not sealed for the recipients of {rule}.")];
    if drift.only_regrouped() {
        sentences.push("The recipients are the same, but in other key groups.".to_owned());
    } else {
        if !missing.is_empty() {
            sentences.push(format!("Missing in the file, so unable to open it: {}.", listed(&missing)));
        }
        if !stale.is_empty() {
            sentences.push(format!("Still able to open it, though the rule does not name them: {}.", listed(&stale)));
        }
    }
    let stale_at = drift.stale.iter().map(|one| Label::new(one.place.clone(), "not in the rule"));
    let missing_at = drift.missing.iter().map(|one| Label::new(one.place.clone(), "not in the file"));
    let rule_at = Label::new(deciding.place(), "this rule decides who can open the file");
    let update = command::updatekeys(SopsFile::read(document), Some(deciding.config));
    let also = if stale.is_empty() || drift.only_regrouped() {
        ""
    } else {
        "; who could open it may have kept the values, so change those too"
    };
    Finding {
        help: Some(format!("run `{update}`{also}")),
        others: [rule_at].into_iter().chain(stale_at.take(SHOWN)).chain(missing_at.take(SHOWN)).collect(),
        names: differing.collect(),
        ..RULE.finding(Label::new(document.metadata.place.clone(), "the recipients of the file"), sentences.join(" "))
    }
}

fn listed(names: &[String]) -> String {
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
