//! Do the files of agenix and its rules files agree?

use super::Rule;

/// The family, in the order of the documentation.
pub const RULES: &[Rule] = &[];
