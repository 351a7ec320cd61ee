//! Is it declared as it can be?

mod owner_unknown;
mod restart_unit_unknown;
mod unused_file;
mod unused_key;
mod wanted;

use super::Rule;

/// The family, in the order of the documentation.
pub const RULES: &[Rule] = &[owner_unknown::RULE, restart_unit_unknown::RULE, unused_key::RULE, unused_file::RULE];
