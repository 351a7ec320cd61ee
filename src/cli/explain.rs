//! `sealnix explain RULE`.

use std::io::Write;

use super::Outcome;
use super::error::RunError;
use crate::checks;

/// Below this likeness (Jaro-Winkler, 0 to 1) a rule is not what was meant.
const LIKE: f64 = 0.75;

/// Writes the page of a rule.
pub fn explain(rule: &str, out: &mut impl Write) -> Result<Outcome, RunError> {
    let Some(found) = checks::rules().find(|known| known.id == rule) else {
        return Err(RunError::NoSuchRule { rule: rule.to_owned(), nearest: nearest(rule) });
    };
    writeln!(out, "{}", found.page.trim_end())?;
    Ok(Outcome::Clean)
}

/// The rule that was probably meant.
pub(super) fn nearest(rule: &str) -> Option<&'static str> {
    let likeness = |known: &'static checks::Rule| (strsim::jaro_winkler(rule, known.id), known.id);
    let best = checks::rules().map(likeness).max_by(|(a, _), (b, _)| a.total_cmp(b));
    best.filter(|&(like, _)| like >= LIKE).map(|(_, id)| id)
}
