//! Whole rules: copied for another host, put beside their siblings, taken out.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::identity::fold;
use crate::source::splice::{Splice, spliced};
use crate::yaml::Node;

use super::{Newcomer, RuleFile, RuleFileError};

/// Which rule a copy is made of, and what is exchanged in it.
#[derive(Debug, Clone, Copy)]
pub struct Copied<'a> {
    /// The rule.
    pub rule: usize,
    /// The names of its host, as they may stand in its expression and comments.
    pub names: &'a [String],
    /// The keys of its host.
    pub keys: &'a BTreeSet<String>,
    /// Who takes their place.
    pub new: &'a Newcomer,
}

/// Where a rule is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// Before this rule and the comments right above it.
    Before(usize),
    /// Behind this rule.
    After(usize),
}

impl Put {
    /// The index that the new rule gets.
    pub fn index(self) -> usize {
        match self {
            Put::Before(rule) => rule,
            Put::After(rule) => rule + 1,
        }
    }
}

/// The words of a text that are one of some names, but for case and separators: of an expression
/// `hosts/web-1/.*` the bytes of `web-1` for the name `web_1`.
pub fn named_words(text: &str, names: &[String]) -> Vec<Range<usize>> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    let folded: Vec<String> = names.iter().map(|name| fold(name)).filter(|name| !name.is_empty()).collect();
    let mut found = Vec::new();
    // A name with dots is several words; in an expression a dot may be escaped.
    for name in names.iter().filter(|name| name.contains('.')) {
        for spelled in [name.replace('.', r"\."), name.clone()] {
            let before = |at: usize| text.get(..at).and_then(|text| text.chars().next_back());
            let at = text.match_indices(spelled.as_str()).map(|(at, _)| at);
            found.extend(at.filter(|&at| !before(at).is_some_and(is_part)).map(|at| at..at + spelled.len()));
        }
    }
    let mut from = 0;
    for word in text.split(|c: char| !is_part(c)) {
        let start = from + text.get(from..).and_then(|rest| rest.find(word)).unwrap_or_default();
        from = start + word.len();
        // `\w` is no name.
        let is_escape = text.get(..start).is_some_and(|before| before.ends_with('\\'));
        if !is_escape && folded.contains(&fold(word)) {
            found.push(start..from);
        }
    }
    found.sort_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
    found.dedup_by(|later, earlier| later.start < earlier.end);
    found
}

impl RuleFile {
    /// The text of a rule's copy, in lines of its own, without comments that do not name its host.
    pub(super) fn copy(&self, of: Copied<'_>) -> Option<String> {
        let editor = self.editor();
        let node = self.rule_node(of.rule)?;
        let own = editor.item_lines(node)?;
        let above = self.comments_above(own.start);
        let above = above.filter(|comments| self.names_any(comments.clone(), of.names)).unwrap_or(own.start..own.start);
        let lines = above.start..own.end;
        let inside = |range: &Range<usize>| lines.start <= range.start && range.end <= lines.end;
        // An anchor cannot be given twice.
        if self.yaml.anchors.iter().any(|anchor| inside(&anchor.span)) {
            return None;
        }
        let mut splices = self.exchanged(of.rule, of.keys, of.new);
        let expression = self.yaml.entry(node, "path_regex").map(|entry| entry.value.span.clone());
        if let Some(span) = expression.clone() {
            let quoted = editor.source.get(span.clone())?.starts_with('"');
            let name = regex::escape(&of.new.name).replace(r"\-", "-");
            let name = if quoted { name.replace('\\', r"\\") } else { name };
            // Its line is of the host, as are the lines of its key.
            splices.extend(self.exchange_names(&span, of.names, &name));
            splices.push(Splice::insert(span.end, ""));
        }
        let is_its = |line: &Range<usize>| splices.iter().any(|splice| line.contains(&splice.range.start));
        let mut of_comments = Vec::new();
        for comment in self.yaml.comments.iter().filter(|comment| inside(&comment.span)) {
            let start = editor.line_start(comment.span.start);
            let is_line = editor.indent(comment.span.start).is_some();
            let is_named = self.names_any(comment.span.clone(), of.names);
            let is_of_expression =
                expression.as_ref().is_some_and(|span| (start..comment.span.start).contains(&span.start));
            if is_named && (is_line || is_its(&(start..comment.span.start))) {
                of_comments.extend(self.exchange_names(&comment.span, of.names, &of.new.name));
            } else if is_line {
                of_comments.push(Splice::delete(start..editor.next_line(comment.span.end).unwrap_or(lines.end)));
            } else if is_of_expression {
                let before = editor.source.get(start..comment.span.start)?.trim_end().len();
                of_comments.push(Splice::delete(start + before..comment.span.end));
            }
        }
        splices.extend(of_comments);
        splices.retain(|splice| lines.start <= splice.range.start && splice.range.end <= lines.end + 1);
        for splice in &mut splices {
            splice.range = splice.range.start - lines.start..splice.range.end.min(lines.end) - lines.start;
        }
        Some(spliced(editor.source.get(lines)?, splices).ok()?.trim_end().to_owned())
    }

