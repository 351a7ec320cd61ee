//! Edits of YAML text: what is added looks like what stands beside it, and every other byte stays.
//!
//! Nothing is returned where the text is written in a way that is not known how to edit.

use std::ops::Range;

use crate::source::splice::Splice;

use super::node::{Entry, Node, Value, Yaml};

/// A file and its text.
#[derive(Debug, Clone, Copy)]
pub struct Editor<'a> {
    /// The tree.
    pub yaml: &'a Yaml,
    /// The text that it was read from.
    pub source: &'a str,
}

impl<'a> Editor<'a> {
    /// Whether a list or map stands in brackets. Of a block list that is indented no deeper than its
    /// key the span begins with the first item.
    pub fn is_flow(&self, node: &Node) -> bool {
        let first = match &node.value {
            Value::List(items) => items.first().map(|item| self.start(item)),
            Value::Map(entries) => entries.first().map(|entry| self.start(&entry.key)),
            Value::Scalar(_) | Value::Alias(_) => return false,
        };
        let opens = self.source.get(node.span.start..).is_some_and(|text| text.starts_with(['[', '{']));
        opens && first.is_none_or(|first| first > node.span.start)
    }

    /// The first byte of a node, its anchor included.
    pub fn start(&self, node: &Node) -> usize {
        let anchor = node.anchor.and_then(|anchor| self.yaml.anchors.get(anchor));
        anchor.map_or(node.span.start, |anchor| anchor.span.start.min(node.span.start))
    }

    /// The byte after a node's last one that is not blank.
    pub fn end(&self, node: &Node) -> usize {
        let text = self.source.get(node.span.clone()).unwrap_or_default();
        node.span.start + text.trim_end().len()
    }

