//! A value of a sops file that no host declares.

use crate::checks::{Rule, Undecided, Verdict, World};
use crate::command::{self, SopsFile};
use crate::finding::{Finding, Label, Level};
use crate::nearest::nearest;
use crate::sops::{Child, Document, Format, Found, Leaf};
use crate::source::input_of;

use super::wanted::{OfFile, Wanted};

pub const RULE: Rule =
    Rule { id: "unused-key", level: Level::Warning, page: include_str!("../../../docs/rules/unused-key.md"), check };

fn check(world: &World<'_>, verdict: &mut Verdict) {
    let wanted = Wanted::of(world);
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
        match wanted.unknown.as_ref().or(of_file.unknown.as_ref()) {
            Some(why) => {
                let clause = format!("whether every key of `{}` is declared: {why}", document.path);
                verdict.undecided.push(Undecided { host: None, clause });
            }
            None => {
                let findings = unused.into_iter().map(|unused| finding(document, of_file, &wanted, unused));
                verdict.findings.extend(findings);
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
    sealed.filter(|value| !is_used(&value.key)).collect()
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
                command::declaration(&key),
                command::unset(path, &key)
            ),
        }),
        suggestion: near.map(str::to_owned),
        key: Some(key.clone()),
        ..RULE.finding(
            Label::new(child.key_place.clone(), "no host declares it"),
            format!(
                "`{key}` of `{path}` is declared by no host, though other keys of the file are.{meant} It reaches \
                 nobody, and has to be kept secret and renewed all the same."
            ),
        )
    }
}
