//! Could it be read?

mod assertion_fails;
mod evaluation_error;
mod nix_syntax;
mod not_looked_at;
mod sops_metadata_malformed;
pub mod unused_suppression;

use super::Rule;

/// The family, in the order of the documentation.
pub const RULES: &[Rule] = &[
    nix_syntax::RULE,
    not_looked_at::RULE,
    sops_metadata_malformed::RULE,
    evaluation_error::RULE,
    assertion_fails::RULE,
    unused_suppression::RULE,
];
