//! A sops file that no creation rule matches.

use crate::checks::deciding::Deciding;
use crate::checks::{Rule, Verdict, World};
use crate::command;
use crate::finding::{Finding, Label, Level};
use crate::policy::{self, Config, Selection};
use crate::source::{Place, RepoPath, input_of, is_sample};
use crate::vault::is_of_clan;

pub const RULE: Rule = Rule {
    id: "no-creation-rule",
    level: Level::Warning,
    page: include_str!("../../../docs/rules/no-creation-rule.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    // Who has no rule file at all tells sops the recipients in another way.
    if world.policy.configs.is_empty() {
        return;
    }
    let is_declared = |path: &RepoPath| world.manifest.sops_files().any(|file| file == path);
    for document in world.vault.documents() {
        let path = &document.path;
        let is_tracked = world.tree.files.get(path).is_some_and(|entry| entry.tracked);
        // Who can open the files of an input is its own repository's matter.
        let is_ours = is_tracked && input_of(path).is_none() && world.tree.behind_links(path) == *path;
        if !is_ours || is_of_clan(path) || is_sample(path) && !is_declared(path) {
            continue;
        }
        match world.policy.select(path) {
            Selection::NoRule(config) if !config.rules.is_empty() => {
                verdict.findings.push(finding(path, document.metadata.place.clone(), Some(config)))
            }
            Selection::NoConfig => verdict.findings.push(finding(path, document.metadata.place.clone(), None)),
            Selection::NoRule(_) | Selection::Unreadable(_) | Selection::Stopped { .. } | Selection::Rule { .. } => {}
        }
    }
}

fn finding(path: &RepoPath, metadata: Place, config: Option<&Config>) -> Finding {
    let (why, help, other) = match config {
        Some(config) => {
            let relative = config.relative(path).unwrap_or(path);
            let expression = policy::exactly(relative);
            let near = config.rules.iter().find(|rule| rule.nearly_matches(relative) || rule.nearly_matches(path));
            let other = near.map(|rule| Label::new(Deciding { config, rule }.place(), "this rule nearly matches it"));
            (
                format!("No creation rule of `{}` matches `{relative}`.", config.path),
                format!(
                    "add a rule with `path_regex: {expression}` to `{}`, then run `{}`",
                    config.path,
                    command::updatekeys(path, Some(config))
                ),
                other,
            )
        }
        None => (
            format!("No `.sops.yaml` lies in the folder of `{path}` or above it."),
            "add a `.sops.yaml` with a creation rule for it at the root of the repository".to_owned(),
            None,
        ),
    };
    Finding {
        help: Some(help),
        others: other.into_iter().collect(),
        ..RULE.finding(
            Label::new(metadata, "sealed for these recipients, by no rule"),
            format!(
                "{why} The next `sops updatekeys` stops with \"no matching creation rules found\": who should be able to \
                 open the file is written nowhere, and a new host or a removed key never gets to it."
            ),
        )
    }
}
