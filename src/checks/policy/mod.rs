//! Does `.sops.yaml` say what was meant?

mod no_creation_rule;
mod recipients_drifted;
mod rule_matches_nothing;
mod rule_unreachable;
mod scope;

use super::Rule;

/// The family, in the order of the documentation.
pub const RULES: &[Rule] =
    &[recipients_drifted::RULE, no_creation_rule::RULE, rule_matches_nothing::RULE, rule_unreachable::RULE];
