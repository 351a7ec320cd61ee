//! A secret is declared, and nothing reads it.

use std::collections::BTreeSet;

use crate::checks::declared::{configurations, owner};
use crate::checks::{Rule, Verdict, World};
use crate::command;
use crate::finding::{Finding, Label, Level};
use crate::manifest::{Certainty, Complete, Host, Secret, Sops, Used};
use crate::source::Place;

pub const RULE: Rule = Rule {
    id: "unused-declaration",
    level: Level::Note,
    page: include_str!("../../../docs/rules/unused-declaration.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for (host, user, sops) in configurations(world.manifest) {
        let read = read(host, user, |_| true);
        // What opens the others is sops-nix' own affair.
        let read_by_others = self::read(host, user, |option| !option.starts_with("sops.age."));
        let is_read = |(name, secret): &(&String, &Secret)| is_read(&read, name, secret);
        // Where Nix reads none at all, people and programs know the paths by themselves.
        if !sops.secrets.iter().any(|(name, secret)| self::is_read(&read_by_others, name, secret)) {
            continue;
        }
        let unread = sops.secrets.iter().filter(|secret| !is_read(secret));
        let unread: Vec<_> = unread.filter(|(_, secret)| secret.certainty == Certainty::Certain).collect();
        match why_not_known(host) {
            Some(why) if !unread.is_empty() => {
                let clause = format!("whether everything that {} declares is read: {why}", owner(host, user));
                verdict.undecided_of(host, clause);
            }
            Some(_) => {}
            None => {
                let found = unread.into_iter().filter_map(|(name, secret)| finding(world, host, user, name, secret));
                verdict.findings.extend(found);
            }
        }
    }
}

/// What of a host may read a secret unseen.
fn why_not_known(host: &Host) -> Option<&str> {
    let uses = host.unknowns.iter().find(|unknown| unknown.field.starts_with("uses"));
    let within = (!host.containers.is_empty()).then_some("the configurations of containers are not looked at");
    let incomplete = match &host.complete.secrets {
        Complete::Yes => None,
        Complete::No(why) => Some(why.as_str()),
    };
    uses.map(|unknown| unknown.why.as_str()).or(incomplete).or(within)
}

/// The names and paths that are read.
fn read<'h>(host: &'h Host, user: Option<&str>, counts: impl Fn(&str) -> bool) -> BTreeSet<&'h str> {
    let of_all = host.uses.iter().filter(|used| counts(&used.option));
    let read = of_all.filter_map(|used| match &used.what {
        Used::SecretPath { name } | Used::Placeholder { name } | Used::ReadAtEval { name } => {
            (used.user.as_deref() == user).then_some(name)
        }
        // A path leads everybody to the same file.
        Used::LiteralPath { path, .. } | Used::LiteralReadAtEval { path } => Some(path),
        _ => None,
    });
    read.map(String::as_str).collect()
}

/// What is put at a path of its own is read there, by whatever knows the path.
fn is_read(read: &BTreeSet<&str>, name: &str, secret: &Secret) -> bool {
    let path = secret.path.known().map(String::as_str);
    let is_below =
        |folder: &&&str| path.is_some_and(|path| path.strip_prefix(**folder).is_some_and(|rest| rest.starts_with('/')));
    read.contains(name)
        || secret.says("path")
        || path.is_none_or(|path| read.contains(path))
        || read.iter().filter(|path| path.starts_with("/run/")).any(|folder| is_below(&folder))
}

/// Who else has a secret by the same declaration, and reads it.
fn readers(world: &World<'_>, name: &str, place: &Place) -> Vec<String> {
    let has = |sops: &Sops| sops.secrets.get(name).is_some_and(|secret| secret.place() == Some(place));
    let others = configurations(world.manifest).filter(|(.., sops)| has(sops));
    let reading = others.filter(|(host, user, sops)| {
        let read = read(host, *user, |_| true);
        sops.secrets.get(name).is_some_and(|secret| is_read(&read, name, secret))
    });
    reading.map(|(host, user, _)| owner(host, user)).collect()
}

fn finding(world: &World<'_>, host: &Host, user: Option<&str>, name: &str, secret: &Secret) -> Option<Finding> {
    let place = secret.place()?.clone();
    let readers = readers(world, name, &place);
    let (nothing, help) = match readers.as_slice() {
        [] => (
            "nothing in the repository reads its path".to_owned(),
            format!(
                "give `config.{}.path` to what needs it, or remove the declaration",
                command::attribute("sops.secrets", name)
            ),
        ),
        [first, others @ ..] => {
            let more = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
            (
                format!("nothing here reads its path, though {first}{more} does"),
                "move the declaration to the module that reads it, or import it only where it is read".to_owned(),
            )
        }
    };
    let file = secret.sops_file.known().map(|file| format!(" from `{}`", file.path)).unwrap_or_default();
    Some(Finding {
        hosts: vec![host.name.clone()],
        user: user.map(str::to_owned),
        secret: Some(name.to_owned()),
        help: Some(help),
        ..RULE.finding(
            Label::new(place, "declared here"),
            format!(
                "Secret `{name}` is declared, and {nothing}. It is decrypted{file} at every activation all the same, and \
                 lies on the host in clear."
            ),
        )
    })
}
