//! A file's text with its line index.

use std::ops::Range;
use std::sync::Arc;

use super::place::{Place, Position, RepoPath};

/// One UTF-8 file, immutable, shared by all who read it.
#[derive(Debug, Clone)]
pub struct Text {
    path: RepoPath,
    content: Arc<str>,
    /// Byte offset of the first character of each line; the first is 0.
    line_starts: Arc<[u32]>,
}

impl Text {
    /// Indexes the lines of `content`.
    pub fn new(path: RepoPath, content: impl Into<Arc<str>>) -> Self {
        let content = content.into();
        let newlines = content.bytes().enumerate().filter(|&(_, byte)| byte == b'\n');
        let line_starts = std::iter::once(0).chain(newlines.map(|(at, _)| at as u32 + 1)).collect();
        Text { path, content, line_starts }
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
        let byte = floor_char_boundary(&self.content, byte);
        let line = self.line_starts.partition_point(|&start| start as usize <= byte).saturating_sub(1);
        let line_start = self.line_starts.get(line).map_or(0, |&start| start as usize);
        let before = self.content.get(line_start..byte).unwrap_or_default();
        Position { line: line as u32 + 1, column: before.chars().count() as u32 + 1, byte: byte as u32 }
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

fn floor_char_boundary(text: &str, byte: usize) -> usize {
    let byte = byte.min(text.len());
    // A character has at most four bytes.
    (byte.saturating_sub(3)..=byte).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}
