//! Where something stands: a path and a range, for people (line, column) and for edits (byte).

use std::sync::Arc;

/// A path relative to the repository's root, with `/` between its parts and no `.` or `..`;
/// `input:NAME/rest` for a file of another flake input, absolute for a file outside.
pub type RepoPath = Arc<str>;

/// A point in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in Unicode scalar values, from 1.
    pub column: u32,
    /// Offset in bytes from the start of the file, from 0.
    pub byte: u32,
}

/// A range of one file: `start` inclusive, `end` exclusive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file.
    pub path: RepoPath,
    /// First point of the range.
    pub start: Position,
    /// The point after its last character.
    pub end: Position,
}

impl Place {
    /// The first line of a file, for what concerns the file as a whole.
    pub fn whole_file(path: RepoPath) -> Self {
        let start = Position { line: 1, column: 1, byte: 0 };
        Place { path, start, end: start }
    }
}
