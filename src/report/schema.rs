//! The JSON Schemas (2020-12) of the two contracts. Written by hand: a contract says more than the types that write it.

/// Of what `sealnix check --format json` prints (`docs/findings.md`).
pub const FINDINGS: &str = include_str!("schema/findings.json");

/// Of the manifest (`docs/manifest.md`).
pub const MANIFEST: &str = include_str!("schema/manifest.json");
