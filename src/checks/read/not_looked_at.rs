//! A file that matters and was not looked at: the run is not clean, whatever else it found.

use crate::checks::deciding::deciding;
use crate::checks::declared::declared;
use crate::checks::{Rule, Verdict, World};
use crate::finding::{Finding, Label, Level};
use crate::source::Place;

pub const RULE: Rule = Rule {
    id: "not-looked-at",
    level: Level::Error,
    page: include_str!("../../../docs/rules/not-looked-at.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for not_looked in &world.tree.not_looked {
        let (path, why) = (&not_looked.path, &not_looked.why);
        if world.tree.files.get(path).is_some_and(|entry| !entry.tracked) {
            continue;
        }
        let Some(role) = role(world, path) else { continue };
        verdict.findings.push(Finding {
            help: Some(format!("mend `{path}`, or exclude it if nothing depends on it")),
            ..RULE.finding(
                Label { masked: true, ..Label::new(Place::whole_file(path.clone()), why.clone()) },
                format!(
                    "`{path}` was not looked at: it {why}. It is {role}, so what depends on it is not checked, and \
                     this run cannot say that the repository is in order."
                ),
            )
        });
    }
}

/// What a file is to the answer; nothing where it is no part of it as far as can be told.
fn role(world: &World<'_>, path: &str) -> Option<&'static str> {
    let names_it = |file: &crate::manifest::SopsFile| &*file.path == path;
    if path.ends_with(".nix") {
        Some("a Nix file")
    } else if path == ".sops.yaml" || path.ends_with("/.sops.yaml") {
        Some("a rule file of sops")
    } else if declared(world.manifest).any(|declared| declared.secret.sops_file.known().is_some_and(names_it)) {
        Some("named by a declared secret")
    } else if may_be_sealed(path) && deciding(world.policy, path).is_some_and(|deciding| deciding.is_specific()) {
        Some("meant by a creation rule")
    } else {
        None
    }
}

/// A picture in a folder that a rule takes is no sops file.
fn may_be_sealed(path: &str) -> bool {
    [".yaml", ".yml", ".json", ".env", ".ini"].iter().any(|ending| path.ends_with(ending))
}
