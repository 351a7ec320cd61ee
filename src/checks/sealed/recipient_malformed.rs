//! A rule names a recipient that is none.

use std::collections::BTreeSet;

use super::meant::meant;
use crate::checks::placed;
use crate::checks::{Rule, Verdict, World};
use crate::finding::{Finding, Label, Level};
use crate::policy::{Config, CreationRule, Problem};

pub const RULE: Rule = Rule {
    id: "recipient-malformed",
    level: Level::Error,
    page: include_str!("../../../docs/rules/recipient-malformed.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for config in &world.policy.configs {
        let malformed: Vec<_> = config.problems.iter().filter(|problem| problem.is_recipient).collect();
        if malformed.is_empty() || !(world.seals_here(config) || is_to_seal(world, config)) {
            continue;
        }
        // One text may be named by many rules.
        let mut said = BTreeSet::new();
        let malformed = malformed.into_iter().filter(|problem| said.insert(&problem.place));
        verdict.findings.extend(malformed.map(|problem| finding(config, problem)));
    }
}

/// Whether a rule file means files that are not sealed yet. One in a folder that no host has its secrets from may be an
/// example.
fn is_to_seal(world: &World<'_>, config: &Config) -> bool {
    let sops = placed::all(world.manifest).map(|configuration| configuration.sops);
    let defaults: BTreeSet<_> = sops.filter_map(|sops| Some(&sops.default_sops_file.known()?.as_ref()?.path)).collect();
    let files = meant(world).sketched.into_iter();
    let mut files = files.filter(|path| config.folder().is_empty() || defaults.contains(path));
    files.any(|path| world.policy.config_for(path).is_some_and(|nearest| nearest.path == config.path))
}

fn finding(config: &Config, problem: &Problem) -> Finding {
    let same = |other: &&Problem| other.is_recipient && other.place == problem.place;
    let rules: BTreeSet<usize> = config.problems.iter().filter(same).filter_map(|other| other.rule).collect();
    let named = rules.iter().filter_map(|&index| config.rules.get(index));
    let expressions = named.clone().filter_map(CreationRule::expression).map(str::to_owned);
    let lines: Vec<String> = named.map(|rule| format!("`{}:{}`", config.path, rule.place.start.line)).collect();
    Finding {
        help: Some(
            "write the whole recipient: `age-keygen -y` prints that of a key, `ssh-to-age < ssh_host_ed25519_key.pub` that \
             of a host, `gpg --list-keys` the fingerprint of a PGP key"
                .to_owned(),
        ),
        names: expressions.collect(),
        ..RULE.finding(
            // It may be a private key.
            Label { masked: true, ..Label::new(problem.place.clone(), "no recipient") },
            format!(
                "This is no recipient: {}. sops stops at every file of the rule at {}: nothing can be sealed, nor brought \
                 in line with `sops updatekeys`.",
                problem.why,
                lines.join(" and ")
            ),
        )
    }
}
