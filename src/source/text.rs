//! A file's text with its line index.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::place::{Place, Position, RepoPath};

/// How many bytes apart the character counts of a [`Text`] stand.
const STRIDE: usize = 1024;

/// One UTF-8 file, immutable, shared by all who read it.
#[derive(Clone)]
pub struct Text {
    path: RepoPath,
    content: Arc<str>,
    /// Byte offset of the first character of each line; the first is 0.
    line_starts: Arc<[u32]>,
    /// How many characters start before each byte that is a multiple of [`STRIDE`], so that no
    /// column is counted from the start of a line that may be the whole file.
    characters: Arc<[u32]>,
}

/// Without its content, in which there may be secrets.
impl fmt::Debug for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Text").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Text {
    /// Indexes the lines of `content`.
    pub fn new(path: RepoPath, content: impl Into<Arc<str>>) -> Self {
        let content = content.into();
        let newlines = content.bytes().enumerate().filter(|&(_, byte)| byte == b'\n');
        let line_starts = std::iter::once(0).chain(newlines.map(|(at, _)| at as u32 + 1)).collect();
        let counts = content.as_bytes().chunks(STRIDE).scan(0, |before, chunk| {
            *before += starts_of_characters(chunk);
            Some(*before)
        });
        let characters = std::iter::once(0).chain(counts).collect();
        Text { path, content, line_starts, characters }
    }

    /// The file's path.
    pub fn path(&self) -> &RepoPath {
        &self.path
    }

    /// The whole text.
    pub fn content(&self) -> &Arc<str> {
        &self.content
    }

    /// The point at a byte offset; past the end it is the end, inside a character its start.
    pub fn position(&self, byte: usize) -> Position {
        let mut byte = byte.min(self.content.len());
        while !self.content.is_char_boundary(byte) {
            byte -= 1;
        }
        let line = self.line_starts.partition_point(|&start| start as usize <= byte).saturating_sub(1);
        let line_start = self.line_starts.get(line).map_or(0, |&start| start as usize);
        // Most lines are short.
        let before = match self.content.as_bytes().get(line_start..byte) {
            Some(before) if before.len() <= STRIDE => starts_of_characters(before),
            _ => self.characters_before(byte) - self.characters_before(line_start),
        };
        Position { line: line as u32 + 1, column: before + 1, byte: byte as u32 }
    }

    fn characters_before(&self, byte: usize) -> u32 {
        let stride = byte / STRIDE;
        let rest = self.content.as_bytes().get(stride * STRIDE..byte).unwrap_or_default();
        self.characters.get(stride).map_or(0, |before| before + starts_of_characters(rest))
    }

    /// The place of a byte range.
    pub fn place(&self, range: Range<usize>) -> Place {
        Place { path: self.path.clone(), start: self.position(range.start), end: self.position(range.end) }
    }

    /// The byte offset of a line and a column counted in bytes, both from 1, as Nix counts them.
    pub fn offset_of_nix_position(&self, line: u32, column: u32) -> usize {
        let start =
            self.line_starts.get(line.saturating_sub(1) as usize).map_or(self.content.len(), |&start| start as usize);
        (start + column.saturating_sub(1) as usize).min(self.content.len())
    }
}

fn starts_of_characters(utf8: &[u8]) -> u32 {
    utf8.iter().filter(|&&byte| byte & 0b1100_0000 != 0b1000_0000).count() as u32
}
