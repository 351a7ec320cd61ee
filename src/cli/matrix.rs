//! `sealnix matrix`.

use std::io::Write;

use clap::ValueEnum;

use super::Outcome;
use super::error::RunError;
use super::here::{Here, outcome};
use crate::access::Access;
use crate::report::human::Style;
use crate::report::matrix;

/// How the matrix is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Human,
    /// For other programs: docs/access.md.
    Json,
    /// For spreadsheets.
    Csv,
    /// For a wiki.
    Markdown,
}

/// Writes who can read what.
pub fn matrix(here: &Here, format: Format, style: Style, out: &mut impl Write) -> Result<Outcome, RunError> {
    let access = Access::of(here.repository());
    match format {
        Format::Human => {
            here.say_unevaluated(out)?;
            matrix::write(out, &access, style)?;
        }
        Format::Json => matrix::write_json(out, &access)?,
        Format::Csv => matrix::write_csv(out, &access)?,
        Format::Markdown => matrix::write_markdown(out, &access)?,
    }
    Ok(outcome(&access))
}
