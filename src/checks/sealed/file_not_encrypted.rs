//! A file that is meant to be sealed holds no sops metadata.

use std::collections::BTreeMap;

use super::meant::meant;
use crate::checks::agenix::declared as agenix;
use crate::checks::deciding::deciding;
use crate::checks::declared::{Declared, Named, declared};
use crate::checks::{Rule, Verdict, World};
use crate::command::{self, SopsFile};
use crate::finding::{Finding, Label, Level};
use crate::manifest::Certainty;
use crate::policy::Problem;
use crate::source::{Place, RepoPath};
use crate::vault::AgeFile;

pub const RULE: Rule = Rule {
    id: "file-not-encrypted",
    level: Level::Error,
    page: include_str!("../../../docs/rules/file-not-encrypted.md"),
    check,
};

/// What is left to do once it is sealed.
const CHANGE: &str = "what was committed in clear stays in the history, so change the secrets themselves too";

fn check(world: &World<'_>, verdict: &mut Verdict) {
    let mut files: BTreeMap<&RepoPath, Vec<Declared<'_>>> = BTreeMap::new();
    for declared in declared(world.manifest) {
        if let Named::NotEncrypted(path) = declared.file(world) {
            files.entry(path).or_default().push(declared);
        }
    }
    let ruled = meant(world);
    verdict.undecided.extend(ruled.undecided);
    for path in &ruled.files {
        files.entry(path).or_default();
    }
    for (path, declared) in files {
        if ruled.files.contains(path) {
            // The rule makes it certain, whoever reads it.
            verdict.findings.push(finding(world, path, Certainty::Certain, &declared, true));
            continue;
        }
        let groups = by_certainty(&declared).into_iter();
        verdict.findings.extend(groups.map(|(certainty, of)| finding(world, path, certainty, &of, false)));
    }
    for declared in agenix::declared(world.manifest) {
        let Some((path, AgeFile::Unread { why, is_age, .. })) = declared.file(world) else { continue };
        if *is_age {
            let (name, owner) = (declared.name, declared.owner());
            let clause = format!("whether `{name}` of {owner} can be read from `{path}`: {why}");
            verdict.undecided_of(declared.host, clause);
        } else {
            verdict.findings.push(no_age_file(&declared, path));
        }
    }
}

/// Hosts of different certainty are two findings. A host counts once, with the declaration that it has
/// most surely.
fn by_certainty<'a>(declared: &[Declared<'a>]) -> BTreeMap<Certainty, Vec<Declared<'a>>> {
    let host = |declared: &Declared<'a>| (declared.host.kind, declared.host.name.as_str());
    let mut surest = BTreeMap::new();
    for one in declared {
        let known = surest.entry(host(one)).or_insert(&one.secret.certainty);
        *known = (&one.secret.certainty).min(known);
    }
    let mut groups: BTreeMap<Certainty, Vec<Declared<'a>>> = BTreeMap::new();
    for one in declared {
        let certainty = surest.get(&host(one)).copied().unwrap_or(&one.secret.certainty);
        groups.entry(certainty.clone()).or_default().push(*one);
    }
    groups
}

fn finding(
    world: &World<'_>,
    path: &RepoPath,
    certainty: Certainty,
    declared: &[Declared<'_>],
    by_rule: bool,
) -> Finding {
    let deciding = deciding(world.policy, path);
    let has_rule = deciding.is_some();
    let (what, harm) = match declared.first() {
        Some(first) => (
            format!("is to hold secret `{}`", first.name),
            "The build passes and copies it into the Nix store, where every user of the machine can read it; \
             activation then fails with \"sops metadata not found\".",
        ),
        None => (
            "is meant to be encrypted by a creation rule".to_owned(),
            "Whoever can read the repository can read it, and a configuration that is built from it carries it \
             into the Nix store.",
        ),
    };
    let file = declared.first().map_or_else(|| path.into(), |first| SopsFile::of_secret(path, first.secret));
    let mut others: Vec<Label> = Vec::new();
    for declared in declared {
        let label = Label::new(declared.place(), format!("`{}` is read from it", declared.name));
        if !others.contains(&label) {
            others.push(label);
        }
    }
    others.extend(deciding.filter(|_| by_rule).map(|rule| Label::new(rule.place(), "this rule means the file")));
    Finding {
        certainty,
        hosts: declared.iter().map(|declared| declared.host.name.clone()).collect(),
        help: Some(format!("{}; {CHANGE}", seal(world, path, file, has_rule))),
        others,
        ..RULE.finding(
            // What stands there is probably the secret.
            Label { masked: true, ..Label::new(Place::whole_file(path.clone()), "no sops metadata in this file") },
            format!("`{path}` {what} but is not encrypted. {harm}"),
        )
    }
}

/// How to seal a file, as the beginning of a sentence; sops stops at what is wrong in the rule file.
fn seal(world: &World<'_>, path: &str, file: SopsFile<'_>, has_rule: bool) -> String {
    let command = command::encrypt(file);
    match world.policy.problem_for(path) {
        Some(Problem { place, .. }) => {
            format!("mend `{}:{}` first, where sops stops; then `{command}` seals it", place.path, place.start.line)
        }
        None if has_rule => format!("`{command}` seals it"),
        None => format!("no creation rule takes it: add one to `.sops.yaml`, then `{command}` seals it"),
    }
}

/// A file that a secret of agenix names.
fn no_age_file(declared: &agenix::Declared<'_>, path: &str) -> Finding {
    let name = declared.name;
    let file = Label { masked: true, ..Label::new(Place::whole_file(path.into()), "no age file") };
    let finding = declared.finding(
        &RULE,
        "is read from it",
        format!(
            "`{path}` is to hold secret `{name}` but is not encrypted: it does not begin as an age file. The build passes \
             and copies it into the Nix store, where every user of the machine can read it; activation then cannot \
             decrypt it."
        ),
    );
    Finding {
        help: Some(format!(
            "take the text out of the file and enter it anew with `agenix --edit`, from the folder of its `secrets.nix`; \
             {CHANGE}"
        )),
        others: vec![finding.primary],
        primary: file,
        ..finding
    }
}
