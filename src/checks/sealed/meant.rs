//! The files in clear that creation rules mean to be sealed.

use std::collections::{BTreeMap, BTreeSet};

use crate::checks::deciding::{Deciding, deciding};
use crate::checks::{Undecided, World};
use crate::source::{Entry, Place, RepoPath};
use crate::vault::Contents;

/// Endings of files that nobody seals with sops (code, prose and public keys), or that other programs have sealed.
const NEVER_MEANT: [&str; 6] = [".nix", ".md", ".pub", ".age", ".gpg", ".asc"];

/// What all creation rules say of the tracked files in clear.
#[derive(Default)]
pub struct Meant<'a> {
    /// They are to be sealed.
    pub files: BTreeSet<&'a RepoPath>,
    /// They are to be sealed once the rule's recipients are filled in.
    pub sketched: BTreeSet<&'a RepoPath>,
    /// Whether these are is not known, one a rule.
    pub undecided: Vec<Undecided>,
}

/// What one creation rule takes.
struct Taken<'a> {
    deciding: Deciding<'a>,
    code: usize,
    sealed: Vec<&'a RepoPath>,
    clear: Vec<&'a RepoPath>,
}

impl<'a> Taken<'a> {
    /// The files in clear that the rule means, and those that it may mean. It means what is of a kind that it has
    /// sealed, and what holds values and nothing else; files of other kinds only where they are few. One that takes
    /// more code than sops files, such as `hosts/web/.+`, is about a folder, in which programs have their settings
    /// too: there it means what names its values as secrets are named.
    fn meant(&self, world: &World<'_>) -> (Vec<&'a RepoPath>, Vec<&'a RepoPath>) {
        let kinds: BTreeSet<&str> = self.sealed.iter().map(|path| kind(path)).collect();
        let others = self.clear.iter().filter(|path| !kinds.contains(kind(path))).count();
        let sealed = self.sealed.len().max(1);
        let is_folder = self.code > sealed;
        let are_few = kinds.is_empty() || others + self.code <= sealed;
        let contents = |path: &str| world.tree.texts.get(path).map_or(Contents::Other, Contents::of);
        let is_meant = |path: &str| match is_folder {
            true => contents(path) == Contents::Secrets,
            false => are_few || kinds.contains(kind(path)) || contents(path) >= Contents::Values,
        };
        self.clear.iter().partition(|path| is_meant(path))
    }

    fn undecided(&self, others: &[&RepoPath]) -> Option<Undecided> {
        let (first, rest) = others.split_first()?;
        let files = match rest.len() {
            0 => format!("`{first}` is"),
            rest => format!("`{first}` and {rest} more are"),
        };
        let clause = format!("whether {files} to be sealed, as {} takes also what is no secret", self.deciding.named());
        Some(Undecided::of_repository(clause))
    }
}

/// What a file's name ends in.
fn kind(path: &str) -> &str {
    path.rsplit(['.', '/']).next().unwrap_or(path)
}

/// What the rules say of the tracked files in clear.
pub fn meant<'a>(world: &World<'a>) -> Meant<'a> {
    let mut rules: BTreeMap<&Place, Taken<'a>> = BTreeMap::new();
    for (path, entry) in &world.tree.files {
        let Some(deciding) = deciding(world.policy, path).filter(Deciding::is_specific) else { continue };
        let place = &deciding.rule.place;
        let new = || Taken { deciding, code: 0, sealed: Vec::new(), clear: Vec::new() };
        let taken = rules.entry(place).or_insert_with(new);
        if path.ends_with(".nix") {
            taken.code += 1;
        } else if world.vault.is_sealed(path) {
            taken.sealed.push(path);
        } else if entry.tracked && may_be_meant(world, path, entry) && !is_data_of_code(world, &taken.deciding, path) {
            taken.clear.push(path);
        }
    }
    let mut all = Meant::default();
    for taken in rules.values() {
        let (files, others) = taken.meant(world);
        if taken.deciding.is_sketch() {
            all.sketched.extend(files);
            continue;
        }
        all.files.extend(files);
        all.undecided.extend(taken.undecided(&others));
    }
    all
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
    !has_nothing_to_seal && looked_at && !NEVER_MEANT.iter().any(|ending| path.ends_with(ending))
}
