//! A declared key, looked up in its file as sops-nix does it.

use crate::checks::World;
use crate::checks::declared::{Declared, Named, declared};
use crate::manifest::Complete;
use crate::sops::{Document, Format, Found};

use super::form::{Fit, fit};

/// A declared key and what lies there.
pub struct Lookup<'a> {
    pub declared: Declared<'a>,
    pub document: &'a Document,
    pub key: &'a str,
    pub found: Found<'a>,
}

/// Every key that could be looked up.
pub fn lookups<'a>(world: &World<'a>) -> impl Iterator<Item = Lookup<'a>> {
    declared(world.manifest).filter_map(|declared| look_up(world, declared).ok().flatten())
}

/// Looks a declared key up. Nothing where there is nothing to look up: the file is not there (other
/// rules say so), the whole file is wanted, or the format has no keys. An error, as a clause, where
/// it cannot be known what lies there.
pub fn look_up<'a>(world: &World<'a>, declared: Declared<'a>) -> Result<Option<Lookup<'a>>, String> {
    let format = declared.secret.format.known().map(String::as_str);
    if matches!(format, Some("binary" | "dotenv" | "ini")) {
        return Ok(None);
    }
    let document = match declared.file(world) {
        Named::Read(document) => document,
        Named::Unread(path, why) => return Err(format!("`{path}` {why}")),
        _ => return Ok(None),
    };
    let Some(format) = format.and_then(Format::named) else { return Err("its format is not known".to_owned()) };
    let Some(key) = declared.secret.key.known() else { return Err("its key is not known".to_owned()) };
    // `format-mismatch` says of a wrong format that it is one, and not a wrong key.
    if key.is_empty() || fit(world, &declared, document, format) != Fit::Fits {
        return Ok(None);
    }
    let found = document.find(key);
    match &declared.secret.complete {
        // The file that it leaves out may be said by the definition that is not known.
        Complete::No(why) if !matches!(found, Found::Leaf { .. }) && !declared.secret.says("sopsFile") => {
            Err(format!("a definition that may name another file or key is not known: {why}"))
        }
        _ => Ok(Some(Lookup { declared, document, key, found })),
    }
}
