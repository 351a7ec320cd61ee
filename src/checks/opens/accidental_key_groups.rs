//! A creation rule has several key groups and no threshold: mostly a `-` too many.

use crate::checks::{Rule, Verdict, World};
use crate::command::{self, SopsFile};
use crate::finding::{Finding, Label, Level};
use crate::policy::{Config, CreationRule, RuleRecipient};

pub const RULE: Rule = Rule {
    id: "accidental-key-groups",
    level: Level::Warning,
    page: include_str!("../../../docs/rules/accidental-key-groups.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for config in world.policy.configs.iter().filter(|config| config.readable) {
        let rules = config.rules.iter().filter(|rule| rule.threshold.is_none());
        verdict.findings.extend(rules.filter_map(|rule| finding(world, config, rule)));
    }
}

fn finding(world: &World<'_>, config: &Config, rule: &CreationRule) -> Option<Finding> {
    let mut starts = rule.groups.iter().filter_map(|group| group.iter().min_by_key(|one| one.place.start.byte));
    let (first, second) = (starts.next()?, starts.next()?);
    let groups = 2 + starts.count();
    let label = |one: &RuleRecipient, text: &str| Label::new(one.place.clone(), text);
    Some(Finding {
        help: Some(help(world, config, rule, groups)),
        others: vec![label(first, "the first key group")],
        names: rule.expression().map(str::to_owned).into_iter().collect(),
        ..RULE.finding(
            label(second, "a second key group starts before this"),
            format!(
                "This rule has {groups} key groups and no `shamir_threshold`: sops splits the data key among them, and \
                 a file opens only for who has a key of each. Whoever is in one group alone cannot open it; a host's \
                 activation fails then."
            ),
        )
    })
}

fn help(world: &World<'_>, config: &Config, rule: &CreationRule, groups: usize) -> String {
    let takes = |path: &str| world.policy.rule_for(path).is_some_and(|(_, _, taking)| std::ptr::eq(taking, rule));
    let mut files = world.vault.documents().filter(|document| takes(&document.path));
    let update = files.next().map(|document| {
        let command = command::updatekeys(SopsFile::read(document), Some(config));
        let others = if files.next().is_some() { ", and so for its other files" } else { "" };
        format!(", then run `{command}`{others}")
    });
    let (others, them) = if groups == 2 { ("second group", "it") } else { ("other groups", "them") };
    format!(
        "move the keys of the {others} into the lists of the first and take {them} away{}; if keys of several groups are \
         meant to be needed, say so with `shamir_threshold: {groups}`",
        update.unwrap_or_default()
    )
}
