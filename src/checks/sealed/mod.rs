//! Is it sealed?

pub(super) mod conflict_markers;
mod file_not_encrypted;
mod meant;
mod nothing_sealed;
mod private_key_committed;
mod recipient_malformed;
mod value_in_plaintext;

use super::Rule;

/// The family, in the order of the documentation.
pub const RULES: &[Rule] = &[
    file_not_encrypted::RULE,
    value_in_plaintext::RULE,
    nothing_sealed::RULE,
    conflict_markers::RULE,
    private_key_committed::RULE,
    recipient_malformed::RULE,
];
