//! `sealnix who HOST|NAME|RECIPIENT`.

use std::io::Write;

use super::error::RunError;
use super::here::{Here, outcome};
use super::{Format, Outcome};
use crate::access::Access;
use crate::keys::recipient::without_private_key;
use crate::report::who;

/// Says what a host, a user, somebody whom a rule file names or the holder of a recipient can read.
pub fn who(here: &Here, word: &str, format: Format, out: &mut impl Write) -> Result<Outcome, RunError> {
    let access = Access::of(here.repository());
    let asked = access
        .asked(word)
        .map_err(|unheard| RunError::Unheard { word: without_private_key(word).to_owned(), unheard })?;
    match format {
        Format::Human => {
            here.say_unevaluated(out)?;
            who::write(out, &access, word, &asked)?;
        }
        Format::Json => who::write_json(out, &access, word, &asked)?,
    }
    Ok(outcome(&access))
}
