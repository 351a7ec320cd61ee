//! The metadata of a sops file is such that sops refuses it, or cannot open it for a recipient.

use crate::checks::deciding::deciding;
use crate::checks::declared::declared;
use crate::checks::{Rule, Undecided, Verdict, World};
use crate::command::{self, SopsFile};
use crate::finding::{Finding, Label, Level};
use crate::source::Place;

pub const RULE: Rule = Rule {
    id: "sops-metadata-malformed",
    level: Level::Error,
    page: include_str!("../../../docs/rules/sops-metadata-malformed.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    let files = world.vault.unread(true).map(|(why, place)| (why, place, Harm::File));
    let unusable = world.vault.documents().flat_map(|document| &document.metadata.unusable);
    let recipients = unusable.map(|refused| (refused.why.as_str(), &refused.place, Harm::Recipient));
    for (why, place, harm) in files.chain(recipients) {
        if is_meant(world, &place.path) {
            verdict.findings.push(finding(world, why, place, harm));
        } else {
            let clause = format!("whether `{}` is in order: line {} {why}", place.path, place.start.line);
            verdict.undecided.push(Undecided::of_repository(clause));
        }
    }
}

/// What a mistake spoils.
#[derive(Clone, Copy)]
enum Harm {
    /// Sops refuses the file.
    File,
    /// One recipient cannot open it.
    Recipient,
}

/// Test data holds broken metadata on purpose: no secret and no creation rule means it.
fn is_meant(world: &World<'_>, path: &str) -> bool {
    let is_declared = world.manifest.sops_files().any(|file| &**file == path);
    let is_tracked = world.tree.files.get(path).is_none_or(|entry| entry.tracked);
    is_tracked && (is_declared || deciding(world.policy, path).is_some_and(|deciding| deciding.is_specific()))
}

fn finding(world: &World<'_>, why: &str, place: &Place, harm: Harm) -> Finding {
    let path = &place.path;
    let mut hosts: Vec<String> = declared(world.manifest)
        .filter(|declared| declared.secret.sops_file.known().is_some_and(|file| file.path == *path))
        .map(|declared| declared.host.name.clone())
        .collect();
    hosts.sort();
    hosts.dedup();
    let file = world.vault.document(path).map_or_else(|| path.into(), SopsFile::read);
    let (consequence, help) = match harm {
        Harm::File => (
            "sops refuses the file. The build does not look at its metadata and passes; activation then fails and \
             installs no secret at all.",
            format!("take the metadata from an earlier commit in which `{}` works", command::edit(path)),
        ),
        Harm::Recipient => (
            "This recipient cannot open the file.",
            format!("once somebody else can open it, seal it anew for all recipients with `{}`", command::rotate(file)),
        ),
    };
    Finding {
        hosts,
        help: Some(help),
        ..RULE.finding(Label::new(place.clone(), "here"), format!("`{path}` {why}. {consequence}"))
    }
}