    /// Whether a rule says more than whose its files are: which values are sealed, or thresholds.
    pub fn has_options(&self, rule: usize) -> bool {
        let plain = ["path_regex", "key_groups", "age", "pgp"];
        let entries = self.rule_node(rule).map(Node::entries).unwrap_or_default();
        entries.iter().any(|entry| entry.key.text().is_none_or(|key| !plain.contains(&key)))
    }

    fn names_any(&self, range: Range<usize>, names: &[String]) -> bool {
        self.content().get(range).is_some_and(|text| !named_words(text, names).is_empty())
    }

    fn exchange_names(&self, span: &Range<usize>, names: &[String], new: &str) -> Vec<Splice> {
        let text = self.content().get(span.clone()).unwrap_or_default();
        let words = named_words(text, names).into_iter();
        words
            .map(|word| Splice { range: span.start + word.start..span.start + word.end, text: new.to_owned() })
            .collect()
    }

    /// The lines of comments right above an item's line. What is indented deeper than its dash belongs to what
    /// stands above.
    fn comments_above(&self, line: usize) -> Option<Range<usize>> {
        let editor = self.editor();
        let indent = |text: &str| text.len() - text.trim_start_matches(' ').len();
        let dash = indent(self.content().get(line..)?);
        let mut start = line;
        while let Some(before) = start.checked_sub(1) {
            let above = editor.line_start(before);
            let text = self.content().get(above..before)?;
            if !text.trim_start().starts_with('#') || indent(text) > dash {
                break;
            }
            start = above;
        }
        (start < line).then_some(start..line.saturating_sub(1))
    }

    /// Whether a line before this one is blank, and where it begins.
    fn blank_above(&self, line: usize) -> Option<usize> {
        let above = self.editor().line_start(line.checked_sub(1)?);
        self.content().get(above..line)?.trim().is_empty().then_some(above)
    }

    /// Whether blank lines stand between the rules around a rule.
    fn is_spaced(&self, rule: usize) -> bool {
        let spaced = |rule: usize| {
            let lines = self.editor().item_lines(self.rule_node(rule)?)?;
            let start = self.comments_above(lines.start).map_or(lines.start, |above| above.start);
            Some(self.blank_above(start).is_some())
        };
        let of = if rule == 0 { 1 } else { rule };
        spaced(of).unwrap_or(false)
    }

    /// Puts a rule, given in lines of its own, beside another.
    pub(super) fn with_rule(&self, text: &str, put: Put) -> Result<RuleFile, RuleFileError> {
        let rule = match put {
            Put::Before(rule) | Put::After(rule) => rule,
        };
        let at = self.rule(rule).map_or(0, |rule| rule.place.start.byte as usize);
        let editor = self.editor();
        let lines = self.rule_node(rule).and_then(|node| editor.item_lines(node));
        let lines = lines.ok_or_else(|| self.unknown_style(at, "add a rule"))?;
        let newline = editor.newline();
        let blank = if self.is_spaced(rule) { newline } else { "" };
        let splice = match put {
            Put::After(_) => Splice::insert(lines.end, format!("{newline}{blank}{text}")),
            Put::Before(_) => {
                let start = self.comments_above(lines.start).map_or(lines.start, |above| above.start);
                Splice::insert(start, format!("{text}{newline}{blank}"))
            }
        };
        self.spliced(vec![splice])
    }

