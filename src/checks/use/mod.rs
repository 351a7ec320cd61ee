//! Is it used as it can be used?

mod undeclared_secret_reference;
mod unit_cannot_read_secret;

use super::Rule;

/// The family, in the order of the documentation.
pub const RULES: &[Rule] = &[undeclared_secret_reference::RULE, unit_cannot_read_secret::RULE];
