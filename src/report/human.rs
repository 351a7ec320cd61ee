//! The report for people: a miette diagnostic a finding, then the summary.

use std::collections::BTreeMap;
use std::fmt;
use std::io;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, Severity, SourceCode};

use rayon::prelude::*;
use textwrap::{WordSeparator, WordSplitter};

use super::Summary;
use super::digest::digest;
use super::excerpt::Excerpt;
use super::home::page;
use super::mask::Mask;
use crate::checks::World;
use crate::finding::{Finding, Label, Level};
use crate::manifest::Certainty;
use crate::source::visible::{clean, clean_line, place_line};
use crate::source::{Place, RepoPath, Tree};

/// More hosts than this are counted, not named.
const HOSTS: usize = 12;

/// A space at which no line is broken (no-break space); drawn as a plain one.
const UNBROKEN: &str = "\u{a0}";

/// Columns that miette's gutter takes before a line of another file.
const GUTTER: usize = 20;
/// A line of the primary place's file is cut beyond this, in bytes.
const WIDEST: usize = 120;

/// How to draw.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Each finding stands once more at the end, on a line of its own.
    pub digest: bool,
    /// With colours.
    pub colours: bool,
    /// With links to the rules' pages.
    pub links: bool,
    /// Width in columns.
    pub width: usize,
}

impl Style {
    /// Text alone, of so many columns.
    pub const fn plain(width: usize) -> Self {
        Style { digest: false, colours: false, links: false, width }
    }

    fn handler(self) -> GraphicalReportHandler {
        let theme = if self.colours { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        GraphicalReportHandler::new_themed(theme)
            .with_links(self.links)
            .with_width(self.width)
            .with_break_words(false)
            .with_word_separator(WordSeparator::AsciiSpace)
            .with_word_splitter(WordSplitter::NoHyphenation)
            .with_context_lines(1)
            .with_show_related_as_nested(true)
    }
}

/// Writes every finding.
pub fn findings(out: &mut impl io::Write, findings: &[Finding], world: &World<'_>, style: Style) -> io::Result<()> {
    draw(out, findings, world, style)?;
    if style.digest { write!(out, "{}", digest(findings)) } else { Ok(()) }
}

/// Writes every finding and the summary.
pub fn write(
    out: &mut impl io::Write,
    findings: &[Finding],
    summary: &Summary,
    world: &World<'_>,
    style: Style,
) -> io::Result<()> {
    draw(out, findings, world, style)?;
    write!(out, "{}", summary.gaps())?;
    if style.digest {
        write!(out, "{}", digest(findings))?;
    }
    write!(out, "{}", summary.counts())
}

fn draw(out: &mut impl io::Write, findings: &[Finding], world: &World<'_>, style: Style) -> io::Result<()> {
    let drawing = Drawing { tree: world.tree, mask: &Mask::new(findings, world), style };
    let texts: Vec<_> = findings.par_iter().map(|finding| drawn(&drawing.finding(finding), style)).collect();
    texts.into_iter().try_for_each(|text| writeln!(out, "{}", text?))
}

/// An error that ends the run, drawn as the findings are.
pub fn error(error: &dyn std::error::Error, help: Option<&str>, style: Style) -> String {
    let mut because = Vec::new();
    let mut source = error.source();
    while let Some(cause) = source {
        // Some errors say their cause themselves.
        let said = cause.to_string();
        if !error.to_string().contains(&said) {
            because.push(clean_line(&said));
        }
        source = cause.source();
    }
    let shown =
        Shown { help: help.map(|help| keep_commands_whole(&clean(help))), ..Shown::new(&error.to_string(), because) };
    drawn(&shown, style).unwrap_or_else(|_| format!("error: {}\n", shown.message))
}

fn drawn(shown: &Shown, style: Style) -> io::Result<String> {
    let mut text = String::new();
    style.handler().render_report(&mut text, shown).map_err(io::Error::other)?;
    // miette pads wrapped lines.
    let lines = text.lines().flat_map(|line| [line.trim_end(), "\n"]);
    Ok(lines.collect::<String>().replace(UNBROKEN, " "))
}

/// Keeps what stands between backticks on one line: a command must be there to copy.
fn keep_commands_whole(text: &str) -> String {
    let parts = text.split_inclusive('`').enumerate();
    parts.map(|(index, part)| if index % 2 == 1 { part.replace(' ', UNBROKEN) } else { part.to_owned() }).collect()
}

/// What miette is given: clean text and excerpts only.
#[derive(Debug, Default)]
struct Shown {
    message: String,
    because: Option<Because>,
    severity: Option<Severity>,
    code: Option<String>,
    url: Option<String>,
    help: Option<String>,
    excerpt: Option<Excerpt>,
    labels: Vec<LabeledSpan>,
    related: Vec<Shown>,
}

/// A line under the message, and the one after it.
#[derive(Debug)]
struct Because {
    text: String,
    next: Option<Box<Because>>,
}

impl Shown {
    fn new(message: &str, because: Vec<String>) -> Self {
        let link = |next: Option<Box<Because>>, text| Some(Box::new(Because { text, next }));
        let because = because.into_iter().rev().fold(None, link).map(|because| *because);
        Shown { message: keep_commands_whole(&clean_line(message)), because, ..Shown::default() }
    }
}

/// What a finding is drawn with.
struct Drawing<'a> {
    tree: &'a Tree,
    mask: &'a Mask,
    style: Style,
}

