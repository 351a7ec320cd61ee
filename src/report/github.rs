//! Annotations in a run of GitHub Actions: a workflow command a finding, then the counts ("Workflow commands for
//! GitHub Actions", "Setting an error message"). GitHub shows ten errors, ten warnings and ten notices of a step.

use std::io;

use super::Summary;
use super::home;
use super::human::circumstances;
use crate::finding::{Finding, Level};
use crate::source::visible::{clean, clean_line, place_line};
use crate::source::{Place, input_of};

/// Writes an annotation a finding, the worst first, since GitHub shows only some of them. `below` is what comes before
/// a path of the repository: the folder of the git repository that it lies in, with a `/`, or nothing.
pub fn write(out: &mut impl io::Write, findings: &[Finding], summary: &Summary, below: &str) -> io::Result<()> {
    let mut worst: Vec<&Finding> = findings.iter().collect();
    worst.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    for finding in worst {
        writeln!(out, "{}", annotation(finding, below))?;
    }
    write!(out, "{}{}", summary.gaps(), summary.counts())
}

fn annotation(finding: &Finding, below: &str) -> String {
    let command = match finding.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    };
    let properties = properties(&finding.primary.place, below);
    format!("::{command} {properties}title={}::{}", property(finding.rule), data(&text(finding)))
}

/// The place, as far as it is one of the repository. GitHub takes columns only within one line.
fn properties(place: &Place, below: &str) -> String {
    let Place { path, start, end } = place;
    if path.starts_with('/') || input_of(path).is_some() {
        return String::new();
    }
    let file = property(&format!("{below}{path}"));
    let lines = format!("file={file},line={},endLine={},", start.line, end.line);
    if start.line != end.line || start.column >= end.column {
        return lines;
    }
    // Theirs is the last column, ours the one after it.
    format!("{lines}col={},endColumn={},", start.column, end.column - 1)
}

/// Everything that there is to say: an annotation has no second place.
fn text(finding: &Finding) -> String {
    let mut parts = vec![clean_line(&finding.message)];
    parts.extend(circumstances(finding));
    parts.extend(finding.help.as_deref().map(|help| format!("help: {}", clean(help))));
    let label = std::iter::once(&finding.primary).filter(|label| !label.text.is_empty());
    let labels = label.chain(&finding.others);
    parts.extend(labels.map(|label| format!("{}: {}", place_line(&label.place), clean_line(&label.text))));
    parts.push(home::page(finding.rule).unwrap_or_else(|| format!("`sealnix explain {}` says more", finding.rule)));
    parts.join("\n")
}

/// A command's text (actions/toolkit, `escapeData`).
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A command's property (actions/toolkit, `escapeProperty`).
fn property(text: &str) -> String {
    data(&clean_line(text)).replace(':', "%3A").replace(',', "%2C")
}
