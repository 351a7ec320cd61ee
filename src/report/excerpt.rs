//! The lines of one file that a finding needs, cleaned and blanked, with their true numbers.
//!
//! miette would count lines from the start of what it is given and copy it all; it is given these
//! few lines instead.

use std::ops::Range;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use super::mask::merged;
use crate::source::visible::{clean_line, visible};
use crate::source::{Place, Text};

/// Lines shown before and after a labelled one.
const CONTEXT: u32 = 2;
/// A label over more lines than this is drawn at its first line only.
const TALLEST: u32 = 6;
/// What stands for text that is not shown.
const BLANK: char = '…';

/// Some lines of a file.
#[derive(Debug)]
pub struct Excerpt {
    name: String,
    text: String,
    blocks: Vec<Block>,
    /// The true column, from 1, of each label, by its offset in `text`.
    columns: Vec<(usize, u32)>,
}

/// Lines that follow each other.
#[derive(Debug)]
struct Block {
    /// Number of its first line, from 0.
    first_line: usize,
    /// Its part of the excerpt's text.
    range: Range<usize>,
}

impl Excerpt {
    /// Cuts `text` to the lines around `places` and blanks the ranges `hidden` (sorted, apart).
    /// A line of more than `widest` bytes is cut around its labels. Gives the place of each of
    /// `places` in the excerpt, in their order.
    pub fn new(text: &Text, places: &[&Place], hidden: &[Range<usize>], widest: usize) -> (Self, Vec<SourceSpan>) {
        let ranges: Vec<Range<usize>> = places.iter().map(|place| drawn_range(text, place)).collect();
        let name = clean_line(text.path());
        let mut excerpt = Excerpt { name, text: String::new(), blocks: Vec::new(), columns: Vec::new() };
        // Where each byte that is shown (or blanked) went; ascending in both.
        let mut moved: Vec<(usize, usize)> = Vec::new();
        for lines in line_blocks(text, places) {
            let start = excerpt.text.len();
            for line in lines.clone() {
                let range = line_range(text, line);
                let hidden = hidden_of_line(&range, &ranges, hidden, widest);
                copy_line(text, range, &hidden, &mut excerpt.text, &mut moved);
            }
            excerpt.blocks.push(Block { first_line: lines.start as usize - 1, range: start..excerpt.text.len() });
        }
        let spans: Vec<SourceSpan> = ranges.iter().map(|range| excerpt.span(range, &moved)).collect();
        excerpt.columns = spans.iter().zip(places).map(|(span, place)| (span.offset(), place.start.column)).collect();
        (excerpt, spans)
    }

    fn span(&self, range: &Range<usize>, moved: &[(usize, usize)]) -> SourceSpan {
        let at = |byte: usize| {
            let next = moved.partition_point(|&(from, _)| from < byte);
            moved.get(next).map_or(self.text.len(), |&(_, to)| to)
        };
        let (start, end) = (at(range.start), at(range.end));
        let blank = self.text.get(start..).is_some_and(|rest| rest.starts_with(BLANK));
        let length = match end.saturating_sub(start) {
            0 if blank && range.start < range.end => BLANK.len_utf8(),
            length => length,
        };
        SourceSpan::from((start, length))
    }
}

/// The line numbers to show, from 1, in blocks that are apart.
fn line_blocks(text: &Text, places: &[&Place]) -> Vec<Range<u32>> {
    let last = text.position(text.content().trim_end_matches('\n').len()).line;
    let around = |place: &&Place| {
        let end = if place.end.line - place.start.line.min(place.end.line) > TALLEST {
            place.start.line
        } else {
            place.end.line.max(place.start.line)
        };
        let start = place.start.line.min(last).saturating_sub(CONTEXT).max(1);
        start as usize..(end.saturating_add(CONTEXT).min(last) + 1) as usize
    };
    let blocks = merged(places.iter().map(around).collect());
    blocks.into_iter().map(|lines| lines.start as u32..lines.end as u32).collect()
}

