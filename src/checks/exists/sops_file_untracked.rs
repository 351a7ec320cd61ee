//! The file that a secret names is there, but a flake does not see it.

use crate::checks::declared::{Declared, Named, declared};
use crate::checks::{Rule, Verdict, World};
use crate::command::{self, SopsFile};
use crate::finding::{Finding, Label, Level};
use crate::source::{Place, RepoPath};

pub const RULE: Rule = Rule {
    id: "sops-file-untracked",
    level: Level::Error,
    page: include_str!("../../../docs/rules/sops-file-untracked.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for declared in declared(world.manifest) {
        let lies = match declared.file(world) {
            Named::Ignored(path) => Lies { path, is_ignored: true, is_clear: false },
            Named::Untracked(path) => Lies {
                path,
                is_ignored: false,
                is_clear: !world.vault.is_sealed(path) && world.tree.why_not_looked(path).is_none(),
            },
            _ => continue,
        };
        verdict.findings.push(finding(&declared, &lies));
    }
}

/// A file that git does not track.
struct Lies<'a> {
    path: &'a RepoPath,
    is_ignored: bool,
    /// It holds no sops metadata.
    is_clear: bool,
}

fn finding(declared: &Declared<'_>, lies: &Lies<'_>) -> Finding {
    let &Lies { path, is_ignored, is_clear } = lies;
    let seal = command::encrypt(SopsFile::of_secret(path, declared.secret));
    let help = match (is_ignored, is_clear) {
        // It was not looked into.
        (true, _) => format!("`{}`; if it is not encrypted yet, `{seal}` first", command::git_add_ignored(path)),
        (false, true) => format!("`{seal}` first, then `{}`", command::git_add(path)),
        (false, false) => format!("`{}`", command::git_add(path)),
    };
    let (what, clear) = (
        if is_ignored { "which git is told to ignore" } else { "which git does not track" },
        if is_clear { " Nor is the file encrypted: added as it is, it would be committed in clear." } else { "" },
    );
    let named_at = declared.field_label("sopsFile", "the file is named here");
    // A file that git does not know may lie there in clear.
    let file = Label { masked: true, ..Label::new(Place::whole_file(path.clone()), "git does not know this file") };
    Finding {
        help: Some(help),
        others: named_at.into_iter().chain([file]).collect(),
        names: vec![path.to_string()],
        ..declared.finding(
            &RULE,
            format!("needs `{path}`"),
            format!(
                "Secret `{}` is to be read from `{path}`, {what}. A flake sees only what git tracks, so the configuration \
                 does not build: Nix says that the file does not exist.{clear}",
                declared.name
            ),
        )
    }
}
