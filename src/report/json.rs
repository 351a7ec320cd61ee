//! The findings contract, version 1 (`docs/findings.md`).

use std::io;

use serde::Serialize;

use super::Summary;
use crate::finding::{Finding, Fingerprint, Label, Level};
use crate::manifest::Certainty;
use crate::source::Position;

/// The version of the JSON.
pub const VERSION: u32 = 1;

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    findings: Vec<Written<'a>>,
    summary: &'a Summary,
}

#[derive(Serialize)]
struct Written<'a> {
    rule: &'a str,
    level: Level,
    #[serde(flatten)]
    certainty: Certainty,
    hosts: &'a [String],
    user: Option<&'a str>,
    secret: Option<&'a str>,
    key: Option<&'a str>,
    /// The primary place's path.
    file: &'a str,
    message: &'a str,
    help: Option<&'a str>,
    suggestion: Option<&'a str>,
    fingerprints: Vec<Fingerprint>,
    /// The primary one first.
    places: Vec<LabelledPlace<'a>>,
}

#[derive(Serialize)]
struct LabelledPlace<'a> {
    path: &'a str,
    start: Point,
    end: Point,
    label: &'a str,
    primary: bool,
}

#[derive(Serialize)]
struct Point {
    line: u32,
    column: u32,
    byte: u32,
}

/// Writes findings and summary as one JSON object and a newline.
pub fn write(out: &mut impl io::Write, findings: &[Finding], summary: &Summary) -> io::Result<()> {
    let report = Report { version: VERSION, findings: findings.iter().map(written).collect(), summary };
    serde_json::to_writer_pretty(&mut *out, &report)?;
    writeln!(out)
}

fn written(finding: &Finding) -> Written<'_> {
    let others = finding.others.iter().map(|label| labelled(label, false));
    Written {
        rule: finding.rule,
        level: finding.level,
        certainty: finding.certainty.clone(),
        hosts: &finding.hosts,
        user: finding.user.as_deref(),
        secret: finding.secret.as_deref(),
        key: finding.key.as_deref(),
        file: &finding.primary.place.path,
        message: &finding.message,
        help: finding.help.as_deref(),
        suggestion: finding.suggestion.as_deref(),
        fingerprints: finding.fingerprints(),
        places: std::iter::once(labelled(&finding.primary, true)).chain(others).collect(),
    }
}

fn labelled(label: &Label, primary: bool) -> LabelledPlace<'_> {
    let place = &label.place;
    LabelledPlace { path: &place.path, start: point(place.start), end: point(place.end), label: &label.text, primary }
}

fn point(position: Position) -> Point {
    Point { line: position.line, column: position.column, byte: position.byte }
}