impl Drawing<'_> {
    fn finding(&self, finding: &Finding) -> Shown {
        let (primary, elsewhere) = by_file(finding);
        let mut because = circumstances(finding);
        let excerpt = self.excerpt(&primary, WIDEST);
        if excerpt.is_none() {
            because.splice(0..0, primary.iter().map(|label| bare(label)));
        }
        let (excerpt, labels) = excerpt.unzip();
        Shown {
            severity: Some(severity(finding.level)),
            code: Some(finding.rule.to_owned()),
            url: page(finding.rule).filter(|_| self.style.links),
            help: finding.help.as_deref().map(|help| keep_commands_whole(&clean(help))),
            excerpt,
            labels: labels.unwrap_or_default(),
            related: elsewhere.iter().flat_map(|labels| self.related(labels)).collect(),
            ..Shown::new(&finding.message, because)
        }
    }

    /// The labels of another file: an excerpt, or a line each.
    fn related(&self, labels: &[&Label]) -> Vec<Shown> {
        // miette wraps what is nested: a line that does not fit would be torn.
        match (self.excerpt(labels, self.style.width.saturating_sub(GUTTER)), labels) {
            (Some((excerpt, spans)), [first, ..]) => {
                let message = format!("in {}", first.place.path);
                let severity = Some(Severity::Advice);
                vec![Shown { severity, excerpt: Some(excerpt), labels: spans, ..Shown::new(&message, Vec::new()) }]
            }
            _ => {
                let line = |label: &&Label| Shown::new(&bare(label), Vec::new());
                labels.iter().map(line).map(|shown| Shown { severity: Some(Severity::Advice), ..shown }).collect()
            }
        }
    }

    /// None where the file has no text or is not to be shown.
    fn excerpt(&self, labels: &[&Label], widest: usize) -> Option<(Excerpt, Vec<LabeledSpan>)> {
        let path = &labels.first()?.place.path;
        let text = self.tree.texts.get(path)?;
        let hidden = self.mask.hidden(path)?;
        let places: Vec<&Place> = labels.iter().map(|label| &label.place).collect();
        let (excerpt, spans) = Excerpt::new(text, &places, hidden, widest);
        let label = |(index, (span, label)): (usize, (miette::SourceSpan, &&Label))| {
            let text = Some(clean_line(&label.text)).filter(|text| !text.is_empty());
            match index {
                0 => LabeledSpan::new_primary_with_span(text, span),
                _ => LabeledSpan::new_with_span(text, span),
            }
        };
        Some((excerpt, spans.into_iter().zip(labels).enumerate().map(label).collect()))
    }
}

/// The labels of the primary place's file, the primary one first, and those of each other file.
fn by_file(finding: &Finding) -> (Vec<&Label>, Vec<Vec<&Label>>) {
    let mut primary = vec![&finding.primary];
    let mut order: Vec<&RepoPath> = Vec::new();
    let mut elsewhere: BTreeMap<&RepoPath, Vec<&Label>> = BTreeMap::new();
    for label in &finding.others {
        let path = &label.place.path;
        if *path == finding.primary.place.path {
            primary.push(label);
            continue;
        }
        if !elsewhere.contains_key(path) {
            order.push(path);
        }
        elsewhere.entry(path).or_default().push(label);
    }
    (primary, order.into_iter().filter_map(|path| elsewhere.remove(path)).collect())
}

/// Which hosts, which user, how sure.
pub(super) fn circumstances(finding: &Finding) -> Vec<String> {
    let mut lines = Vec::new();
    if let [first, rest @ ..] = finding.hosts.as_slice() {
        let word = if rest.is_empty() { "host" } else { "hosts" };
        let named: Vec<String> = std::iter::once(first).chain(rest).take(HOSTS).map(|host| clean_line(host)).collect();
        let more = match finding.hosts.len().saturating_sub(HOSTS) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let user = finding.user.as_deref().map(|user| format!(", home-manager user {}", clean_line(user)));
        lines.push(format!("{word} {}{more}{}", named.join(", "), user.unwrap_or_default()));
    }
    match &finding.certainty {
        Certainty::Certain => {}
        Certainty::Assumed(why) => lines.push(clean_line(&format!("assumed, not certain: {why}"))),
        Certainty::Conditional(why) => lines.push(clean_line(&format!("conditional, not certain: {why}"))),
    }
    lines
}

/// A label where no text can be shown.
fn bare(label: &Label) -> String {
    format!("{}: {}", place_line(&label.place), clean_line(&label.text))
}

fn severity(level: Level) -> Severity {
    match level {
        Level::Error => Severity::Error,
        Level::Warning => Severity::Warning,
        Level::Note => Severity::Advice,
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Shown {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.because.as_ref().map(|because| because as _)
    }
}

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Because {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.next.as_ref().map(|next| next.as_ref() as _)
    }
}

impl Diagnostic for Shown {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code.as_ref().map(|code| Box::new(code) as _)
    }

    fn severity(&self) -> Option<Severity> {
        self.severity
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as _)
    }

    fn url<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.url.as_ref().map(|url| Box::new(url) as _)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_ref().map(|excerpt| excerpt as _)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        (!self.labels.is_empty()).then(|| Box::new(self.labels.iter().cloned()) as _)
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        (!self.related.is_empty()).then(|| Box::new(self.related.iter().map(|shown| shown as &dyn Diagnostic)) as _)
    }
}
