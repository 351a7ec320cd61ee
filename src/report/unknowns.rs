//! What stopped the evaluator, written: for people a paragraph a reason.

use std::collections::BTreeSet;
use std::io;

use serde::Serialize;

use super::obstacles::{Harm, Obstacle};
use super::summary::count;
use crate::source::visible::clean_line;

/// The version of the JSON.
pub const VERSION: u32 = 1;

/// More hosts or fields than this are counted, not named.
const NAMED: usize = 6;

/// Writes every reason, what it hides, and what would help.
pub fn write(out: &mut impl io::Write, obstacles: &[Obstacle]) -> io::Result<()> {
    if obstacles.is_empty() {
        return writeln!(out, "nothing that was looked for is unknown");
    }
    for (index, obstacle) in obstacles.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        writeln!(out, "{}", clean_line(&obstacle.why))?;
        writeln!(out, "  {}", clean_line(&hides(obstacle)))?;
        if let Some(help) = &obstacle.help {
            writeln!(out, "  help: {}", clean_line(help))?;
        }
    }
    Ok(())
}

#[derive(Serialize)]
struct Listed<'a> {
    version: u32,
    unknowns: &'a [Obstacle],
}

/// Writes the same as JSON (`docs/unknowns.md`).
pub fn write_json(out: &mut impl io::Write, unknowns: &[Obstacle]) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &Listed { version: VERSION, unknowns })?;
    writeln!(out)
}

/// `group, owner of 6 secrets on 6 hosts, first `wifi` on web (web.nix:4)`.
fn hides(obstacle: &Obstacle) -> String {
    let hosts = named(&obstacle.hosts);
    let fields = named(&obstacle.fields);
    let said = match (obstacle.harm, obstacle.secrets) {
        (Harm::Hosts, _) => format!("hosts may be missing from {fields}"),
        (Harm::Incomplete, _) => format!("more may be declared on {hosts}"),
        (Harm::Conditional, 1) => format!("whether there is {}", things(obstacle)),
        (Harm::Conditional, _) => format!("whether there are {}", things(obstacle)),
        (Harm::Secret | Harm::Template, _) => format!("{fields} of {}", things(obstacle)),
        (Harm::Keys | Harm::Other, _) => format!("{fields} on {hosts}"),
    };
    let place = obstacle.place.as_ref().map(|spot| format!(" ({}:{})", spot.0.path, spot.0.start.line));
    format!("{said}{}", place.unwrap_or_default())
}

/// The secrets or templates, the first of them by name.
fn things(obstacle: &Obstacle) -> String {
    let (number, noun) = match obstacle.harm {
        Harm::Template => (obstacle.templates, "template"),
        _ => (obstacle.secrets, "secret"),
    };
    let first = obstacle.first.as_deref().unwrap_or_default();
    match number {
        1 => format!("{noun} {first}"),
        _ => format!("{} on {}, first {first}", count(number, noun), count(obstacle.hosts.len(), "host")),
    }
}

/// The names, or the first few and how many more.
fn named(names: &BTreeSet<String>) -> String {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    match names.get(..NAMED) {
        Some(first) if names.len() > NAMED => format!("{} and {} more", first.join(", "), names.len() - NAMED),
        _ => names.join(", "),
    }
}
