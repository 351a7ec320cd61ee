//! `sealnix hosts`.

use std::io::Write;

use super::error::RunError;
use super::here::Here;
use super::{Format, Outcome};
use crate::access::Access;
use crate::report::hosts;

/// Lists the hosts and their home-manager users: their keys, and how these are known.
pub fn hosts(here: &Here, format: Format, out: &mut impl Write) -> Result<Outcome, RunError> {
    let access = Access::of(here.repository());
    match format {
        Format::Human => {
            here.say_unevaluated(out)?;
            hosts::write(out, &access)?;
        }
        Format::Json => hosts::write_json(out, &access)?,
    }
    Ok(Outcome::Clean)
}
