//! Can the host open it?

mod accidental_key_groups;
mod host_identity_unknown;
mod host_not_a_recipient;
mod reader;
mod shamir_threshold_unreachable;
mod ssh_recipient_not_usable;

use super::Rule;

/// The family, in the order of the documentation.
pub const RULES: &[Rule] = &[
    host_not_a_recipient::RULE,
    ssh_recipient_not_usable::RULE,
    shamir_threshold_unreachable::RULE,
    accidental_key_groups::RULE,
    host_identity_unknown::RULE,
];
