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
        writeln!(out, "{:widest$}  {level:7}  {}", rule.id, what_it_finds(rule.page))?;
    }
    Ok(Outcome::Clean)
}

/// What a page says first after the level: its first paragraph is "Error. What the rule finds. More."
fn what_it_finds(page: &str) -> String {
    let text = page.lines().skip_while(|line| line.trim().is_empty() || line.starts_with('#'));
    let paragraph: Vec<&str> = text.take_while(|line| !line.trim().is_empty()).map(str::trim).collect();
    let paragraph = paragraph.join(" ");
    let (_, after_level) = paragraph.split_once(". ").unwrap_or(("", &paragraph));
    after_level.split_once(". ").map_or(after_level.trim_end_matches('.'), |(first, _)| first).to_owned()
}
