//! `sealnix schema`.

use std::io::Write;

use clap::ValueEnum;

use super::Outcome;
use super::error::RunError;
use crate::report::schema;

/// What a schema is of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Contract {
    /// What `check --format json` prints (docs/findings.md).
    #[default]
    Findings,
    /// What `manifest` prints and `check --manifest` takes (docs/manifest.md).
    Manifest,
}

/// Writes the JSON Schema of a contract.
pub fn schema(contract: Contract, out: &mut impl Write) -> Result<Outcome, RunError> {
    let text = match contract {
        Contract::Findings => schema::FINDINGS,
        Contract::Manifest => schema::MANIFEST,
    };
    out.write_all(text.as_bytes())?;
    Ok(Outcome::Clean)
}
