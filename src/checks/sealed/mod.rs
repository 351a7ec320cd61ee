//! Family.
pub const RULES: &[super::Rule] = &[];
