//! A value of a sops file that no host declares.

use rayon::prelude::*;

use crate::checks::{Rule, Undecided, Verdict, World};
use crate::command::{self, SopsFile};
use crate::finding::{Finding, Label, Level};
use crate::nearest::nearest;
use crate::sops::{Child, Document, Format, Found, Leaf};
use crate::source::{Place, input_of};

use super::kept::{Dormant, decrypted_by, is_for_people};
use super::wanted::{OfFile, Wanted};

pub const RULE: Rule =
    Rule { id: "unused-key", level: Level::Warning, page: include_str!("../../../docs/rules/unused-key.md"), check };

fn check(world: &World<'_>, verdict: &mut Verdict) {
    let wanted = Wanted::of(world);
    let mut dormant = None;
    // What another repository keeps may be declared in a third.
    let is_own = |document: &Document| input_of(&document.path).is_none();
    for document in world.vault.documents().filter(|document| has_keys(document) && is_own(document)) {
        // What lies behind a link is told of what it leads to.
        let Some(of_file) = wanted.files.get(&document.path).filter(|of_file| !of_file.is_whole) else {
            continue;
        };
        let some_used = of_file.keys.iter().any(|key| !matches!(document.find(key), Found::Missing));
        let unused = unused(document, of_file, &wanted);
        if unused.is_empty() || !some_used {
            continue;
        }
        let read_by_script = || {
            let place = decrypted_by(world, &document.path)?;
            Some(format!("`{}:{}` decrypts it", place.path, place.start.line))
        };
        match wanted.unknown.clone().or(of_file.unknown.clone()).or_else(read_by_script) {
            Some(why) => {
                let clause = format!("whether every key of `{}` is declared: {why}", document.path);
                verdict.undecided.push(Undecided::of_repository(clause));
            }
            None => {
                let dormant = dormant.get_or_insert_with(|| Dormant::of(world));
                // Each is looked for in all of the code.
                let found = unused.into_par_iter().map(|unused| {
                    let declaration = dormant.declaration(&unused.key);
                    let finding = finding(document, of_file, &wanted, unused);
                    declaration.map(|place| switched_off(&finding, place)).unwrap_or(finding)
                });
                verdict.findings.par_extend(found);
            }
        }
    }
}

fn has_keys(document: &Document) -> bool {
    matches!(document.format, Format::Yaml | Format::Json)
}

/// A value that nothing declares.
struct Unused<'d> {
    key: String,
    /// What it is, where sops-nix cannot deliver it.
    not_text: Option<&'static str>,
    child: &'d Child,
}

/// The sealed values that no secret names, nor a map around them (which is another mistake).
fn unused<'d>(document: &'d Document, of_file: &OfFile<'_>, wanted: &Wanted<'_>) -> Vec<Unused<'d>> {
    let leaves = document.reachable_leaves().into_iter();
    let sealed = leaves.filter_map(|(key, leaf, child)| match leaf {
        // Sops sealed it in the form of the name.
        Leaf::Sealed(seal) => {
            Some(Unused { key, not_text: seal.sealed_type.not_text(Format::of(&document.path)), child })
        }
        _ => None,
    });
    let is_named = |key: &str| of_file.keys.contains(key) || wanted.keys.contains(key);
    let is_used = |path: &str| {
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        ends.into_iter().filter_map(|end| path.get(..end)).any(is_named)
    };
    sealed.filter(|value| !is_used(&value.key) && !is_for_people(&value.key, &of_file.keys)).collect()
}

/// The code declares it, in a module that no host imports or that is off: whoever switches it on needs the value.
fn switched_off(finding: &Finding, declaration: Place) -> Finding {
    Finding {
        level: Level::Note,
        others: vec![Label::new(declaration, "the code names it here, and no host has this declaration")],
        ..finding.clone()
    }
}

fn finding(document: &Document, of_file: &OfFile<'_>, wanted: &Wanted<'_>, unused: Unused<'_>) -> Finding {
    let Unused { key, not_text, child } = unused;
    let path = &document.path;
    let missing = of_file.keys.iter().copied().filter(|key| matches!(document.find(key), Found::Missing));
    let near = nearest(&key, missing);
    let meant = near.map(|near| format!(" `{near}`, which is declared, is not in the file.")).unwrap_or_default();
    Finding {
        certainty: wanted.certainty.clone(),
        help: Some(match (near, not_text) {
            (Some(near), None) => format!("declare it as `key = {};` where `{near}` is meant", command::text(&key)),
            (_, Some(what)) => format!(
                "take it out of the file with `{}`; or, as it is sealed as {what} and sops-nix delivers only text, put \
                 it in quotes with `{}` and declare it then",
                command::unset(path, &key),
                command::edit(SopsFile::read(document))
            ),
            (None, None) => format!(
                "declare it, as in `{}`, or take it out of the file with `{}`",
                command::declaration(&key, of_file.is_named.then_some(path)),
                command::unset(path, &key)
            ),
        }),
        suggestion: near.map(str::to_owned),
        key: Some(key.clone()),
        ..RULE.finding(
            Label::new(child.key_place.clone(), "no host declares it"),
            format!(
                "`{key}` of `{path}` is declared by no host, though other keys of the file are. It reaches nobody, \
                 and has to be kept secret and renewed all the same.{meant}"
            ),
        )
    }
}
