//! Does `.sops.yaml` say what was meant?

mod recipients_drifted;

use super::Rule;

/// The family, in the order of the documentation.
pub const RULES: &[Rule] = &[recipients_drifted::RULE];