    /// Takes a rule out, with the comments above and below it that name its host.
    pub(super) fn without_rule(&self, rule: usize, names: &[String]) -> Result<RuleFile, RuleFileError> {
        let editor = self.editor();
        let at = self.rule(rule).map_or(0, |rule| rule.place.start.byte as usize);
        let node = self.rule_node(rule);
        let found = node.and_then(|node| Some((node, editor.item_lines(node)?)));
        let (node, own) = found.ok_or_else(|| self.unknown_style(at, "take a rule out"))?;
        let is_its = |line: &Range<usize>| self.names_any(line.clone(), names);
        // The comment lines above, from below.
        let above = self.comments_above(own.start).map(|above| self.lines(above)).unwrap_or_default();
        let mut above = above.into_iter().rev().peekable();
        let mut lines = own.start..self.end_of_rule(node, own.end, names);
        while let Some(line) = above.next_if(is_its) {
            lines.start = line.start;
        }
        let mut splices: Vec<Splice> = above.filter(is_its).map(|line| editor.delete_lines(line)).collect();
        // With the blank line between it and its neighbour.
        let below = editor.next_line(lines.end).map(|next| next..editor.line_end(next));
        let below = below.filter(|below| self.content().get(below.clone()).is_some_and(|line| line.trim().is_empty()));
        match (rule, self.blank_above(lines.start), below) {
            (0, _, Some(below)) => lines.end = below.end,
            (1.., Some(above), _) if lines.end == own.end => lines.start = above,
            _ => {}
        }
        splices.push(editor.delete_lines(lines));
        self.spliced(splices)
    }

    /// The end of a rule with those comments behind it that are its own: deeper than its keys, or naming its host.
    fn end_of_rule(&self, node: &Node, with_comments: usize, names: &[String]) -> usize {
        let editor = self.editor();
        let column = |at: usize| at - editor.line_start(at);
        let keys = column(editor.start(node));
        let mut end = editor.line_end(editor.end(node));
        while let Some(next) = editor.next_line(end).filter(|next| *next < with_comments) {
            let line = next..editor.line_end(next);
            let text = self.content().get(line.clone()).unwrap_or_default();
            let is_deeper = text.len() - text.trim_start().len() > keys;
            if !is_deeper && !self.names_any(line.clone(), names) {
                break;
            }
            end = line.end;
        }
        end
    }

    /// The lines of a range, without their line breaks.
    fn lines(&self, range: Range<usize>) -> Vec<Range<usize>> {
        let editor = self.editor();
        let mut lines = Vec::new();
        let mut next = Some(range.start);
        while let Some(start) = next.filter(|start| *start < range.end) {
            let end = editor.line_end(start);
            lines.push(start..end);
            next = editor.next_line(end);
        }
        lines
    }

    /// Gives a rule another expression, in the quotes that stand there.
    pub(super) fn with_expression(&self, rule: usize, expression: &str) -> Result<RuleFile, RuleFileError> {
        let node = self.rule_node(rule);
        let splice = node.and_then(|node| self.expression_splice(node, expression));
        let at = node.map_or(0, |node| node.span.start);
        self.spliced(vec![splice.ok_or_else(|| self.unknown_style(at, "write an expression"))?])
    }

    fn expression_splice(&self, rule: &Node, expression: &str) -> Option<Splice> {
        let editor = self.editor();
        let Some(entry) = self.yaml.entry(rule, "path_regex") else {
            let first = editor.start(&rule.entries().first()?.key);
            let indent = " ".repeat(first - editor.line_start(first));
            return Some(Splice::insert(first, format!("path_regex: {expression}{}{indent}", editor.newline())));
        };
        let range = entry.value.span.clone();
        let text = match editor.source.get(range.clone())?.chars().next()? {
            '"' => format!("\"{}\"", expression.replace('\\', r"\\")),
            '\'' => format!("'{expression}'"),
            _ => expression.to_owned(),
        };
        Some(Splice { range, text })
    }
}
