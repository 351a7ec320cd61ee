//! `# sealnix: ignore[rule, …] reason`: comments that silence rules.

use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};

use super::comments::{Comment, comments};
use crate::checks;
use crate::finding::Finding;
use crate::nearest::nearest;
use crate::source::{Place, RepoPath, Text, Tree};

/// Every such comment of a repository.
#[derive(Debug, Default)]
pub struct Ignores(BTreeMap<RepoPath, Vec<Ignore>>);

/// One rule that a comment names.
#[derive(Debug)]
pub struct Ignore {
    /// What it names.
    pub said: Said,
    /// The comment as far as sealnix reads it, from `sealnix:` to the bracket.
    pub place: Place,
    /// Where it names it.
    pub at: Place,
    /// The lines for which it speaks.
    lines: RangeInclusive<u32>,
}

/// What a comment names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// A rule, if there is one of this name.
    Rule(String),
    /// Nothing that can be read, though it is meant to silence something.
    Unreadable,
}

/// With what such a comment begins.
const MARK: &str = "sealnix:";

impl Ignores {
    /// Finds them.
    pub fn of_tree(tree: &Tree) -> Self {
        let marked = tree.texts.iter().filter(|(_, text)| marks(text.content()).next().is_some());
        Ignores(marked.map(|(path, text)| (path.clone(), of_text(text))).collect())
    }

    /// Those that silence a finding: they name its rule, and speak for the line on which its primary place begins.
    pub fn of(&self, finding: &Finding) -> impl Iterator<Item = &Ignore> {
        let Place { path, start, .. } = &finding.primary.place;
        let (rule, line) = (finding.rule, start.line);
        let there = self.0.get(path).into_iter().flatten();
        there.filter(move |ignore| {
            ignore.lines.contains(&line) && matches!(&ignore.said, Said::Rule(named) if named == rule)
        })
    }

    /// All.
    pub fn all(&self) -> impl Iterator<Item = &Ignore> {
        self.0.values().flatten()
    }
}

fn of_text(text: &Text) -> Vec<Ignore> {
    let comments = comments(text);
    let alone = lines_of_comments_alone(text, &comments);
    let mut ignores = Vec::new();
    for comment in comments {
        let line_of = |byte: usize| text.position(byte).line;
        let lines = spoken_for(line_of(comment.start), line_of(comment.end), &alone);
        let written = text.content().get(comment.clone()).unwrap_or_default();
        let place = |range: Range<usize>| text.place(comment.start + range.start..comment.start + range.end);
        for (range, found) in marked(written) {
            let of = |(said, at)| Ignore { said, place: place(range.clone()), at: place(at), lines: lines.clone() };
            ignores.extend(found.into_iter().map(of));
        }
    }
    ignores
}

/// The blocks of neighbouring lines that hold comments and nothing else, in order.
fn lines_of_comments_alone(text: &Text, comments: &[Comment]) -> Vec<RangeInclusive<u32>> {
    let content = text.content();
    let mut blocks: Vec<RangeInclusive<u32>> = Vec::new();
    for comment in &joined(content, comments) {
        let before = content.get(..comment.start).unwrap_or_default();
        let after = content.get(comment.end..).unwrap_or_default();
        let is_blank = |line: Option<&str>| line.is_none_or(|line| line.trim().is_empty());
        if !is_blank(before.rsplit('\n').next()) || !is_blank(after.split('\n').next()) {
            continue;
        }
        let (first, last) = (text.position(comment.start).line, text.position(comment.end).line);
        match blocks.last_mut().filter(|block| *block.end() + 1 >= first) {
            Some(block) => *block = *block.start()..=last.max(*block.end()),
            None => blocks.push(first..=last),
        }
    }
    blocks
}

/// The comments, those of one line as one.
fn joined(content: &str, comments: &[Comment]) -> Vec<Comment> {
    let mut joined: Vec<Comment> = Vec::with_capacity(comments.len());
    for comment in comments {
        let is_beside = |last: &&mut Comment| {
            let between = content.get(last.end..comment.start);
            between.is_some_and(|between| between.chars().all(|c| c.is_whitespace() && c != '\n'))
        };
        match joined.last_mut().filter(is_beside) {
            Some(last) => last.end = comment.end,
            None => joined.push(comment.clone()),
        }
    }
    joined
}

/// A comment beside code speaks for its lines; one in a block of comments for the block and the line below it.
fn spoken_for(first: u32, last: u32, blocks: &[RangeInclusive<u32>]) -> RangeInclusive<u32> {
    let at = blocks.partition_point(|block| *block.end() < first);
    match blocks.get(at).filter(|block| block.contains(&first)) {
        Some(block) => *block.start()..=block.end() + 1,
        None => first..=last,
    }
}

/// What a comment names, each with where.
type Named = Vec<(Said, Range<usize>)>;

/// The parts of a comment that sealnix reads, and what they name. Another sign before one does no harm:
/// `# deadnix: skip # sealnix: …`.
fn marked(comment: &str) -> Vec<(Range<usize>, Named)> {
    let begins = |at: usize| {
        let before = comment.get(..at).unwrap_or_default().trim_end_matches([' ', '\t']);
        before.is_empty() || before.ends_with(['#', ';', '*', '\n'])
    };
    marks(comment).filter(|&at| begins(at)).filter_map(|at| named(comment, at)).collect()
}

/// Where the mark stands, in whatever case.
fn marks(text: &str) -> impl Iterator<Item = usize> {
    let starts = text.match_indices(':').filter_map(|(colon, _)| (colon + 1).checked_sub(MARK.len()));
    starts.filter(|&at| text.get(at..at + MARK.len()).is_some_and(|found| found.eq_ignore_ascii_case(MARK)))
}

/// What is named after the mark at `mark`; absent where nothing is to be silenced: `sealnix: begin …` and `end` mark
/// what is generated.
fn named(comment: &str, mark: usize) -> Option<(Range<usize>, Named)> {
    let rest = comment.get(mark + MARK.len()..).unwrap_or_default();
    let written = rest.trim_start_matches([' ', '\t']);
    let start = mark + MARK.len() + rest.len() - written.len();
    if let Some((list, _)) = written.strip_prefix("ignore[").and_then(|list| list.split_once(']')) {
        let start = start + "ignore[".len();
        let end = start + list.len() + 1;
        return Some((mark..end, listed(list, start)));
    }
    let word = written.split(|c: char| !c.is_alphanumeric() && c != '-').next().unwrap_or_default();
    let after = written.get(word.len()..).unwrap_or_default();
    let names_rule = after.strip_prefix('[').is_some_and(|list| {
        let first = list.split([']', ',']).next().unwrap_or_default().trim();
        checks::rules().any(|rule| rule.id == first)
    });
    let is_meant = names_rule || word == "ignore" || nearest(word, ["ignore", "ignores"]).is_some();
    let end = start + word.len();
    is_meant.then(|| (mark..end, vec![(Said::Unreadable, start..end)]))
}

/// The rules of a list that begins at `start`.
fn listed(list: &str, start: usize) -> Named {
    if list.trim().is_empty() {
        return vec![(Said::Unreadable, start..start + list.len())];
    }
    let mut from = start;
    let mut found = Vec::new();
    for item in list.split(',') {
        let rule = item.trim();
        let at = from + item.len() - item.trim_start().len();
        if !rule.is_empty() {
            found.push((Said::Rule(rule.to_owned()), at..at + rule.len()));
        }
        from += item.len() + 1;
    }
    found
}
