//! Is it used as it can be used?

mod installed;
mod owner_unknown;
mod restart_unit_unknown;
mod undeclared_secret_reference;
mod unit_cannot_read_secret;
mod units;

use super::Rule;

/// The family, in the order of the documentation.
pub const RULES: &[Rule] = &[
    undeclared_secret_reference::RULE,
    owner_unknown::RULE,
    unit_cannot_read_secret::RULE,
    restart_unit_unknown::RULE,
];
