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
    verdict.findings.extend(world.vault.private_keys.iter().map(finding));
}

fn finding(key: &PrivateKey) -> Finding {
    let PrivateKey { kind, place, fills_file } = key;
    let path = &place.path;
    let remove = if *fills_file {
        format!("take the file out of git with `{}`", command::git_rm_cached(path))
    } else {
        format!("take it out of `{path}`")
    };
    Finding {
        help: Some(format!(
            "{remove}, and keep it outside or seal it with sops; it stays in the history, so make a new key, put that in \
             its place everywhere, and run `sops updatekeys` on what the old one opens"
        )),
        ..RULE.finding(
            Label { masked: true, ..Label::new(place.clone(), format!("{kind}, in clear")) },
            format!(
                "`{path}` holds {kind} in clear, and git tracks it. Whoever can read the repository, now or any earlier \
                 state of it, has all that the key opens; with a flake it also lies readable in the Nix store."
            ),
        )
    }
}
