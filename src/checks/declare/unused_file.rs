//! A sops file from which no host declares anything.

use std::collections::BTreeMap;

use crate::checks::declared::files as count;
use crate::checks::{Rule, Undecided, Verdict, World};
use crate::command;
use crate::finding::{Finding, Label, Level};
use crate::manifest::Certainty;
use crate::source::{Place, RepoPath, input_of};
use crate::vault::is_of_clan;

use super::wanted::{Wanted, folder_of};

pub const RULE: Rule =
    Rule { id: "unused-file", level: Level::Warning, page: include_str!("../../../docs/rules/unused-file.md"), check };

fn check(world: &World<'_>, verdict: &mut Verdict) {
    let wanted = Wanted::of(world);
    // Where no host names a file, the files are another program's.
    if wanted.files.is_empty() {
        return;
    }
    let mut elsewhere: BTreeMap<&str, Vec<&RepoPath>> = BTreeMap::new();
    for path in world.vault.sealed_files().into_keys().filter(|path| is_ours(world, path) && !wanted.names(path)) {
        let folder = folder_of(path);
        if !wanted.names_in(folder) {
            elsewhere.entry(folder).or_default().push(path);
            continue;
        }
        let mention = world
            .tree
            .mention(path)
            .map(|place| format!("`{}:{}` names it outside of a declaration", place.path, place.start.line));
        match wanted.unknown.clone().or(mention) {
            Some(why) => {
                let clause = format!("whether `{path}` is declared: {why}");
                verdict.undecided.push(Undecided::of_repository(clause));
            }
            None => verdict.findings.push(beside(&wanted, path)),
        }
    }
    if wanted.unknown.is_none() {
        verdict.findings.extend(elsewhere.into_iter().map(|(folder, files)| apart(folder, &files)));
    }
}

/// Tracked and not another repository's, from which a third may declare secrets; what lies behind a link is told of
/// what it leads to.
fn is_ours(world: &World<'_>, path: &RepoPath) -> bool {
    let is_tracked = world.tree.files.get(path).is_some_and(|entry| entry.tracked);
    is_tracked
        && !is_of_clan(path)
        && !world.tree.excluded.contains(path)
        && input_of(path).is_none()
        && world.tree.behind_links(path) == *path
}

fn beside(wanted: &Wanted<'_>, path: &RepoPath) -> Finding {
    Finding {
        certainty: wanted.certainty.clone(),
        help: Some(format!(
            "name it in a secret, as in `sopsFile = ./{};`, or delete it with `{}`; what it held has to be renewed \
             then, for it stays in the history",
            path,
            command::git_rm(path)
        )),
        ..RULE.finding(
            Label::new(Place::whole_file(path.clone()), "no host declares anything from it"),
            format!(
                "No host declares a secret from `{path}`, though hosts do from its folder. Whatever it was meant to \
                 give, it gives to nobody."
            ),
        )
    }
}

/// One note a folder: its files are most likely those of Terraform, Kubernetes or the like.
fn apart(folder: &str, files: &[&RepoPath]) -> Finding {
    let first = files.first().map_or_else(|| folder.into(), |path| (*path).clone());
    let (what, here) = match files {
        [one] => (format!("`{one}`"), "it".to_owned()),
        _ => (format!("any of the {} of `{folder}`", count(files.len())), "them".to_owned()),
    };
    Finding {
        level: Level::Note,
        certainty: Certainty::Certain,
        help: Some(format!("if another program reads {here}, `exclude` in `sealnix.toml` says so")),
        names: vec![folder.to_owned()],
        ..RULE.finding(
            Label::new(Place::whole_file(first), "no host declares anything from it"),
            format!("No host declares a secret from {what}, nor from its folder."),
        )
    }
}
