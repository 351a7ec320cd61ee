//! `sealnix explain RULE`.

use std::io::Write;

use super::Outcome;
use super::error::RunError;
use crate::checks;

/// Writes the page of a rule.
pub fn explain(rule: &str, out: &mut impl Write) -> Result<Outcome, RunError> {
    let Some(found) = checks::rules().find(|known| known.id == rule) else {
        return Err(RunError::NoSuchRule { rule: rule.to_owned(), nearest: checks::nearest_rule(rule) });
    };
    writeln!(out, "{}", found.page.trim_end())?;
    Ok(Outcome::Clean)
}