/// The bytes to underline: the place, or its first line where it is tall.
fn drawn_range(text: &Text, place: &Place) -> Range<usize> {
    let length = text.content().len();
    let start = (place.start.byte as usize).min(length);
    let end = (place.end.byte as usize).clamp(start, length);
    if place.end.line.saturating_sub(place.start.line) > TALLEST {
        return start..line_range(text, place.start.line).end.max(start);
    }
    // A trailing line break would draw the label to the next line.
    start..start + text.content().get(start..end).map_or(0, |label| label.trim_end().len())
}

/// The bytes of a line without its line break.
fn line_range(text: &Text, line: u32) -> Range<usize> {
    let start = text.offset_of_nix_position(line, 1);
    let end = text.offset_of_nix_position(line.saturating_add(1), 1);
    let content = text.content().get(start..end).unwrap_or_default();
    start..start + content.trim_end_matches(['\r', '\n']).len()
}

/// The blanked ranges of one line: those of the file, and what is far from a label on a wide line.
fn hidden_of_line(
    line: &Range<usize>,
    labels: &[Range<usize>],
    hidden: &[Range<usize>],
    widest: usize,
) -> Vec<Range<usize>> {
    let first = hidden.partition_point(|range| range.end <= line.start);
    let of_line = hidden.iter().skip(first).take_while(|range| range.start < line.end);
    let mut blank: Vec<Range<usize>> =
        of_line.map(|range| range.start.max(line.start)..range.end.min(line.end)).collect();
    let shown: usize = line.len() - blank.iter().map(Range::len).sum::<usize>();
    if shown > widest {
        let on_line = labels.iter().filter(|label| label.start < line.end && label.end > line.start);
        let mut windows: Vec<Range<usize>> =
            on_line.map(|label| label.start.saturating_sub(widest / 3)..label.start + widest / 3 * 2).collect();
        if windows.is_empty() {
            windows.push(line.start..line.start + widest);
        }
        let mut from = line.start;
        for window in merged(windows) {
            blank.push(from..window.start.clamp(from, line.end));
            from = window.end.clamp(from, line.end);
        }
        blank.push(from..line.end);
        blank = merged(blank);
    }
    blank
}

fn copy_line(
    text: &Text,
    line: Range<usize>,
    hidden: &[Range<usize>],
    into: &mut String,
    moved: &mut Vec<(usize, usize)>,
) {
    let mut hidden = hidden.iter().peekable();
    let content = text.content().get(line.clone()).unwrap_or_default();
    let mut blank_at = None;
    for (at, character) in content.char_indices() {
        let byte = line.start + at;
        while hidden.next_if(|range| range.end <= byte).is_some() {
            blank_at = None;
        }
        if hidden.peek().is_some_and(|range| range.contains(&byte)) {
            let blank = *blank_at.get_or_insert(into.len());
            if blank == into.len() {
                into.push(BLANK);
            }
            moved.push((byte, blank));
        } else {
            moved.push((byte, into.len()));
            into.push(visible(character));
        }
    }
    moved.push((line.end, into.len()));
    into.push('\n');
}

impl SourceCode for Excerpt {
    /// The whole block that holds the span where context is asked for, else the span itself.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let wanted = span.offset()..span.offset() + span.len();
        let holds = |block: &&Block| block.range.start <= wanted.start && wanted.end <= block.range.end;
        let block = self.blocks.iter().find(holds).ok_or(MietteError::OutOfBounds)?;
        let read = if before + after > 0 { block.range.clone() } else { wanted };
        let data = self.text.get(read.clone()).ok_or(MietteError::OutOfBounds)?;
        let skipped = self.text.get(block.range.start..read.start).ok_or(MietteError::OutOfBounds)?;
        let line = block.first_line + skipped.matches('\n').count();
        let column = match self.columns.iter().find(|&&(offset, _)| offset == read.start) {
            Some(&(_, column)) => (column as usize).saturating_sub(1),
            None => skipped.rsplit('\n').next().unwrap_or_default().chars().count(),
        };
        let lines = data.matches('\n').count().max(1);
        let span = SourceSpan::from((read.start, read.len()));
        Ok(Box::new(MietteSpanContents::new_named(self.name.clone(), data.as_bytes(), span, line, column, lines)))
    }
}
