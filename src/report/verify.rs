//! Proofs by decryption, written: for people a line a file, and what is wrong with it below. No value is in it.

mod json;

use std::io;

use super::summary::count;
use crate::access::short;
use crate::keys::private::{Form, Identities, OpenError, Unusable};
use crate::proof::file::{AgeClosed, Closed, Opened, Opener, Unprotected};
use crate::proof::host::{Delivered, HostProof, SecretProof};
use crate::proof::{FileProof, Outcome, Proofs, State};
use crate::sops::data_key::NoKey;
use crate::sops::mac::{BrokenLeaf, Mac};
use crate::source::visible::{clean_line, place_line};

pub use json::{VERSION, write_json};

/// More broken values of a file than this are counted, not named.
const BROKEN: usize = 12;

/// Writes what was proved, and the identities that cannot be used if that may be why something is not.
pub fn write(out: &mut impl io::Write, proofs: &Proofs, identities: &Identities) -> io::Result<()> {
    for proof in proofs.all_files() {
        writeln!(out, "{:<11} {}", word(proof.outcome()), clean_line(&headline(proof)))?;
        for line in details(proof) {
            writeln!(out, "{:<11} {}", "", clean_line(&line))?;
        }
    }
    for host in &proofs.hosts {
        writeln!(out, "{}", clean_line(&delivered(host)))?;
        for line in undelivered(host) {
            writeln!(out, "  {}", clean_line(&line))?;
        }
    }
    if proofs.all_files().any(|proof| proof.outcome() != Outcome::Right) {
        for Unusable { source, why } in &identities.unusable {
            writeln!(out, "not used: {}", clean_line(&format!("{source}: {why}")))?;
        }
    }
    if proofs.hosts.is_empty() && proofs.files.iter().all(|proof| proof.outcome() == Outcome::ForOthers) {
        let recipients: Vec<String> = identities.usable.iter().map(|identity| short(&identity.recipient)).collect();
        let what = if proofs.files.is_empty() { "there is no sealed file to open" } else { "no file opens" };
        writeln!(out, "nothing is proved: {what} with {}", clean_line(&recipients.join(", ")))?;
    }
    writeln!(out, "{}", summary(proofs))
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Right => "right",
        Outcome::ForOthers => "for others",
        Outcome::Closed => "closed",
        Outcome::Broken => "broken",
        Outcome::NotSealed => "not sealed",
        Outcome::NotLooked => "not looked",
    }
}

fn headline(proof: &FileProof) -> String {
    let path = &proof.path;
    match &proof.state {
        State::Opened(Opened { openers, groups: 1, examined, .. }) => {
            let by = openers.first().map(by).unwrap_or_default();
            format!("{path}: {}, opened by {by}", count(examined.opened, "value"))
        }
        State::Opened(Opened { openers, groups, examined, .. }) => {
            format!("{path}: {}, opened by {} of {groups} key groups", count(examined.opened, "value"), openers.len())
        }
        State::Closed(Closed { openers, groups, needed, why: NoKey::Groups { .. }, .. }) if *groups > 1 => {
            format!("{path}: {} of {groups} key groups opened, {needed} are needed", openers.len())
        }
        State::Closed(Closed { why: NoKey::Groups { .. }, .. }) => format!("{path}: sealed for {}", recipients(proof)),
        State::Closed(Closed { why, .. }) => format!("{path}: {why}"),
        State::Age(Ok(opener)) => format!("{path}: opened by {}", by(opener)),
        State::Age(Err(AgeClosed { why, .. })) => format!("{path}: {why}"),
        State::Refused { why, place } => format!("{}: {why}", place_line(place)),
        State::NotSealed => format!("{path}: holds no sops metadata: it is in clear, or not of the form its name says"),
        State::NotLooked { why } => format!("{path}: {why}"),
    }
}

/// The recipients of a file with one key group, as it names them.
fn recipients(proof: &FileProof) -> String {
    let State::Closed(Closed { lacking, .. }) = &proof.state else { return String::new() };
    let names: Vec<String> = lacking.iter().flat_map(|(_, names)| names).map(|name| short(name)).collect();
    names.join(", ")
}

fn by(opener: &Opener) -> String {
    let form = match opener.form {
        Form::Converted => ", converted from the ssh key",
        Form::Age | Form::Ssh | Form::Plugin => "",
    };
    format!("{}{form} ({})", short(&opener.recipient), opener.source)
}

fn details(proof: &FileProof) -> Vec<String> {
    let mut lines = Vec::new();
    match &proof.state {
        State::Opened(opened) => {
            lines.extend(groups(&opened.openers, opened.groups));
            lines.extend(broken(opened));
            let unprotected: Vec<String> = opened.unprotected.iter().map(|what| unprotected(*what)).collect();
            if !unprotected.is_empty() && opened.examined.is_right() {
                lines.push(format!("sops does not see changes of {}", unprotected.join("; ")));
            }
        }
        State::Closed(closed) => {
            lines.extend(groups(&closed.openers, closed.groups));
            if closed.groups > 1 {
                lines.extend(closed.lacking.iter().map(|(group, names)| {
                    let names: Vec<String> = names.iter().map(|name| short(name)).collect();
                    format!("group {} lacks one of {}", group + 1, names.join(", "))
                }));
            }
            lines.extend(closed.broken.iter().map(|(name, why)| entry(name, *why)));
            if closed.misnamed && closed.broken.is_empty() {
                lines.push(
                    "it names a recipient of these identities, but what is sealed there is sealed for another".into(),
                );
            }
        }
        _ => {}
    }
    lines.extend(proof.openers().iter().filter_map(|opener| {
        let label = opener.labelled.as_ref()?;
        Some(format!("it names {} where {} opens: sops checks no names", short(label), short(&opener.recipient)))
    }));
    lines
}

