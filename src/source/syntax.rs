//! A file that is there and can be read, but is not what its language allows.

use super::place::Place;

/// The first error of a Nix file that does not parse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where it stands.
    pub place: Place,
    /// What the parser says, as a clause.
    pub message: String,
    /// Some host imports the file.
    pub imported: bool,
}
