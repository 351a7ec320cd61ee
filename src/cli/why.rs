//! `sealnix why FILE`.

use std::io::Write;
use std::path::Path;

use super::error::RunError;
use super::here::Here;
use super::{Format, Outcome};
use crate::access::Access;
use crate::report::why;

/// Says which rule decides who can read a file, who should and who can.
pub fn why(here: &Here, file: &Path, format: Format, out: &mut impl Write) -> Result<Outcome, RunError> {
    let Some(path) = here.inside(Some(file))? else { return Ok(Outcome::Clean) };
    let access = Access::of(here.repository());
    let file = access.file(&path);
    match format {
        Format::Human => {
            here.say_unevaluated(out)?;
            why::write(out, &access, &file)?;
        }
        Format::Json => why::write_json(out, &access, &file)?,
    }
    Ok(Outcome::Clean)
}
