//! An age file that the rules of agenix do not name.

use std::collections::BTreeSet;

use crate::checks::{Rule, Undecided, Verdict, World};
use crate::command;
use crate::finding::{Finding, Label, Level};
use crate::source::Place;

use super::declared::{configurations, declared};
use super::entries::of;

pub const RULE: Rule = Rule {
    id: "age-rule-missing",
    level: Level::Warning,
    page: include_str!("../../../docs/rules/age-rule-missing.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    let (agenix, vault) = (world.agenix, world.vault);
    if agenix.files.is_empty() {
        return;
    }
    let of_rekey: BTreeSet<&str> = declared(world.manifest)
        .filter(|declared| declared.is_rekeyed())
        .flat_map(|declared| {
            let master = declared.secret.rekey_file.known().and_then(Option::as_ref);
            declared.path().into_iter().chain(master.map(|file| &*file.path))
        })
        .collect();
    let rekeys = configurations(world.manifest).any(|(.., agenix)| agenix.rekey.is_some());
    let wanted: BTreeSet<&str> = declared(world.manifest).filter_map(|declared| declared.path()).collect();
    // Folders in which the rules have a file: any other age file is none of theirs.
    let folder = |path: &str| path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned());
    let ruled: Vec<&str> = vault.age.keys().map(|path| &**path).filter(|path| of(agenix, path).is_some()).collect();
    let folders: BTreeSet<String> = ruled.iter().map(|path| folder(path)).collect();
    let is_meant = |path: &str| wanted.contains(path) || !rekeys && folders.contains(&folder(path));
    let without = vault.age.iter().filter(|(_, file)| file.header().is_some()).map(|(path, _)| path);
    let without = without.filter(|path| !ruled.contains(&&***path) && !of_rekey.contains(&***path));
    let without = without.filter(|path| world.tree.is_visible(path) && is_meant(path));
    let open = agenix.files.iter().find_map(|rules| Some((rules, rules.open.as_ref()?)));
    for path in without {
        match open {
            Some((rules, gap)) => {
                let clause = format!("whether `{path}` has an entry in `{}`: {}", rules.path, gap.why);
                verdict.undecided.push(Undecided::of_repository(clause));
            }
            None => verdict.findings.push(finding(world, path)),
        }
    }
}

fn finding(world: &World<'_>, path: &str) -> Finding {
    // The rules file that is nearest above it.
    let above = world.agenix.files.iter().filter(|rules| {
        let folder = rules.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
    });
    let nearest = above.max_by_key(|rules| rules.path.len()).or(world.agenix.files.first());
    let rules = nearest.map_or("secrets.nix", |rules| &rules.path);
    let folder = rules.rsplit_once('/').map_or("", |(folder, _)| folder);
    let name = path.strip_prefix(folder).map_or(path, |rest| rest.trim_start_matches('/'));
    let declared: Vec<_> = declared(world.manifest).filter(|declared| declared.path() == Some(path)).collect();
    let mut hosts: Vec<String> = declared.iter().map(|declared| declared.host.name.clone()).collect();
    hosts.sort();
    hosts.dedup();
    let declared_at = declared.first().map(|declared| Label::new(declared.place(), "a secret is read from it"));
    Finding {
        hosts,
        help: Some(format!(
            "write `{}.publicKeys = [ … ];` into `{rules}`, with the keys of those who are to read it; or take the file away",
            command::text(name)
        )),
        others: declared_at.into_iter().collect(),
        ..RULE.finding(
            Label::new(Place::whole_file(path.into()), "no entry names this file"),
            format!(
                "`{path}` has no entry in `{rules}`. agenix cannot edit it, and `agenix --rekey` passes it over: who \
                 was taken out everywhere else can still read it, and a new host cannot."
            ),
        )
    }
}
