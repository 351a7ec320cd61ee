//! A file of agenix that a host or a rules file names is not in the repository.

use std::collections::BTreeSet;

use crate::agenix::{Entry, RulesFile};
use crate::checks::{Rule, Verdict, World};
use crate::command;
use crate::finding::{Finding, Label, Level};
use crate::nearest::nearest;
use crate::source::Place;

use super::declared::{Declared, Lies, declared, lies};
use super::entries::{names, of};

pub const RULE: Rule = Rule {
    id: "age-file-missing",
    level: Level::Error,
    page: include_str!("../../../docs/rules/age-file-missing.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    let mut declared_paths = BTreeSet::new();
    for declared in declared(world.manifest) {
        let (name, owner) = (declared.name, declared.owner());
        let why = match declared.path().map(|path| (path, lies(world, path))) {
            Some((_, Lies::Here)) => continue,
            Some((path, lies @ (Lies::Missing | Lies::Untracked))) => {
                declared_paths.insert(path);
                verdict.findings.push(of_declaration(world, &declared, path, &lies));
                continue;
            }
            Some((_, Lies::Elsewhere(why))) => why,
            // agenix-rekey builds it.
            None if declared.is_rekeyed() => continue,
            None => "which file it names is not known".to_owned(),
        };
        verdict.undecided_of(declared.host, format!("whether `{name}` of {owner} has its age file: {why}"));
    }
    for (rules, entry) in world.agenix.entries() {
        let is_missing = matches!(lies(world, &entry.file), Lies::Missing) && !is_beside_a_parent(world, rules, entry);
        if is_missing && !declared_paths.contains(&*entry.file) {
            verdict.findings.push(of_entry(world, rules, entry));
        }
    }
}

/// Who calls agenix in a folder above that of the rules names files from there.
fn is_beside_a_parent(world: &World<'_>, rules: &RulesFile, entry: &Entry) -> bool {
    names(rules, entry).any(|path| world.tree.files.contains_key(path.as_str()))
}

fn of_declaration(world: &World<'_>, declared: &Declared<'_>, path: &str, lies: &Lies) -> Finding {
    let name = declared.name;
    let named_at = declared.field_label("file", "the file is named here");
    let entry = of(world.agenix, path);
    let entry_at = entry.and_then(|(_, entry)| {
        Some(Label::new(entry.place.clone()?, "the rules of agenix say whom it is to be sealed for"))
    });
    let near = nearest(path, world.vault.age.keys().map(|path| &**path)).map(str::to_owned);
    let (what, help) = match (lies, entry) {
        (Lies::Untracked, _) => (
            "which git does not track, so that a flake does not see it".to_owned(),
            format!("`{}`", command::git_add(path)),
        ),
        _ if declared.is_rekeyed() => (
            "which agenix-rekey has not made yet for this host's key and what the secret holds now".to_owned(),
            format!("run `{}`, then `{}`", command::AGENIX_REKEY, command::git_add(path)),
        ),
        (_, entry) => {
            let make = entry.map(|(rules, entry)| command::agenix_edit(&rules.path, &entry.name));
            let make = make.map(|make| format!("make it with `{make}` and tell git with `{}`", command::git_add(path)));
            let make =
                make.unwrap_or_else(|| "give it an entry in `secrets.nix` and make it with `agenix --edit`".to_owned());
            match &near {
                Some(near) => (
                    format!("which is not in the repository; `{near}` is"),
                    format!("name `{near}` in `file`, or {make}"),
                ),
                None => ("which is not in the repository".to_owned(), make),
            }
        }
    };
    Finding {
        help: Some(help),
        suggestion: near.filter(|_| matches!(lies, Lies::Missing) && !declared.is_rekeyed()),
        others: named_at.into_iter().chain(entry_at).collect(),
        names: vec![path.to_string()],
        ..declared.finding(
            &RULE,
            format!("needs `{path}`"),
            format!("Secret `{name}` is to be read from `{path}`, {what}. The configuration does not build."),
        )
    }
}

fn of_entry(world: &World<'_>, rules: &RulesFile, entry: &Entry) -> Finding {
    let path = &entry.file;
    let near = nearest(path, world.vault.age.keys().map(|path| &**path)).map(str::to_owned);
    let instead = near.as_ref().map(|near| format!("; `{near}` is")).unwrap_or_default();
    let place = entry.place.clone().unwrap_or_else(|| Place::whole_file(rules.path.clone()));
    Finding {
        certainty: entry.certainty.clone(),
        help: Some(format!(
            "make it with `{}`, or take the entry away",
            command::agenix_edit(&rules.path, &entry.name)
        )),
        suggestion: near,
        names: vec![path.to_string()],
        ..RULE.finding(
            Label::new(place, format!("names `{path}`")),
            format!(
                "`{}` has an entry for `{path}`, which is not in the repository{instead}. Nothing can be read from it, \
                 and what is meant by the entry is sealed for nobody.",
                rules.path
            ),
        )
    }
}
