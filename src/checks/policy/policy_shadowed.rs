//! A rule file that hides another one, or that sops never reads.

use std::collections::{BTreeMap, BTreeSet};

use crate::checks::deciding::Deciding;
use crate::checks::{Rule, Verdict, World};
use crate::finding::{Finding, Label, Level};
use crate::policy::{Config, CreationRule};
use crate::source::{Place, RepoPath, is_sample};

pub const RULE: Rule = Rule {
    id: "policy-shadowed",
    level: Level::Warning,
    page: include_str!("../../../docs/rules/policy-shadowed.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    let is_misnamed = |path: &&RepoPath| path.rsplit('/').next() == Some(".sops.yml") && !is_sample(path);
    // Who tells sops of it, in the environment or with `--config`, names it somewhere.
    let misnamed = world.tree.files.keys().filter(is_misnamed).filter(|path| world.tree.mention(path).is_none());
    verdict.findings.extend(misnamed.map(misnamed_finding));
    // The files on which an inner and an outer rule file disagree, by the two rules.
    let mut disagreements: BTreeMap<(&Place, &Place), (Deciding<'_>, Deciding<'_>, Vec<&str>)> = BTreeMap::new();
    for document in world.vault.documents() {
        let Some((inner, outer)) = deciding_both(world, &document.path) else { continue };
        if recipients(inner.rule) != recipients(outer.rule) {
            let pair = (&inner.rule.place, &outer.rule.place);
            disagreements.entry(pair).or_insert((inner, outer, Vec::new())).2.push(&document.path);
        }
    }
    verdict.findings.extend(disagreements.into_values().map(|(inner, outer, files)| disagree(&inner, &outer, &files)));
}

/// The rule of the nearest rule file, and that of the next one further out, where both have one.
fn deciding_both<'a>(world: &World<'a>, path: &str) -> Option<(Deciding<'a>, Deciding<'a>)> {
    let mut above: Vec<&Config> =
        world.policy.configs.iter().filter(|config| config.relative(path).is_some()).collect();
    above.sort_by_key(|config| std::cmp::Reverse(config.folder().len()));
    let mut both = above.into_iter().take(2).map(|config| {
        let rule = config.rules.get(config.first_matching(config.relative(path)?)?)?;
        Some(Deciding { config, rule })
    });
    Some((both.next()??, both.next()??))
}

fn recipients(rule: &CreationRule) -> Vec<BTreeSet<(&str, &str)>> {
    rule.groups.iter().map(|group| group.iter().map(|one| (one.kind, one.identity.as_str())).collect()).collect()
}

fn disagree(inner: &Deciding<'_>, outer: &Deciding<'_>, files: &[&str]) -> Finding {
    let expressions = [inner, outer].into_iter().filter_map(|deciding| deciding.rule.expression()).map(str::to_owned);
    let first = files.first().copied().unwrap_or_default();
    let more = if files.len() > 1 { format!(" and {} more files", files.len() - 1) } else { String::new() };
    let folder = inner.config.folder().trim_end_matches('/');
    Finding {
        help: Some(format!(
            "keep the rules of these files in one of the two, or let both name the same recipients; until then call sops in \
             `{folder}`"
        )),
        others: vec![Label::new(outer.place(), "sops takes this rule when it is called above that folder")],
        names: [outer.config.path.to_string()].into_iter().chain(expressions).collect(),
        ..RULE.finding(
            Label::new(inner.place(), "sops takes this rule when it is called in this folder"),
            format!(
                "Two rule files decide `{first}`{more}, for other recipients each. sops looks for its rule file from the \
                 folder in which it is called, not from the file's: who can open the file is a matter of where `sops \
                 updatekeys` was run."
            ),
        )
    }
}

fn misnamed_finding(path: &RepoPath) -> Finding {
    Finding {
        help: Some(format!("call it `{}`", path.replace(".sops.yml", ".sops.yaml"))),
        ..RULE.finding(
            Label::new(Place::whole_file(path.clone()), "sops never reads this file"),
            format!("`{path}` decides nothing: sops reads rule files called `.sops.yaml` alone, and goes on to look further out."),
        )
    }
}
