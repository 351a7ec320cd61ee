//! The hosts and their home-manager users: their keys, how these are known, and how much they open.

use std::io;

use serde::Serialize;

use super::holders::{self, VERSION, WrittenHolder, how, line_of};
use crate::access::{Access, Holder, Reach, short};
use crate::source::visible::clean_line;

/// One host or user.
struct Row<'a> {
    holder: &'a Holder<'a>,
    /// How many sealed files it can open alone; nothing where its keys are not known.
    opens: Option<usize>,
    /// How many files it declares secrets of.
    declares: usize,
}

fn rows<'a>(access: &'a Access<'_>) -> Vec<Row<'a>> {
    let configured = access.holders.iter().enumerate().filter(|(_, holder)| holder.is_configured());
    let row = |(place, holder): (usize, &'a Holder<'_>)| {
        let reads = |reach: Option<&Reach>| reach == Some(&Reach::Alone);
        let opened =
            access.files.iter().filter(|file| file.can.as_ref().is_some_and(|can| reads(can.reach.get(&place))));
        Row {
            holder,
            opens: holder.unknown.is_none().then(|| opened.count()),
            declares: access.files.iter().filter(|file| file.is_declared_by(place)).count()
                + access.declared_elsewhere(place).count(),
        }
    };
    configured.map(row).collect()
}

/// Writes them as a table, a line a key.
pub fn write(out: &mut impl io::Write, access: &Access<'_>) -> io::Result<()> {
    let rows = rows(access);
    if rows.is_empty() {
        return writeln!(out, "no host was found");
    }
    let titles: Vec<String> = rows.iter().map(|row| holders::title(row.holder)).collect();
    let name = titles.iter().map(|title| title.chars().count()).chain([4]).max().unwrap_or_default();
    let kind = rows.iter().map(|row| row.holder.kind().word().len()).chain([4]).max().unwrap_or_default();
    writeln!(out, "{:name$}  {:kind$}  {:>5}  {:>8}  KEY", "HOST", "KIND", "OPENS", "DECLARES")?;
    for (row, title) in rows.iter().zip(&titles) {
        let opens = row.opens.map_or("?".to_owned(), |opens| opens.to_string());
        write!(out, "{title:name$}  {:kind$}  {opens:>5}  {:>8}  ", row.holder.kind().word(), row.declares)?;
        let indent = name + kind + 21;
        for (index, line) in keys(row.holder).iter().enumerate() {
            if index > 0 {
                write!(out, "{:indent$}", "")?;
            }
            writeln!(out, "{}", clean_line(line))?;
        }
    }
    Ok(())
}

/// A line a key with how it is known, or why none is and what settles it.
fn keys(holder: &Holder<'_>) -> Vec<String> {
    match holder.unknown {
        Some((why, "")) => vec![format!("unknown: {why}")],
        Some((why, settled_by)) => vec![format!("unknown: {why};"), format!("{settled_by} settles it")],
        None => {
            let key = holder.keys.iter().map(|held| {
                let doubt = if held.corroborated { "" } else { ", nothing else says so" };
                format!("{}  {}, {}{doubt}", short(&held.recipient), line_of(&held.place), how(held.evidence))
            });
            key.collect()
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    version: u32,
    hosts: Vec<WrittenRow<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenRow<'a> {
    #[serde(flatten)]
    holder: WrittenHolder<'a>,
    opens: Option<usize>,
    declares: usize,
}

/// Writes the same as JSON (`docs/access.md`).
pub fn write_json(out: &mut impl io::Write, access: &Access<'_>) -> io::Result<()> {
    let rows = rows(access);
    let written = rows.iter().map(|row| WrittenRow {
        holder: holders::written(row.holder),
        opens: row.opens,
        declares: row.declares,
    });
    serde_json::to_writer_pretty(&mut *out, &Written { version: VERSION, hosts: written.collect() })?;
    writeln!(out)
}
