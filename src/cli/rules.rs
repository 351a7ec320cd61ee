//! `sealnix rules`.

use std::io::Write;

use super::Outcome;
use super::error::RunError;
use crate::checks;
use crate::finding::Level;

/// Writes every rule: its id, its default level and what it finds.
pub fn rules(out: &mut impl Write) -> Result<Outcome, RunError> {
    let widest = checks::rules().map(|rule| rule.id.len()).max().unwrap_or_default();
    for rule in checks::rules() {
        let level = match rule.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "note",
        };
        writeln!(out, "{:widest$}  {level:7}  {}", rule.id, rule.finds())?;
    }
    Ok(Outcome::Clean)
}
