//! Is it sealed?

mod file_not_encrypted;

use super::Rule;

/// The family, in the order of the documentation.
pub const RULES: &[Rule] = &[file_not_encrypted::RULE];
