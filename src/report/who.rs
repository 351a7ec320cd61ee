//! What somebody can read, written.

use std::io;

use serde::Serialize;

use super::holders::{self, Unseen, VERSION, WrittenHolder, described, how, line_of};
use super::summary::count;
use super::why::listed;
use crate::access::{Access, Asked, File, Holder, Mark, Meaning, Reach, State, short};
use crate::source::visible::clean_line;

/// Writes it for people.
pub fn write(out: &mut impl io::Write, access: &Access<'_>, word: &str, asked: &Asked<'_>) -> io::Result<()> {
    if asked.holders.len() > 1 {
        writeln!(out, "`{}` means {} holders of keys.\n", clean_line(word), asked.holders.len())?;
    }
    for (index, (&place, meaning)) in asked.holders.iter().enumerate() {
        let Some(holder) = access.holders.get(place) else { continue };
        if index > 0 {
            writeln!(out)?;
        }
        writeln!(out, "{}: {}{}", holders::title(holder), clean_line(&described(holder)), said(meaning))?;
        keys(out, holder)?;
        files(out, access, place)?;
    }
    holders::write_unseen(out, access)
}

/// By what it was found, where that is not its own name.
fn said(meaning: &Meaning<'_>) -> String {
    match meaning {
        Meaning::Called(name) => format!(" (`{}` at {} is its key)", clean_line(name.text), line_of(name.place)),
        Meaning::HostName => " (by its networking.hostName)".to_owned(),
        Meaning::Name | Meaning::User | Meaning::Recipient => String::new(),
    }
}

fn keys(out: &mut impl io::Write, holder: &Holder<'_>) -> io::Result<()> {
    for held in &holder.keys {
        let how = if holder.is_configured() { format!(", {}", how(held.evidence)) } else { String::new() };
        writeln!(out, "  key {} ({}{how})", clean_line(&short(&held.recipient)), line_of(&held.place))?;
    }
    match holder.unknown {
        Some((why, settled_by)) => {
            writeln!(out, "  its keys are not known: {}", clean_line(why))?;
            if settled_by.is_empty() { Ok(()) } else { writeln!(out, "  {} settles it", clean_line(settled_by)) }
        }
        None => Ok(()),
    }
}

/// The files by what they come to.
fn files(out: &mut impl io::Write, access: &Access<'_>, place: usize) -> io::Result<()> {
    let all: Vec<(&File<'_>, Mark)> =
        access.files_of(place).filter_map(|file| Some((file, access.cell(file, place).mark?))).collect();
    let of = |marks: &[Mark]| -> Vec<&File<'_>> {
        all.iter().filter(|(_, mark)| marks.contains(mark)).map(|(file, _)| *file).collect()
    };
    let reads = of(&[Mark::Reads, Mark::ReadsUnruled]);
    if reads.is_empty() {
        writeln!(out, "\n  can read no file alone")?;
    } else {
        writeln!(out, "\n  can read {}:", count(reads.len(), "file"))?;
    }
    for file in reads {
        let unruled = access.cell(file, place).mark == Some(Mark::ReadsUnruled);
        let note = if unruled { "; its rule does not say so" } else { "" };
        writeln!(out, "    {}", clean_line(&format!("{}: {}{note}", file.path, holds(access, file, place))))?;
    }
    let sections = [
        (Mark::ReadsWithOthers, "can read only together with others"),
        (Mark::OnlyAsSsh, "could read with its ssh key itself, which sops-nix does not use"),
        (Mark::WantsUnread, "cannot read, but declares secrets of"),
        (Mark::WantsUnknown, "declares secrets of, and whether it can read them is not known"),
        (Mark::RuledUnknown, "should read by the rule, and whether they can does not show in the file"),
        (Mark::RuledUnread, "cannot read, but should by the rule"),
    ];
    for (mark, title) in sections {
        let files = of(&[mark]);
        if !files.is_empty() {
            writeln!(out, "\n  {title}:")?;
        }
        for file in files {
            writeln!(out, "    {}", clean_line(&format!("{}: {}", file.path, holds(access, file, place))))?;
        }
    }
    let elsewhere: Vec<_> = access.declared_elsewhere(place).collect();
    if !elsewhere.is_empty() {
        writeln!(out, "\n  declares secrets of what is no sealed file here:")?;
    }
    for (path, names) in elsewhere {
        let state = match access.file(path).state {
            State::Absent => "no such file in this repository",
            _ => "not sealed",
        };
        writeln!(out, "    {}", clean_line(&format!("{path} ({state}): {}", listed(names.iter().copied()))))?;
    }
    Ok(())
}

