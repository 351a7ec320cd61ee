//! How holders and their keys are written, by all that speak of who can read what.

use std::io;

use serde::Serialize;

use super::summary::count;
use crate::access::{Access, Holder, Key, Kind, Readers, Who, short};
use crate::identity::{Evidence, Held};
use crate::sops::{Document, Leaf};
use crate::source::Place;
use crate::source::visible::clean_line;

/// The version of the JSON of `why`, `who`, `matrix` and `hosts` (`docs/access.md`).
pub const VERSION: u32 = 1;

/// A holder in JSON.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WrittenHolder<'a> {
    /// Unique among all.
    title: &'a str,
    name: String,
    kind: &'static str,
    keys: Vec<WrittenKey<'a>>,
    /// Why its keys are not known.
    unknown: Option<&'a str>,
    settled_by: Option<&'a str>,
    /// What the rule files call its keys.
    called: Vec<&'a str>,
}

/// One of a holder's keys in JSON.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenKey<'a> {
    recipient: &'a str,
    ssh: Option<&'a str>,
    known_by: Option<&'static str>,
    corroborated: bool,
    path: &'a str,
    line: u32,
}

/// How many values a file has, and how many of them are in clear: `3 values`, `3 values (1 in clear)`.
pub(super) fn values(document: &Document) -> String {
    let leaves = document.reachable_leaves();
    let is_clear = |leaf: &Leaf| match leaf {
        Leaf::ClearText { length } => *length > 0,
        Leaf::ClearOther(_) => true,
        Leaf::Sealed(_) | Leaf::Null => false,
    };
    match leaves.iter().filter(|(_, leaf, _)| is_clear(leaf)).count() {
        0 => count(leaves.len(), "value"),
        clear => format!("{} ({clear} in clear)", count(leaves.len(), "value")),
    }
}

/// A file that was not looked at, in JSON.
#[derive(Debug, Serialize)]
pub(super) struct Unseen<'a> {
    path: &'a str,
    why: &'a str,
}

/// The files of which nobody knows who reads them, since they were not looked at.
pub(super) fn unseen<'a>(access: &'a Access<'_>) -> Vec<Unseen<'a>> {
    access.unseen().map(|file| Unseen { path: &file.path, why: &file.why }).collect()
}

/// The same for people.
pub(super) fn write_unseen(out: &mut impl io::Write, access: &Access<'_>) -> io::Result<()> {
    let files = access.unseen().map(|file| format!("not looked at: {} {}", file.path, file.why));
    files.map(|line| clean_line(&line)).try_for_each(|line| writeln!(out, "{line}"))
}

pub(super) fn written<'a>(holder: &'a Holder<'a>) -> WrittenHolder<'a> {
    let key = |held: &'a Held| WrittenKey {
        recipient: &held.recipient,
        ssh: held.ssh.as_deref(),
        known_by: (holder.kind() != Kind::Key).then(|| word(held.evidence)),
        corroborated: held.corroborated,
        path: &held.place.path,
        line: held.place.start.line,
    };
    let mut called: Vec<&str> = holder.names.iter().map(|name| name.text).collect();
    called.sort_unstable();
    called.dedup();
    WrittenHolder {
        title: &holder.title,
        name: holder.name(),
        kind: holder.kind().word(),
        keys: holder.keys.iter().map(key).collect(),
        unknown: holder.unknown.map(|(why, _)| why),
        settled_by: holder.unknown.map(|(_, line)| line).filter(|line| !line.is_empty()),
        called,
    }
}

/// The kind of evidence in one word.
fn word(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::Config => "config",
        Evidence::PublicKeyFile => "publicKeyFile",
        Evidence::Evaluated => "evaluated",
        Evidence::Name => "name",
        Evidence::FoldedName => "foldedName",
        Evidence::StrippedName => "strippedName",
    }
}

/// How a holder's key is known, for people.
pub(super) fn how(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::Config => "given there",
        Evidence::PublicKeyFile => "its public key file",
        Evidence::Evaluated => "its configuration says so",
        Evidence::Name => "called so",
        Evidence::FoldedName => "called so but for case and separators",
        Evidence::StrippedName => "called so with a prefix or suffix",
    }
}

/// `.sops.yaml:7`, on one line.
pub(super) fn line_of(place: &Place) -> String {
    clean_line(&format!("{}:{}", place.path, place.start.line))
}

/// What kind of holder it is, for a sentence.
pub(super) fn described(holder: &Holder<'_>) -> String {
    match holder.who {
        Who::User(host, user) => format!("home-manager user {user} on {}", host.name),
        _ => match holder.kind() {
            Kind::Nixos => "NixOS host".to_owned(),
            Kind::Darwin => "nix-darwin host".to_owned(),
            Kind::Home => "home-manager configuration".to_owned(),
            Kind::Name => "a name in the rule file; no configuration is called so".to_owned(),
            Kind::User | Kind::Key => "a key that nothing names".to_owned(),
        },
    }
}

/// A holder's title; of a key without a name the short text.
pub(super) fn title(holder: &Holder<'_>) -> String {
    match holder.kind() {
        Kind::Key => clean_line(&short(&holder.title)),
        _ => clean_line(&holder.title),
    }
}

/// Who holds a recipient: all of them, or the recipient itself.
pub(super) fn holders_of(access: &Access<'_>, key: &Key<'_>) -> String {
    let titles = key.owners.iter().filter_map(|owner| {
        let title = title(access.holders.get(owner.holder)?);
        Some(if owner.only_as_ssh { format!("{title} (only as ssh key)") } else { title })
    });
    let titles: Vec<String> = titles.collect();
    if titles.is_empty() { clean_line(&short(key.identity)) } else { titles.join(" = ") }
}

/// The readers, by key group where there are several.
pub(super) fn readers(access: &Access<'_>, readers: &Readers<'_>) -> String {
    let group = |group: &Vec<Key<'_>>| {
        let mut names: Vec<String> = group.iter().map(|key| holders_of(access, key)).collect();
        names.dedup();
        if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }
    };
    let groups: Vec<String> = readers.groups.iter().map(group).collect();
    let more = (readers.anonymous > 0)
        .then(|| format!("{} that the file does not name", count(readers.anonymous, "recipient")));
    match (groups.as_slice(), more) {
        ([], _) => "nobody".to_owned(),
        ([_], Some(more)) if readers.keys().next().is_none() => more,
        ([one], more) => std::iter::once(one.clone()).chain(more).collect::<Vec<_>>().join(" and "),
        (groups, _) => {
            let of = groups.iter().map(|group| format!("[{group}]")).collect::<Vec<_>>().join(" and ");
            format!("{} of the {} groups together: {of}", readers.needed, groups.len())
        }
    }
}
