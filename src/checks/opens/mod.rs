//! Can the host open it?

mod accidental_key_groups;
mod host_identity_unknown;
mod host_not_a_recipient;
mod key_source_in_store;
mod key_source_is_a_secret;
mod key_source_missing;
pub(super) mod reader;
mod shamir_threshold_unreachable;
mod ssh_recipient_not_usable;

use super::Rule;

/// The family, in the order of the documentation.
pub const RULES: &[Rule] = &[
    host_not_a_recipient::RULE,
    ssh_recipient_not_usable::RULE,
    shamir_threshold_unreachable::RULE,
    accidental_key_groups::RULE,
    key_source_missing::RULE,
    key_source_is_a_secret::RULE,
    key_source_in_store::RULE,
    host_identity_unknown::RULE,
];
