//! Which parts of a file are not to be shown, because they are secrets or may be.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use rayon::prelude::*;

use crate::checks::World;
use crate::finding::Finding;
use crate::manifest::Used;
use crate::nix::literals::Literals;
use crate::sops::document::{Document, Format, Node, Value};
use crate::source::{Place, RepoPath, Text};

/// Per file that a finding names, the byte ranges that are blanked.
#[derive(Debug)]
pub struct Mask {
    /// Files that are not in here are not shown at all.
    hidden: BTreeMap<RepoPath, Vec<Range<usize>>>,
}

impl Mask {
    /// Works out what may be shown of each file that `findings` name.
    pub fn new(findings: &[Finding], world: &World<'_>) -> Self {
        let labels = || findings.iter().flat_map(|finding| std::iter::once(&finding.primary).chain(&finding.others));
        let paths: BTreeSet<&RepoPath> = labels().map(|label| &label.place.path).collect();
        let literals = world.manifest.hosts.iter().flat_map(|host| &host.uses).filter_map(|used| match used.what {
            Used::PlainLiteral { .. } => Some(&used.at.0),
            _ => None,
        });
        // What the messages say aloud.
        let said = findings.iter().flat_map(|finding| [&finding.key, &finding.secret, &finding.suggestion]);
        let said: BTreeSet<&str> = said.flatten().map(String::as_str).collect();
        let masked = labels().filter(|label| label.masked).map(|label| &label.place);
        let mut secret: BTreeMap<&RepoPath, Vec<&Place>> = BTreeMap::new();
        for place in literals.chain(masked) {
            secret.entry(&place.path).or_default().push(place);
        }
        let unparsed: BTreeSet<&RepoPath> = world.syntax_errors.iter().map(|error| &error.place.path).collect();
        let hidden_in = |path: &RepoPath| {
            let text = world.tree.texts.get(path)?;
            let mut ranges = match world.vault.document(path) {
                Some(document) => sealed_ranges(document, text),
                None if path.ends_with(".nix") => {
                    let labelled = labels().filter(|label| !label.masked && label.place.path == *path);
                    let labelled = labelled.filter(|label| label.place.start.line == label.place.end.line);
                    let labelled = labelled.map(|label| bytes(&label.place)).collect();
                    literal_ranges(text, labelled, &said, !unparsed.contains(path))
                }
                None if is_shown(path, world) => Vec::new(),
                None => return None,
            };
            ranges.extend(key_material(text.content()));
            ranges.extend(secret.get(path).into_iter().flatten().map(|place| bytes(place)));
            Some((path.clone(), merged(ranges)))
        };
        Mask { hidden: paths.into_par_iter().filter_map(hidden_in).collect() }
    }

    /// The ranges of a file that are blanked, sorted and apart; none: the file is not shown.
    pub fn hidden(&self, path: &str) -> Option<&[Range<usize>]> {
        self.hidden.get(path).map(Vec::as_slice)
    }
}

/// Files that hold no secrets by their nature. Any other may be one that somebody forgot to seal.
fn is_shown(path: &str, world: &World<'_>) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    path.ends_with(".pub")
        || matches!(name, "ssh_known_hosts" | "sealnix.toml" | "flake.lock")
        || world.policy.configs.iter().any(|config| &*config.path == path)
}

fn bytes(place: &Place) -> Range<usize> {
    place.start.byte as usize..place.end.byte as usize
}

/// In a Nix file code stays; what strings and comments hold may be a password that nobody sealed, so
/// it goes, except what a label of one line points at and what the messages say: names and keys.
fn literal_ranges(text: &Text, labelled: Vec<Range<usize>>, said: &BTreeSet<&str>, parses: bool) -> Vec<Range<usize>> {
    let content = text.content();
    let mut literals = Literals::of(content);
    literals.ranges.retain(|range| content.get(range.clone()).is_none_or(|text| !said.contains(text)));
    let mut ranges = without(&literals.ranges, &merged(labelled));
    let doubtful = literals.doubtful_from.filter(|_| !parses);
    ranges.extend(doubtful.map(|from| from..content.len()));
    ranges
}

/// What of `ranges` is not in `kept`; both are sorted and apart.
fn without(ranges: &[Range<usize>], kept: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut left = Vec::with_capacity(ranges.len());
    for range in ranges {
        let mut from = range.start;
        let first = kept.partition_point(|kept| kept.end <= range.start);
        for kept in kept.iter().skip(first).take_while(|kept| kept.start < range.end) {
            left.push(from..kept.start.max(from));
            from = kept.end.min(range.end);
        }
        left.push(from..range.end);
    }
    left
}

/// In a sops file keys and recipients stay; every value goes, sealed or clear, and every comment.
fn sealed_ranges(document: &Document, text: &Text) -> Vec<Range<usize>> {
    let mut values = Vec::new();
    let mut keys = Vec::new();
    // An explicit stack: the depth comes from the file.
    let mut pending: Vec<&Node> = document.parts.iter().collect();
    while let Some(node) = pending.pop() {
        match &node.value {
            Value::Map(children) => {
                keys.extend(children.iter().map(|child| bytes(&child.key_place)));
                pending.extend(children.iter().map(|child| &child.node));
            }
            Value::List(items) => pending.extend(items),
            Value::Leaf(_) => values.push(bytes(&node.place)),
        }
    }
    if document.format != Format::Json {
        let mut no_comment = merged(keys.into_iter().chain(values.iter().cloned()).collect());
        no_comment.extend([bytes(&document.metadata.place)]);
        values.extend(comments(text.content(), &merged(no_comment)));
    }
    values
}

/// From a `#` or `;` that begins a line or follows a blank to the line's end, outside of `known`.
fn comments(content: &str, known: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut line_start = 0;
    for line in content.split_inclusive('\n') {
        let mut after_blank = true;
        for (at, character) in line.char_indices() {
            let byte = line_start + at;
            if after_blank && matches!(character, '#' | ';') && !contains(known, byte) {
                found.push(byte..line_start + line.trim_end().len());
                break;
            }
            after_blank = character.is_whitespace();
        }
        line_start += line.len();
    }
    found
}

/// Sealed values, armoured blocks and age secret keys, wherever they stand.
fn key_material(content: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (start, _) in content.match_indices("ENC[") {
        found.push(start..end_after(content, start, "]"));
    }
    for (start, _) in content.match_indices("-----BEGIN ") {
        let close = content.get(start..).and_then(|rest| rest.find("-----END ")).map(|at| start + at);
        found.push(start..close.map_or(content.len(), |at| end_after(content, at + "-----END ".len(), "-----")));
    }
    for (start, _) in content.match_indices("AGE-SECRET-KEY-") {
        let rest = content.get(start..).unwrap_or_default();
        let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(rest.len());
        found.push(start..start + length);
    }
    found
}

fn end_after(content: &str, start: usize, close: &str) -> usize {
    let rest = content.get(start..).unwrap_or_default();
    rest.find(close).map_or(content.len(), |at| start + at + close.len())
}

/// Sorted, and joined where they touch or overlap.
pub(super) fn merged(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.retain(|range| range.start < range.end);
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut joined: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

fn contains(ranges: &[Range<usize>], byte: usize) -> bool {
    let after = ranges.partition_point(|range| range.start <= byte);
    after.checked_sub(1).and_then(|at| ranges.get(at)).is_some_and(|range| byte < range.end)
}
