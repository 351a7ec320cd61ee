//! Does the secret exist?

mod key_is_not_a_leaf;
mod key_missing;
mod lookup;
mod sops_file_missing;
mod sops_file_untracked;
mod value_not_a_string;

use super::Rule;

/// The family, in the order of the documentation.
pub const RULES: &[Rule] = &[
    sops_file_missing::RULE,
    sops_file_untracked::RULE,
    key_missing::RULE,
    key_is_not_a_leaf::RULE,
    value_not_a_string::RULE,
];
