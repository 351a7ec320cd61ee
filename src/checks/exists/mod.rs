//! Does the secret exist?

mod empty_value;
mod form;
mod format_mismatch;
mod formats_conflict;
mod key_ignored_by_format;
mod key_is_not_a_leaf;
mod key_missing;
mod lookup;
mod nested_key_in_json;
mod sops_file_missing;
mod sops_file_outside_repository;
mod sops_file_untracked;
mod value_not_a_string;

use super::Rule;

/// The family, in the order of the documentation.
pub const RULES: &[Rule] = &[
    sops_file_missing::RULE,
    sops_file_untracked::RULE,
    sops_file_outside_repository::RULE,
    key_missing::RULE,
    key_is_not_a_leaf::RULE,
    nested_key_in_json::RULE,
    value_not_a_string::RULE,
    empty_value::RULE,
    format_mismatch::RULE,
    formats_conflict::RULE,
    key_ignored_by_format::RULE,
];
