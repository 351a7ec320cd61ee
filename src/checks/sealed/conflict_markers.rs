//! A merge that was left half done in a sops file, or that kept both sides.

use std::collections::{BTreeMap, BTreeSet};

use crate::checks::declared::declared;
use crate::checks::{Rule, Verdict, World};
use crate::command::{self, SopsFile};
use crate::finding::{Finding, Label, Level};
use crate::sops::{Child, Document, Format, Node, Value};
use crate::source::{Place, RepoPath, is_sample};

pub const RULE: Rule = Rule {
    id: "conflict-markers",
    level: Level::Error,
    page: include_str!("../../../docs/rules/conflict-markers.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    let conflicts = world.vault.conflicts.iter().filter(|(path, _)| is_ours(world, path));
    verdict.findings.extend(conflicts.map(|(path, place)| half_done(world, path, place)));
    for document in world.vault.documents().filter(|document| is_ours(world, &document.path)) {
        verdict.findings.extend(twice(document).into_iter().map(|(first, second)| both_kept(document, first, second)));
    }
}

/// Tracked and no sample; what lies behind a link is told of what it leads to.
fn is_ours(world: &World<'_>, path: &RepoPath) -> bool {
    let is_tracked = world.tree.files.get(path).is_some_and(|entry| entry.tracked);
    is_tracked && !is_sample(path) && world.tree.behind_links(path) == *path
}

/// Whether this rule says why a file could not be read.
pub fn says_why_unread(world: &World<'_>, path: &RepoPath) -> bool {
    world.vault.conflicts.contains_key(path) && is_ours(world, path)
}

fn half_done(world: &World<'_>, path: &RepoPath, place: &Place) -> Finding {
    let readers =
        declared(world.manifest).filter(|one| one.secret.sops_file.known().is_some_and(|file| file.path == *path));
    let hosts: BTreeSet<&str> = readers.map(|one| one.host.name.as_str()).collect();
    Finding {
        hosts: hosts.into_iter().map(str::to_owned).collect(),
        help: Some(format!(
            "take one side whole, with its metadata: while the merge is open by `{}`, later from the last commit in which \
             sops opens it, `{}`. Then add the other side's values in `{}`: each side is sealed under its own MAC, so the \
             two cannot be joined by hand",
            command::git_checkout("--ours", path),
            command::git_checkout("COMMIT", path),
            command::edit(path)
        )),
        ..RULE.finding(
            Label { masked: true, ..Label::new(place.clone(), "holds git's conflict markers") },
            format!(
                "`{path}` holds git's conflict markers. Neither sops nor the build can read it, and what its values are was \
                 not checked."
            ),
        )
    }
}

/// The keys that stand twice in one map of the first document, in the formats whose maps have each key once.
fn twice(document: &Document) -> Vec<(&Child, &Child)> {
    let mut found = Vec::new();
    if !matches!(document.format, Format::Yaml | Format::Json) {
        return found;
    }
    // An explicit stack: the depth comes from the file.
    let mut pending: Vec<&Node> = document.parts.first().into_iter().collect();
    while let Some(node) = pending.pop() {
        let Value::Map(children) = &node.value else {
            if let Value::List(items) = &node.value {
                pending.extend(items);
            }
            continue;
        };
        let mut seen: BTreeMap<&str, &Child> = BTreeMap::new();
        for child in children.iter().filter(|child| child.key != "<<") {
            found.extend(seen.insert(&child.key, child).map(|first| (first, child)));
            pending.push(&child.node);
        }
    }
    found
}

fn both_kept(document: &Document, first: &Child, second: &Child) -> Finding {
    let path = &document.path;
    let key = &second.key;
    Finding {
        key: Some(key.clone()),
        help: Some(format!(
            "take one of them out; if sops then says \"MAC mismatch\", take the file of one side of the merge and add the \
             other's values in `{}`",
            command::edit(SopsFile::read(document))
        )),
        others: vec![Label::new(first.key_place.clone(), "the first")],
        ..RULE.finding(
            Label::new(second.key_place.clone(), "the second"),
            format!(
                "`{key}` stands twice in one map of `{path}`: most likely a merge kept both sides. sops-nix takes the last; \
                 and if sops did not seal the file so, it says \"MAC mismatch\", and activation installs no secret at all."
            ),
        )
    }
}
