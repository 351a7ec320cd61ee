//! The file that a secret names is there, but a flake does not see it.

use crate::checks::declared::{Named, declared};
use crate::checks::{Rule, Verdict, World};
use crate::command;
use crate::finding::{Finding, Label, Level};
use crate::source::Place;

pub const RULE: Rule = Rule {
    id: "sops-file-untracked",
    level: Level::Error,
    page: include_str!("../../../docs/rules/sops-file-untracked.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for declared in declared(world.manifest) {
        let Named::Untracked(path) = declared.file(world) else { continue };
        let named_at = declared.field_label("sopsFile", "the file is named here");
        // A file that git does not know may lie there in clear.
        let file = Label { masked: true, ..Label::new(Place::whole_file(path.clone()), "git does not know this file") };
        verdict.findings.push(Finding {
            help: Some(format!("`{}`", command::git_add(path))),
            others: named_at.into_iter().chain([file]).collect(),
            ..declared.finding(
                &RULE,
                format!("needs `{path}`"),
                format!(
                    "Secret `{}` is to be read from `{path}`, which git does not track. A flake sees only what git \
                     tracks, so the configuration does not build: Nix says that the file does not exist.",
                    declared.name
                ),
            )
        });
    }
}
