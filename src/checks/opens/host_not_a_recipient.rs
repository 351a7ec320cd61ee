//! A host declares a secret of a file that none of its keys opens.

use std::collections::BTreeSet;

use crate::checks::command;
use crate::checks::deciding::{deciding, short};
use crate::checks::declared::{Declared, files as count, owner};
use crate::checks::{Rule, Verdict, World};
use crate::finding::{Finding, Label, Level};
use crate::identity::{Evidence, Held, Identity};
use crate::manifest::Certainty;
use crate::sops::{Document, Recipient};

use super::reader::Reader;

pub const RULE: Rule = Rule {
    id: "host-not-a-recipient",
    level: Level::Error,
    page: include_str!("../../../docs/rules/host-not-a-recipient.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for reader in Reader::all(world) {
        let files = reader.needs(world);
        let who = owner(reader.host, reader.user);
        let held = match reader.holds(world) {
            Ok(held) => held,
            Err(_) if files.is_empty() => continue,
            Err(why) => {
                verdict
                    .undecided
                    .push(format!("whether {who} can open the {} of its secrets: {why}", count(files.len())));
                continue;
            }
        };
        if let Some(other) = probable_other_key(world, held, files.values().map(|(document, _)| *document)) {
            verdict.undecided.push(format!(
                "whether {who} can open the {} of its secrets: its known key opens none of them, but all are sealed \
                 for `{}`, which nothing names and which may be its own",
                count(files.len()),
                short(other)
            ));
            continue;
        }
        for (document, declared) in files.into_values() {
            // In any one group, or as an ssh key that sops-nix does not use: other rules' matter.
            if opens(held, document) {
                continue;
            }
            match other_way(&reader, document) {
                Some(way) => verdict.undecided.push(format!("whether {who} can open `{}`: {way}", document.path)),
                None => verdict.findings.push(finding(world, &who, held, document, &declared)),
            }
        }
    }
}

/// Whether a recipient is this key. An ssh key stands in a file with its comment.
fn is(held: &Held, recipient: &Recipient) -> bool {
    let without_comment = |key: &str| key.split_whitespace().take(2).map(str::to_owned).collect::<Vec<_>>();
    recipient.identity == held.recipient
        || held.ssh.as_deref().is_some_and(|ssh| without_comment(ssh) == without_comment(&recipient.identity))
}

fn opens(held: &[Held], document: &Document) -> bool {
    document.metadata.recipients().any(|recipient| held.iter().any(|held| is(held, recipient)))
}

/// A recipient that all of several files have in common and that nothing names, where the known
/// key opens none of them. A host that can open nothing would have been noticed: it is more
/// probable that it has got another key than is known.
fn probable_other_key<'a>(
    world: &World<'_>,
    held: &[Held],
    files: impl Iterator<Item = &'a Document>,
) -> Option<&'a str> {
    let files: Vec<&Document> = files.collect();
    let [first, others @ ..] = files.as_slice() else { return None };
    if others.is_empty() || files.iter().any(|document| opens(held, document)) {
        return None;
    }
    let identities = world.identities.hosts.values().chain(world.identities.users.values());
    let known: BTreeSet<&str> = identities
        .filter_map(|identity| if let Identity::Known(held) = identity { Some(held) } else { None })
        .flatten()
        .map(|held| held.recipient.as_str())
        .chain(world.policy.configs.iter().flat_map(|config| &config.names).map(|named| named.recipient.as_str()))
        .collect();
    let in_all = |one: &&Recipient| {
        let has_it = |document: &&Document| document.metadata.recipients().any(|other| other.identity == one.identity);
        others.iter().all(has_it)
    };
    let mut unnamed = first.metadata.recipients().filter(|one| !known.contains(one.identity.as_str()));
    unnamed.find(in_all).map(|one| one.identity.as_str())
}

/// A way in which it may open the file by a key that is not known here, as a clause.
fn other_way(reader: &Reader<'_>, document: &Document) -> Option<String> {
    let variable = reader.sops.environment.iter().find(|name| name.starts_with("SOPS_AGE_KEY"));
    if let Some(variable) = variable {
        return Some(format!("its `sops.environment.{variable}` may give it another key"));
    }
    let mut kinds = document.metadata.recipients().map(|recipient| recipient.kind);
    let has_gnupg = matches!(reader.sops.gnupg.home.known(), Some(Some(_)));
    kinds.find(|kind| *kind != "age" && (*kind != "pgp" || has_gnupg)).map(|kind| {
        let key = if kind == "pgp" { "a PGP key" } else { "a key of a key service" };
        format!("{key} opens it, which the host may have")
    })
}

fn finding(world: &World<'_>, who: &str, held: &[Held], document: &Document, declared: &Declared<'_>) -> Finding {
    let path = &document.path;
    let keys: Vec<String> = held.iter().map(|held| format!("`{}`", short(&held.recipient))).collect();
    let whose = if keys.len() == 1 { "its key" } else { "none of its keys" };
    let verb = if keys.len() == 1 { "is not" } else { "is" };
    let keys = keys.join(", ");
    let mut others = vec![Label::new(declared.place(), format!("{who} needs the file for `{}`", declared.name))];
    others.extend(held.iter().map(|held| Label::new(held.place.clone(), format!("this is the key of {who}"))));
    let deciding = deciding(world.policy, path);
    others.extend(
        deciding.as_ref().map(|deciding| Label::new(deciding.place(), "this rule decides who can open the file")),
    );
    let help = match &deciding {
        Some(deciding) => {
            let update = command::updatekeys(path, deciding.config);
            let mut listed = deciding.recipients();
            if listed.any(|recipient| held.iter().any(|held| held.recipient == recipient.identity)) {
                format!("{} already lists the key: run `{update}`", deciding.named())
            } else {
                format!("add {} to {}, then run `{update}`", to_write(world, held), deciding.named())
            }
        }
        None => format!(
            "no creation rule takes the file: add one with `path_regex: ^{}$` and {} to `.sops.yaml`, then run \
             `sops updatekeys {path}`",
            regex::escape(path),
            to_write(world, held)
        ),
    };
    Finding {
        certainty: declared.secret.certainty.clone().weaker(sureness(held, who)),
        hosts: vec![declared.host.name.clone()],
        user: declared.user.map(str::to_owned),
        help: Some(help),
        others,
        ..RULE.finding(
            Label::new(document.metadata.place.clone(), format!("{who} is not among these recipients")),
            format!(
                "{who} cannot open `{path}`, which it needs for `{}`: {whose} ({keys}) {verb} a recipient of the \
                 file. The build passes; activation then fails and installs no secret at all.",
                declared.name
            ),
        )
    }
}

/// What to write into a rule: the anchor where there is one.
fn to_write(world: &World<'_>, held: &[Held]) -> String {
    let Some(first) = held.first() else { return "its recipient".to_owned() };
    let mut names = world.policy.configs.iter().flat_map(|config| &config.names);
    match names.find(|named| named.is_anchor && named.recipient == first.recipient) {
        Some(named) => format!("`*{}`", named.name),
        None => format!("`{}`", first.recipient),
    }
}

/// How sure it is that these keys are the host's. A name that only resembles the host's wants a
/// second fact.
fn sureness(held: &[Held], who: &str) -> Certainty {
    let sure = |held: &Held| held.evidence != Evidence::StrippedName || held.corroborated;
    if held.iter().any(sure) {
        Certainty::Certain
    } else {
        Certainty::Assumed(format!("only a name that resembles it says that the key belongs to {who}"))
    }
}
