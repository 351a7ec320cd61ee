//! An anchor of a rule file that no rule uses, or a recipient written out beside its anchor.

use std::collections::BTreeSet;

use crate::checks::{Rule, Verdict, World};
use crate::finding::{Finding, Label, Level};
use crate::identity::Identity;
use crate::policy::{Config, Named, RuleRecipient};
use crate::source::Place;

pub const RULE: Rule =
    Rule { id: "anchor-unused", level: Level::Note, page: include_str!("../../../docs/rules/anchor-unused.md"), check };

fn check(world: &World<'_>, verdict: &mut Verdict) {
    // Where a part of the file is not understood, an anchor may be used there.
    let understood = world.policy.configs.iter().filter(|config| config.readable && !config.rules.is_empty());
    for config in understood {
        let recipients: Vec<&RuleRecipient> =
            config.rules.iter().flat_map(|rule| rule.groups.iter().flatten()).collect();
        let used: BTreeSet<&str> = recipients.iter().map(|one| one.identity.as_str()).collect();
        let anchors = config.names.iter().filter(|named| named.is_anchor);
        let unused = anchors.clone().filter(|named| !used.contains(named.recipient.as_str()));
        // Whether a host can open what it needs, `host-not-a-recipient` says.
        let unused = unused.filter(|named| !is_of_host(world, named));
        verdict.findings.extend(unused.map(|named| unused_finding(config, named)));
        for named in anchors {
            let written = recipients.iter().filter(|one| one.identity == named.recipient && one.anchor.is_none());
            let written: Vec<_> = written.copied().filter(|one| !is_at(&one.place, &named.place)).collect();
            verdict.findings.extend(written.first().map(|first| written_out(config, named, first, written.len())));
        }
    }
}

fn is_of_host(world: &World<'_>, named: &Named) -> bool {
    let holds = |identity: &Identity| match identity {
        Identity::Known(held) => held.iter().any(|held| held.place == named.place || held.recipient == named.recipient),
        Identity::Unknown { .. } => false,
    };
    world.identities.hosts.values().any(holds)
}

/// Whether a recipient is the one that carries the anchor.
fn is_at(place: &Place, anchor: &Place) -> bool {
    place.path == anchor.path && place.start.line == anchor.start.line
}

fn unused_finding(config: &Config, named: &Named) -> Finding {
    Finding {
        help: Some(format!("name it where it is wanted, as `*{}`, or take it out", named.name)),
        names: vec![format!("&{}", named.name)],
        ..RULE.finding(
            Label::new(named.place.clone(), "in no rule"),
            format!(
                "No rule of `{}` names the recipient `{}`: it can open nothing that is sealed from now on.",
                config.path, named.name
            ),
        )
    }
}

/// Whether it stands with others in one text, where no alias can stand.
fn shares_its_text(config: &Config, one: &RuleRecipient) -> bool {
    let in_text = |other: &&RuleRecipient| other.in_text && other.kind == one.kind;
    let texts = config.rules.iter().map(|rule| rule.groups.iter().flatten().filter(in_text).collect::<Vec<_>>());
    texts.into_iter().any(|texts| texts.len() > 1 && texts.contains(&one))
}

fn written_out(config: &Config, named: &Named, one: &RuleRecipient, times: usize) -> Finding {
    let first =
        if shares_its_text(config, one) { format!("make a list of this `{}`, and ", one.kind) } else { String::new() };
    let more = if times > 1 { format!(", in {times} places,") } else { String::new() };
    Finding {
        help: Some(format!("{first}write `*{}`", named.name)),
        others: vec![Label::new(named.place.clone(), format!("`{}` holds this recipient", named.name))],
        names: vec![format!("*{}", named.name)],
        ..RULE.finding(
            Label::new(one.place.clone(), "the same recipient, written out"),
            format!(
                "The recipient of `{}` is written out{more} instead of its anchor: when the key changes, this place is \
                 easily forgotten.",
                named.name
            ),
        )
    }
}
