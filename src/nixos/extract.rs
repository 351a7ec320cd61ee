//! config → Manifest.

/// The hidden attribute by which a configuration's set leads back to it.
pub const SCOPE: &str = " scope";
