//! A private key in a file that git tracks.

use crate::checks::{Rule, Verdict, World};
use crate::command;
use crate::finding::{Finding, Label, Level};
use crate::vault::PrivateKey;

pub const RULE: Rule = Rule {
    id: "private-key-committed",
    level: Level::Error,
    page: include_str!("../../../docs/rules/private-key-committed.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    verdict.findings.extend(world.vault.private_keys.iter().map(|key| finding(world, key)));
}

fn finding(world: &World<'_>, key: &PrivateKey) -> Finding {
    let PrivateKey { kind, place, fills_file } = key;
    let path = &place.path;
    let is_committed = world.tree.is_committed(path);
    let remove = match (fills_file, is_committed) {
        (true, true) => format!("take the file out of git with `{}`", command::git_rm_cached(path)),
        (true, false) => "take the file out of the folder".to_owned(),
        (false, _) => format!("take it out of `{path}`"),
    };
    let (tracked, read, stays) = if is_committed {
        (", and git tracks it", "the repository, now or any earlier state of it,", "it stays in the history, so make")
    } else {
        ("", "the folder, or a copy of it,", "if anybody else could read it, make")
    };
    Finding {
        help: Some(format!(
            "{remove}, and keep it outside or seal it with sops; {stays} a new key, put that in its place everywhere, and \
             run `sops updatekeys` on what the old one opens"
        )),
        ..RULE.finding(
            Label { masked: true, ..Label::new(place.clone(), format!("{kind}, in clear")) },
            format!(
                "`{path}` holds {kind} in clear{tracked}. Whoever can read {read} has all that the key opens; with a flake \
                 it also lies readable in the Nix store."
            ),
        )
    }
}