    /// The first byte of a line.
    pub fn line_start(&self, at: usize) -> usize {
        self.source.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1)
    }

    /// The end of a line, before its line break.
    pub fn line_end(&self, at: usize) -> usize {
        let rest = self.source.get(at..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default();
        at + line.strip_suffix('\r').unwrap_or(line).len()
    }

    /// How the file's lines end.
    pub fn newline(&self) -> &'static str {
        if self.source.contains("\r\n") { "\r\n" } else { "\n" }
    }

    /// The blanks that a line begins with up to a byte; nothing where something else stands before it.
    pub fn indent(&self, at: usize) -> Option<&'a str> {
        let before = self.source.get(self.line_start(at)..at)?;
        before.bytes().all(|byte| byte == b' ').then_some(before)
    }

    /// Where the `-` of a block list's item stands.
    pub fn dash(&self, item: &Node) -> Option<usize> {
        let mut at = self.start(item);
        loop {
            let before = self.source.get(..at)?.trim_end().len();
            let comment = self.yaml.comments.iter().find(|one| one.span.start < before && before <= one.span.end);
            match comment {
                Some(comment) => at = comment.span.start,
                None if self.source.get(..before)?.ends_with('-') => return Some(before - 1),
                None => return None,
            }
        }
    }

    /// The whole lines of a block list's item, without the last line break; comments behind it that are
    /// indented deeper than its `-` are part of it.
    pub fn item_lines(&self, item: &Node) -> Option<Range<usize>> {
        let dash = self.dash(item)?;
        let indent = self.indent(dash)?.len();
        let mut end = self.line_end(self.end(item).max(dash + 1));
        while let Some(next) = self.next_line(end) {
            let line = self.source.get(next..self.line_end(next)).unwrap_or_default();
            let is_part = line.trim_start().starts_with('#') && line.len() - line.trim_start().len() > indent;
            if !is_part {
                break;
            }
            end = self.line_end(next);
        }
        Some(self.line_start(dash)..end)
    }

    /// Where the line after the one that ends here begins.
    pub fn next_line(&self, line_end: usize) -> Option<usize> {
        let newline = self.source.get(line_end..)?.find('\n')?;
        Some(line_end + newline + 1)
    }

    /// Takes whole lines out with their line break; at the end of a text that ends without one, with the
    /// line break before them.
    pub fn delete_lines(&self, lines: Range<usize>) -> Splice {
        match self.next_line(lines.end) {
            Some(next) => Splice::delete(lines.start..next),
            None => {
                let before = self.source.get(..lines.start).unwrap_or_default();
                let before = before.strip_suffix('\n').unwrap_or(before);
                Splice::delete(before.strip_suffix('\r').unwrap_or(before).len()..lines.end)
            }
        }
    }

    /// Adds an item behind another one. `comment` is what stands behind the item on its line; a list in
    /// brackets takes none.
    pub fn insert_item(&self, list: &Node, after: usize, item: &str, comment: &str) -> Option<Vec<Splice>> {
        if self.is_flow(list) {
            return self.insert_part(&self.parts(list), after, item, ", ");
        }
        let sibling = list.items().get(after)?;
        let dash = self.dash(sibling)?;
        let indent = self.indent(dash)?;
        let gap = self.source.get(dash + 1..self.start(sibling)).filter(|gap| gap.bytes().all(|byte| byte == b' '));
        let line = format!("{}{indent}-{}{item}{comment}", self.newline(), gap.unwrap_or(" "));
        Some(vec![Splice::insert(self.line_end(self.end(sibling)), line)])
    }

    /// Takes an item out, of a block list with the comment behind it.
    pub fn remove_item(&self, list: &Node, index: usize) -> Option<Vec<Splice>> {
        if self.is_flow(list) {
            return self.remove_part(&self.parts(list), index);
        }
        let item = list.items().get(index)?;
        let dash = self.dash(item)?;
        self.indent(dash)?;
        Some(vec![self.delete_lines(self.line_start(dash)..self.line_end(self.end(item)))])
    }

    /// The items of a list in brackets.
    fn parts(&self, list: &Node) -> Vec<Range<usize>> {
        list.items().iter().map(|item| self.start(item)..self.end(item)).collect()
    }

    /// Adds a part to parts with commas between them, of a list in brackets or of one text, behind another
    /// one. `alone` is what separates the second part from the first, where that does not begin a line.
    pub fn insert_part(&self, parts: &[Range<usize>], after: usize, part: &str, alone: &str) -> Option<Vec<Splice>> {
        let sibling = parts.get(after)?;
        let lone = match self.indent(sibling.start) {
            Some(indent) => format!(",\n{indent}"),
            None => alone.to_owned(),
        };
        let gap = match parts.get(after.max(1) - 1..=after.max(1)) {
            Some([one, other]) => self.source.get(one.end..other.start)?,
            _ => &lone,
        };
        let Some(newline) = gap.rfind('\n') else {
            return Some(vec![Splice::insert(sibling.end, format!("{gap}{part}"))]);
        };
        let indent = gap.get(newline + 1..)?;
        let line = format!("{}{indent}{part}", self.newline());
        let end = self.line_end(sibling.end);
        let tail = self.source.get(sibling.end..end)?.trim_start();
        match tail.strip_prefix(',').map(str::trim_start) {
            Some(tail) if tail.is_empty() || tail.starts_with('#') => Some(vec![Splice::insert(end, line + ",")]),
            None if tail.starts_with('#') => Some(vec![Splice::insert(sibling.end, ","), Splice::insert(end, line)]),
            _ => Some(vec![Splice::insert(sibling.end, format!(",{line}"))]),
        }
    }

    /// Takes a part out, with its comma.
    pub fn remove_part(&self, parts: &[Range<usize>], index: usize) -> Option<Vec<Splice>> {
        let part = parts.get(index)?.clone();
        let before = index.checked_sub(1).and_then(|index| parts.get(index));
        let next = parts.get(index + 1);
        let end = self.line_end(part.end);
        let tail = self.source.get(part.end..end)?.trim_start();
        let after_comma = tail.strip_prefix(',').map(str::trim_start);
        let rest = after_comma.unwrap_or(tail);
        let is_alone = self.indent(part.start).is_some() && (rest.is_empty() || rest.starts_with('#'));
        if is_alone && self.next_line(end).is_some() && (before.is_some() || next.is_some()) {
            let mut splices = vec![self.delete_lines(self.line_start(part.start)..end)];
            if let (Some(before), None, None) = (before, next, after_comma) {
                let comma = before.end + self.source.get(before.end..part.start)?.find(',')?;
                splices.push(Splice::delete(comma..comma + 1));
            }
            return Some(splices);
        }
        let range = match (before, next) {
            (_, Some(next)) => part.start..next.start,
            (Some(before), None) => before.end..part.end,
            (None, None) => part,
        };
        Some(vec![Splice::delete(range)])
    }

    /// Adds lines behind an entry of a block map; `text` is the entry without its indentation.
    pub fn insert_entry(&self, after: &Entry, text: &str) -> Option<Vec<Splice>> {
        let key = self.start(&after.key);
        let column = key - self.line_start(key);
        let end = self.line_end(self.end(&after.value).max(self.end(&after.key)));
        let newline = format!("{}{}", self.newline(), " ".repeat(column));
        let text = text.replace('\n', &newline);
        Some(vec![Splice::insert(end, newline + &text)])
    }

    /// Takes an entry of a block map out, with the comment behind it. One that stands on the line of a `-`
    /// leaves that to the next entry.
    pub fn remove_entry(&self, map: &Node, index: usize) -> Option<Vec<Splice>> {
        let entries = map.entries();
        let entry = entries.get(index)?;
        let start = self.start(&entry.key);
        if self.is_flow(map) {
            return None;
        }
        match (self.indent(start), entries.get(index + 1)) {
            (Some(_), _) => {
                let end = self.line_end(self.end(&entry.value).max(self.end(&entry.key)));
                Some(vec![self.delete_lines(self.line_start(start)..end)])
            }
            (None, Some(next)) => Some(vec![Splice::delete(start..self.start(&next.key))]),
            (None, None) => None,
        }
    }
}
