//! Does `.sops.yaml` say what was meant?

mod anchor_unused;
mod no_creation_rule;
mod policy_invalid;
mod policy_shadowed;
mod recipients_drifted;
mod regex_reads_like_a_glob;
mod required_recipient_missing;
mod rotation_due;
mod rule_matches_nothing;
mod rule_unreachable;
mod scope;

use super::Rule;

/// The family, in the order of the documentation.
pub const RULES: &[Rule] = &[
    recipients_drifted::RULE,
    no_creation_rule::RULE,
    rule_matches_nothing::RULE,
    rule_unreachable::RULE,
    regex_reads_like_a_glob::RULE,
    policy_shadowed::RULE,
    policy_invalid::RULE,
    anchor_unused::RULE,
    rotation_due::RULE,
    required_recipient_missing::RULE,
];
