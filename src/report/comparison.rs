//! The comparison of two manifests, for people.

use std::collections::BTreeMap;
use std::io;

use super::summary::count;
use crate::manifest::comparison::{
    At, Compared, Comparison, Difference, Found, HostComparison, Line, Tally, Totals, UnknownField, Verdict,
};
use crate::manifest::{EvaluationError, HostKind};
use crate::source::visible::clean_line;

/// At most so many things that one reason concerns are named.
const NAMED: usize = 3;

/// Writes what differs, host by host, and the counts.
pub fn write(out: &mut impl io::Write, comparison: &Comparison) -> io::Result<()> {
    for host in &comparison.hosts {
        write_host(out, host)?;
    }
    let totals = &comparison.totals;
    let (hosts, at, placeholders) = (totals.hosts, totals.at, totals.placeholders);
    let not_evaluated = match totals.hosts_not_evaluated {
        0 => String::new(),
        number => format!(", {number} more that Nix cannot evaluate"),
    };
    writeln!(out, "{}, {} found{not_evaluated}", count(hosts.total, "host"), hosts.equal)?;
    writeln!(out, "{}", tally("secret", &totals.secrets))?;
    if totals.templates != Tally::default() {
        let templates = tally("template", &totals.templates);
        writeln!(out, "{templates}; placeholders of {}/{} equal", placeholders.equal, placeholders.total)?;
    }
    if totals.agenix != Tally::default() {
        writeln!(out, "{}", tally("agenix secret", &totals.agenix))?;
    }
    writeln!(out, "places: {}/{} equal", at.equal, at.total)
}

/// `13 secrets: 12 sure and equal, 1 wrong`.
fn tally(noun: &str, tally: &Tally) -> String {
    let others = [
        (tally.unknown, "unknown"),
        (tally.conditional, "conditional"),
        (tally.wrong, "wrong"),
        (tally.missing, "missing"),
        (tally.missing_unknown, "missing for a reason that we say"),
        (tally.invented, "invented"),
        (tally.conditional_extra, "conditional and not in the other"),
    ];
    let others =
        others.into_iter().filter(|(number, _)| *number > 0).map(|(number, what)| format!(", {number} {what}"));
    format!("{}: {} sure and equal{}", count(tally.total, noun), tally.equal, others.collect::<String>())
}

fn write_host(out: &mut impl io::Write, host: &HostComparison) -> io::Result<()> {
    let kind = match host.kind {
        HostKind::Nixos => "nixos",
        HostKind::Darwin => "darwin",
        HostKind::Home => "home",
    };
    let Totals { secrets, agenix, .. } = &host.totals;
    let (equal, total) = (secrets.equal + agenix.equal, secrets.total + agenix.total);
    let said = match host.found {
        Found::Both => format!("{equal} of {} equal", count(total, "secret")),
        Found::Missing => format!("not found, with {}", count(total, "secret")),
        Found::NotInOther => "not in the other manifest".to_owned(),
        Found::Invented => "invented: Nix lists no such host".to_owned(),
        Found::NotEvaluated => "not compared: Nix cannot evaluate it".to_owned(),
    };
    writeln!(out, "{kind} {}: {said}", clean_line(&host.name))?;
    if let Some(EvaluationError { message, at, .. }) = &host.error {
        let place = at.as_ref().map(|at| format!(" ({})", Line::from(at).0)).unwrap_or_default();
        line(out, "error", &format!("{message}{place}"))?;
    }
    for why in &host.incomplete {
        line(out, "incomplete", why)?;
    }
    for Difference { field, ours, theirs } in &host.differences {
        line(out, "differs", &format!("`{field}`: we say {ours}, the other {theirs}"))?;
    }
    for (noun, compared) in [("secret", &host.secrets), ("template", &host.templates), ("agenix secret", &host.agenix)]
    {
        // What a missing host declares is missing with it.
        let listed = compared.iter().filter(|_| host.found == Found::Both);
        let mut unknown: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for one in listed {
            write_one(out, noun, one)?;
            let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for field in &one.unknown {
                fields.entry(because(field)).or_default().push(format!("`{}`", field.field));
            }
            for (why, fields) in fields {
                let subject = format!("{} of {}", fields.join(" and "), named(noun, one));
                unknown.entry(why).or_default().push(subject);
            }
        }
        for (why, subjects) in unknown {
            line(out, "unknown", &format!("{why}: {}", some(&subjects)))?;
        }
    }
    Ok(())
}

fn write_one(out: &mut impl io::Write, noun: &str, one: &Compared) -> io::Result<()> {
    let name = named(noun, one);
    let place = one.place.as_ref().map(|Line(place)| format!(" ({place})")).unwrap_or_default();
    let why = one.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    match one.verdict {
        Verdict::Equal | Verdict::Unknown => {}
        Verdict::Wrong => {
            for Difference { field, ours, theirs } in &one.differences {
                line(out, "differs", &format!("`{field}` of {name}: we say {ours}, the other {theirs}"))?;
            }
        }
        Verdict::Conditional => line(out, "conditional", &format!("{name}{why}"))?,
        Verdict::Missing | Verdict::MissingUnknown => line(out, "missing", &format!("{name}{place}{why}"))?,
        Verdict::Invented => line(out, "invented", &format!("{name}{place}{why}"))?,
        Verdict::ConditionalExtra => line(out, "conditional", &format!("{name}{place}, not in the other{why}"))?,
    }
    if let Some(at @ At { ours, theirs: Line(theirs) }) = &one.at
        && !at.is_equal()
    {
        let ours = ours.as_ref().map_or("nothing", |Line(ours)| ours);
        line(out, "place", &format!("of {name}: we say {ours}, the other {theirs}"))?;
    }
    Ok(())
}

fn line(out: &mut impl io::Write, what: &str, text: &str) -> io::Result<()> {
    writeln!(out, "  {what:11} {}", clean_line(text))
}

fn named(noun: &str, one: &Compared) -> String {
    let user = one.user.as_ref().map(|user| format!(" of user {user}")).unwrap_or_default();
    format!("{noun} `{}`{user}", one.name)
}

fn because(field: &UnknownField) -> String {
    let why = field.why.as_deref().unwrap_or("no reason was noted");
    let place = field.place.as_ref().map(|Line(place)| format!(" ({place})")).unwrap_or_default();
    format!("{why}{place}")
}

/// The first few of a list, and how many more there are.
fn some(list: &[String]) -> String {
    let named: Vec<&str> = list.iter().take(NAMED).map(String::as_str).collect();
    let more = match list.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more}", named.join(", "))
}