fn entry(recipient: &str, why: OpenError) -> String {
    format!("the entry of {}: {why}", short(recipient))
}

fn groups(openers: &[Opener], groups: usize) -> Vec<String> {
    if groups < 2 {
        return Vec::new();
    }
    openers.iter().map(|opener| format!("group {} opened by {}", opener.group + 1, by(opener))).collect()
}

fn broken(Opened { examined, groups, .. }: &Opened) -> Vec<String> {
    let leaf =
        |BrokenLeaf { path, place, why }: &BrokenLeaf| format!("{}: `{}`: {why}", place_line(place), path.join("/"));
    let mut lines: Vec<String> = examined.broken.iter().take(BROKEN).map(leaf).collect();
    match (examined.broken.len() + examined.more_broken).saturating_sub(BROKEN) {
        0 => {}
        more => lines.push(format!("and {more} more")),
    }
    if examined.opened == 0 && !examined.broken.is_empty() && *groups > 1 {
        lines.push("no value opens: perhaps its shares or its threshold are not those that it was sealed with".into());
    }
    match examined.mac {
        Mac::Right | Mac::Unknown => {}
        Mac::Wrong => lines
            .push("its values open, but its MAC is wrong: one was added, removed or moved, or changed in clear".into()),
        Mac::Unreadable(_) => lines.push(
            "its values open, but its MAC does not: the MAC or `lastmodified` was changed since it was sealed".into(),
        ),
    }
    lines
}

fn unprotected(what: Unprotected) -> String {
    match what {
        Unprotected::ClearNames(number) => format!("the keys and types of {} in clear", count(number, "value")),
        Unprotected::ClearValues(number) => format!("{} in clear (mac_only_encrypted)", count(number, "value")),
        Unprotected::Empty(1) => "1 empty entry".to_owned(),
        Unprotected::Empty(number) => format!("{number} empty entries"),
        Unprotected::Comments(number) => count(number, "comment"),
        Unprotected::ClearComments(1) => "1 of these comments is in clear though the file seals them".to_owned(),
        Unprotected::ClearComments(number) => {
            format!("{number} of these comments are in clear though the file seals them")
        }
    }
}

/// Whose secrets, for a line.
fn owner(proof: &HostProof) -> String {
    match &proof.user {
        Some(user) => format!("{user}@{}", proof.host),
        None => proof.host.clone(),
    }
}

fn delivered(proof: &HostProof) -> String {
    let delivered = proof.secrets.iter().filter(|secret| secret.delivered == Delivered::Yes).count();
    let all = count(proof.secrets.len(), "declared secret");
    match proof.opens_all() {
        None if proof.foreign.is_some() && delivered == proof.secrets.len() => {
            format!("these identities open all that {} declares, and are none of its own: {all}", owner(proof))
        }
        Some(true) => format!("{} opens all that it declares: {all}", owner(proof)),
        None if delivered == proof.secrets.len() => format!("{} opens all that is known of it: {all}", owner(proof)),
        _ => format!("{} opens {delivered} of {all}", owner(proof)),
    }
}

fn undelivered(proof: &HostProof) -> impl Iterator<Item = String> {
    let secrets = proof.secrets.iter().filter_map(|SecretProof { name, delivered, .. }| match delivered {
        Delivered::Yes => None,
        Delivered::No(why) => Some(format!("{name}: not delivered: {why}")),
        Delivered::Unknown(why) => Some(format!("{name}: not known: {why}")),
    });
    let incomplete = proof.incomplete.iter().map(|why| format!("it may declare more secrets: {why}"));
    secrets.chain(incomplete).chain(proof.foreign.clone()).chain(proof.notes.iter().map(|note| format!("note: {note}")))
}

/// How many files came to what.
fn summary(proofs: &Proofs) -> String {
    let of = |outcome| proofs.all_files().filter(|proof| proof.outcome() == outcome).count();
    let outcomes =
        [Outcome::Right, Outcome::Broken, Outcome::Closed, Outcome::NotSealed, Outcome::NotLooked, Outcome::ForOthers];
    let counts = outcomes.into_iter().map(|outcome| (of(outcome), outcome));
    let counts = counts.filter(|(number, outcome)| *number > 0 || *outcome == Outcome::Right);
    let counts: Vec<String> = counts.map(|(number, outcome)| format!("{number} {}", word(outcome))).collect();
    format!("{}: {}", count(proofs.all_files().count(), "file"), counts.join(", "))
}
