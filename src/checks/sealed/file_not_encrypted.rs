//! A file that is meant to be sealed holds no sops metadata.

use std::collections::{BTreeMap, BTreeSet};

use crate::checks::deciding::{Deciding, deciding};
use crate::checks::declared::{Declared, Named, declared};
use crate::checks::{Rule, Verdict, World};
use crate::command::{self, SopsFile};
use crate::finding::{Finding, Label, Level};
use crate::manifest::Certainty;
use crate::source::{Entry, Place, RepoPath};

pub const RULE: Rule = Rule {
    id: "file-not-encrypted",
    level: Level::Error,
    page: include_str!("../../../docs/rules/file-not-encrypted.md"),
    check,
};

/// Endings of files that nobody seals with sops: code, prose and public keys.
const NEVER_MEANT: [&str; 3] = [".nix", ".md", ".pub"];

/// Endings of files that other programs have sealed: a creation rule does not mean them.
const SEALED_OTHERWISE: [&str; 3] = [".age", ".gpg", ".asc"];

fn check(world: &World<'_>, verdict: &mut Verdict) {
    let mut files: BTreeMap<&RepoPath, Vec<Declared<'_>>> = BTreeMap::new();
    for declared in declared(world.manifest) {
        if let Named::NotEncrypted(path) = declared.file(world) {
            files.entry(path).or_default().push(declared);
        }
    }
    let ruled = meant_by_rules(world);
    for path in &ruled {
        files.entry(path).or_default();
    }
    for (path, declared) in files.into_iter().filter(|(path, _)| !ends_in(path, &NEVER_MEANT)) {
        if ruled.contains(path) {
            // The rule makes it certain, whoever reads it.
            verdict.findings.push(finding(world, path, Certainty::Certain, &declared, true));
            continue;
        }
        let groups = by_certainty(&declared).into_iter();
        verdict.findings.extend(groups.map(|(certainty, of)| finding(world, path, certainty, &of, false)));
    }
}

fn ends_in(path: &str, endings: &[&str]) -> bool {
    endings.iter().any(|ending| path.ends_with(ending))
}

/// What one creation rule takes.
#[derive(Default)]
struct Taken<'a> {
    code: usize,
    sealed: Vec<&'a RepoPath>,
    clear: Vec<&'a RepoPath>,
}

impl<'a> Taken<'a> {
    /// The files in clear that the rule means. One that takes more code than sops files, such as
    /// `hosts/web/.+`, is about a folder: its other files need not be secret. Nor need those of kinds
    /// of which it has sealed none, where they outnumber the sealed ones.
    fn meant(self) -> Vec<&'a RepoPath> {
        let sealed = self.sealed.len().max(1);
        if self.code > sealed {
            return Vec::new();
        }
        let kinds: BTreeSet<&str> = self.sealed.iter().map(|path| kind(path)).collect();
        let (known, others): (Vec<_>, Vec<_>) = self.clear.into_iter().partition(|path| kinds.contains(kind(path)));
        if kinds.is_empty() || others.len() + self.code <= sealed { [known, others].concat() } else { known }
    }
}

/// What a file's name ends in.
fn kind(path: &str) -> &str {
    path.rsplit(['.', '/']).next().unwrap_or(path)
}

/// The tracked files in clear that a creation rule means to be sealed.
fn meant_by_rules<'a>(world: &World<'a>) -> BTreeSet<&'a RepoPath> {
    let mut rules: BTreeMap<&Place, Taken<'a>> = BTreeMap::new();
    for (path, entry) in &world.tree.files {
        let means = |deciding: &Deciding<'_>| deciding.is_specific() && !deciding.is_sketch();
        let Some(deciding) = deciding(world.policy, path).filter(means) else { continue };
        let taken = rules.entry(&deciding.rule.place).or_default();
        if path.ends_with(".nix") {
            taken.code += 1;
        } else if world.vault.is_sealed(path) {
            taken.sealed.push(path);
        } else if entry.tracked && may_be_meant(world, path, entry) && !is_data_of_code(world, &deciding, path) {
            taken.clear.push(path);
        }
    }
    rules.into_values().flat_map(Taken::meant).collect()
}

/// Whether Nix reads the file, which lies beside code, and the rule takes it like all others of its ending there:
/// sealed, the data would be of no use to the code.
fn is_data_of_code(world: &World<'_>, deciding: &Deciding<'_>, path: &RepoPath) -> bool {
    let (folder, name) = path.rsplit_once('/').map_or(("", &**path), |(folder, name)| (folder, name));
    let beside = world.tree.children(folder).unwrap_or_default();
    world.evaluated.contains(path)
        && beside.keys().any(|name| name.ends_with(".nix"))
        && deciding.takes_any_name(folder, kind(name))
}

fn may_be_meant(world: &World<'_>, path: &str, entry: &Entry) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    // `.gitkeep`, `.gitattributes` and the rule file itself; an empty file gives nothing away.
    let housekeeping = name.starts_with(".git") || name == ".sops.yaml" || entry.size == 0;
    let has_nothing_to_seal = housekeeping || world.vault.examples.contains(path);
    let looked_at = !world.tree.excluded.contains(path) && world.tree.why_not_looked(path).is_none();
    !has_nothing_to_seal && looked_at && !ends_in(path, &SEALED_OTHERWISE)
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
        help: Some(format!(
            "{}`{}` seals it; what was committed in clear stays in the history, so change the secrets themselves too",
            if has_rule { "" } else { "no creation rule takes it: add one to `.sops.yaml`, then " },
            command::encrypt(file)
        )),
        others,
        ..RULE.finding(
            // What stands there is probably the secret.
            Label { masked: true, ..Label::new(Place::whole_file(path.clone()), "no sops metadata in this file") },
            format!("`{path}` {what} but is not encrypted. {harm}"),
        )
    }
}