/// `5 values, through group 2 of 3; declares wifi; declared by web, db`.
fn holds(access: &Access<'_>, file: &File<'_>, place: usize) -> String {
    let mut parts = Vec::new();
    match file.state {
        State::Sealed(document) => parts.push(holders::values(document)),
        State::Age(_) => parts.push("age file".to_owned()),
        _ => {}
    }
    parts.extend(through(access, file, place));
    if file.is_declared_by(place) {
        parts.push(format!("declares {}", listed(file.declared_by(place))));
    }
    let others = file.declared.keys().filter(|other| **other != place);
    let others: Vec<String> = others.filter_map(|place| Some(holders::title(access.holders.get(*place)?))).collect();
    if !others.is_empty() {
        parts.push(format!("declared by {}", listed(others.iter().map(String::as_str))));
    }
    parts.join("; ")
}

/// Through which of its keys and in which group, where there are several.
fn through(access: &Access<'_>, file: &File<'_>, place: usize) -> Option<String> {
    let can = file.can.as_ref()?;
    let several_keys = access.holders.get(place).is_some_and(|holder| holder.keys.len() > 1);
    let several_groups = can.groups.len() > 1;
    let mut keys: Vec<String> = can
        .through(place)
        .map(|(group, key)| match (several_keys, several_groups) {
            (true, true) => format!("{} in group {}", short(key.identity), group + 1),
            (true, false) => short(key.identity),
            (false, _) => format!("group {}", group + 1),
        })
        .collect();
    keys.dedup();
    if keys.is_empty() || !(several_keys || several_groups) {
        return None;
    }
    let needed =
        if several_groups { format!(" ({} of {} are needed)", can.needed, can.groups.len()) } else { String::new() };
    Some(format!("through {}{needed}", keys.join(", ")))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    version: u32,
    asked: &'a str,
    holders: Vec<Answer<'a>>,
    not_looked: Vec<Unseen<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    #[serde(flatten)]
    holder: WrittenHolder<'a>,
    meant_by: &'static str,
    files: Vec<WrittenFile<'a>>,
    declared_elsewhere: Vec<Elsewhere<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenFile<'a> {
    path: &'a str,
    mark: &'static str,
    /// `alone`, `share`, `onlyAsSsh`; null: it does not reach.
    reach: Option<&'static str>,
    /// How many key groups a share is needed of.
    needed: Option<usize>,
    in_rule: Option<bool>,
    through: Vec<Through<'a>>,
    /// The paths of the values that sops-nix can reach.
    keys: Vec<String>,
    declares: Vec<&'a str>,
    declared_by: Vec<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Through<'a> {
    recipient: &'a str,
    /// From 1.
    group: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Elsewhere<'a> {
    path: &'a str,
    declares: Vec<&'a str>,
}

/// The word of a reach in JSON.
pub(super) fn reach_word(reach: Reach) -> &'static str {
    match reach {
        Reach::Alone => "alone",
        Reach::Share { .. } => "share",
        Reach::OnlyAsSsh => "onlyAsSsh",
    }
}

/// Writes it as JSON (`docs/access.md`).
pub fn write_json(out: &mut impl io::Write, access: &Access<'_>, word: &str, asked: &Asked<'_>) -> io::Result<()> {
    let answer = |(&place, meaning): (&usize, &Meaning<'_>)| {
        let holder = access.holders.get(place)?;
        let elsewhere = access.declared_elsewhere(place);
        Some(Answer {
            holder: holders::written(holder),
            meant_by: match meaning {
                Meaning::Name => "name",
                Meaning::User => "user",
                Meaning::HostName => "hostName",
                Meaning::Called(_) => "called",
                Meaning::Recipient => "recipient",
            },
            files: access.files_of(place).filter_map(|file| written_file(access, file, place)).collect(),
            declared_elsewhere: elsewhere
                .map(|(path, names)| Elsewhere { path, declares: names.iter().copied().collect() })
                .collect(),
        })
    };
    let holders = asked.holders.iter().filter_map(answer).collect();
    serde_json::to_writer_pretty(
        &mut *out,
        &Written { version: VERSION, asked: word, holders, not_looked: holders::unseen(access) },
    )?;
    writeln!(out)
}

fn written_file<'a>(access: &'a Access<'_>, file: &'a File<'_>, place: usize) -> Option<WrittenFile<'a>> {
    let cell = access.cell(file, place);
    let through = file.can.iter().flat_map(|can| can.through(place));
    let keys = match file.state {
        State::Sealed(document) => document.reachable_leaves().into_iter().map(|(path, ..)| path).collect(),
        _ => Vec::new(),
    };
    let others = file.declared.keys().filter_map(|place| Some(access.holders.get(*place)?.title.as_str()));
    Some(WrittenFile {
        path: &file.path,
        mark: cell.mark?.word(),
        reach: cell.reach.map(reach_word),
        needed: file.can.as_ref().map(|can| can.needed),
        in_rule: cell.named,
        through: through.map(|(group, key)| Through { recipient: key.identity, group: group + 1 }).collect(),
        keys,
        declares: file.declared_by(place).collect(),
        declared_by: others.collect(),
    })
}
