//! Can the host open it?

mod host_identity_unknown;
mod host_not_a_recipient;
mod reader;

use super::Rule;

/// The family, in the order of the documentation.
pub const RULES: &[Rule] = &[host_not_a_recipient::RULE, host_identity_unknown::RULE];
