//! Nix evaluates a file that git keeps encrypted.

use crate::checks::{Rule, Verdict, World};
use crate::finding::{Finding, Label, Level};
use crate::source::{Encrypted, RepoPath};

pub const RULE: Rule = Rule {
    id: "git-crypt-at-eval",
    level: Level::Error,
    page: include_str!("../../../docs/rules/git-crypt-at-eval.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    // A public key is no secret, even where it is kept from the public.
    let read = world.evaluated.iter().filter(|path| !path.ends_with(".pub"));
    let encrypted = read.filter_map(|path| Some((path, world.tree.encrypted(path)?)));
    verdict.findings.extend(encrypted.map(|(path, encrypted)| finding(world, path, encrypted)));
}

fn finding(world: &World<'_>, path: &RepoPath, encrypted: Encrypted) -> Finding {
    let Encrypted { by, place } = encrypted;
    let how = if path.ends_with(".nix") { "evaluates" } else { "reads" };
    let given = format!("`{path}` is given to {by} here");
    let named = world.tree.mention(path).filter(|place| place.path.ends_with(".nix"));
    let (primary, others) = match named {
        Some(named) => (Label::new(named, format!("Nix {how} `{path}`")), vec![Label::new(place, given)]),
        None => (Label::new(place, given), Vec::new()),
    };
    Finding {
        help: Some(
            "keep the values in a sops file and hand on the path, `config.sops.secrets.NAME.path`, which the host reads at run \
             time; what is no secret needs no encryption: take its file out of `.gitattributes`"
                .to_owned(),
        ),
        others,
        names: vec![path.to_string()],
        ..RULE.finding(
            primary,
            format!(
                "`{path}` is encrypted in git by {by}, and Nix {how} it for a host. Nix needs it in clear: what it makes of it \
                 lies in the Nix store, where every user can read it, and goes with the system to the hosts and to every cache; \
                 where the file is locked, the evaluation fails.",
            ),
        )
    }
}
