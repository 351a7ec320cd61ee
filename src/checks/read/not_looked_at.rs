//! A file that matters and was not looked at: the run is not clean, whatever else it found.

use std::collections::{BTreeMap, BTreeSet};

use crate::checks::deciding::deciding;
use crate::checks::declared::{Named, declared};
use crate::checks::sealed::conflict_markers::says_why_unread;
use crate::checks::{Rule, Undecided, Verdict, World};
use crate::finding::{Finding, Label, Level};
use crate::source::{Place, RepoPath};

pub const RULE: Rule = Rule {
    id: "not-looked-at",
    level: Level::Error,
    page: include_str!("../../../docs/rules/not-looked-at.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    let labels = world.not_looked_at();
    let said = |path: &RepoPath| labels.iter().any(|label| label.place.path == *path);
    let others = unread(world).filter(|label| !said(&label.place.path));
    let others = others.map(|label| format!("whether `{}` is in order: it {}", label.place.path, label.text));
    verdict.undecided.extend(others.map(Undecided::of_repository));
    let declared = unread_of_hosts(world);
    let hosts = |label: &Label| declared.get(&label.place.path).into_iter().flatten().map(|&host| host.to_owned());
    verdict.findings.extend(labels.into_iter().map(|label| finding(hosts(&label).collect(), label)));
}

fn finding(hosts: Vec<String>, label: Label) -> Finding {
    let (path, why) = (&label.place.path, &label.text);
    Finding {
        hosts,
        help: Some(format!("mend `{path}`, or exclude it in `sealnix.toml` if nothing depends on it")),
        ..RULE.finding(
            label.clone(),
            format!(
                "`{path}` was not looked at: it {why}. What depends on it is not checked, so this run cannot say \
                 that the repository is in order."
            ),
        )
    }
}

impl World<'_> {
    /// The files on which the answer depends and that were not looked at: where, and why as a clause.
    /// Git's untracked files are none; nor is what holds sops metadata by accident, such as test data
    /// that no secret and no creation rule means.
    pub fn not_looked_at(&self) -> Vec<Label> {
        // The tree lists only what matters: pictures and the like are no loss.
        let files = self.tree.not_looked.iter();
        let files = files.map(|file| masked(Place::whole_file(file.path.clone()), file.why.clone()));
        // What sops itself refuses is `policy-invalid`.
        let policies = self.policy.configs.iter().filter(|config| config.is_beyond_bounds);
        let policies = policies.filter_map(|config| config.problems.first());
        let policies = policies.map(|problem| Label::new(problem.place.clone(), problem.why.clone()));
        let declared = unread_of_hosts(self);
        let is_ruled = |path: &str| deciding(self.policy, path).is_some_and(|deciding| deciding.is_specific());
        let sealed =
            unread(self).filter(|label| declared.contains_key(&label.place.path) || is_ruled(&label.place.path));
        let all = files.chain(policies).chain(sealed);
        all.filter(|label| self.tree.files.get(&label.place.path).is_none_or(|entry| entry.tracked)).collect()
    }
}

/// The files that secrets name and that were not read, with the hosts that declare them.
fn unread_of_hosts<'a>(world: &World<'a>) -> BTreeMap<&'a RepoPath, BTreeSet<&'a str>> {
    let mut files: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for declared in declared(world.manifest) {
        if let Named::Unread(path, _) = declared.file(world) {
            files.entry(path).or_default().insert(declared.host.name.as_str());
        }
    }
    files
}

/// The sops files that sops would not take; of those in which a merge was left half done `conflict-markers` says why.
fn unread<'a>(world: &'a World<'_>) -> impl Iterator<Item = Label> + 'a {
    let unread = world.vault.unread(false).filter(|(_, place)| !says_why_unread(world, &place.path));
    unread.map(|(why, place)| masked(place.clone(), why.to_owned()))
}

fn masked(place: Place, why: String) -> Label {
    Label { masked: true, ..Label::new(place, why) }
}
