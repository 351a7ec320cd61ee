//! What stands already where a generated file goes: whether it may be replaced, and shown.

use serde_json::Value;

use super::change::diff;
use super::header;
use super::recipe::Recipe;
use crate::sops::{self, Format};
use crate::source::Text;
use crate::vault::Vault;

/// What a file is that stands where a generated one goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It was generated and holds nothing else.
    Own,
    /// An example with something in it that a person has entered.
    Filled,
    /// A person has written it.
    ByHand,
}

/// Whether a file is one that sops has sealed: never a generated one, whatever its first lines say. An example
/// that is filled in and sealed in place can keep its header.
pub fn is_sealed(path: &str, text: &str, vault: &Vault) -> bool {
    vault.files.contains_key(path) || sops::read(&Text::new(path.into(), text)).is_some()
}

impl Standing {
    /// What a text is that is not sealed. `json` is what is to replace it, if that is JSON: it has no header that
    /// would tell.
    pub fn of(path: &str, text: &str, json: Option<&str>) -> Standing {
        match (header::recipe_of(text), json) {
            (Some(Ok(Recipe::Example(recipe))), _) if is_blank(path, text, Format::of(&recipe.file)) => Standing::Own,
            (Some(Ok(Recipe::Example(_))), _) => Standing::Filled,
            (Some(Ok(Recipe::Module(_) | Recipe::Env(_))), _) => Standing::Own,
            (None, Some(new)) if is_blank(path, text, Format::Json) && loses_nothing(text, new) => Standing::Own,
            (Some(Err(_)) | None, _) => Standing::ByHand,
        }
    }

    /// What would change in it. Lines that a person wrote can hold secrets: except in Nix they are not shown.
    pub fn diff(self, path: &str, before: Option<&str>, after: &str) -> String {
        let is_shown = match self {
            Standing::Own => true,
            Standing::Filled => false,
            Standing::ByHand => path.ends_with(".nix"),
        };
        match before {
            Some(_) if !is_shown => format!("What {path} holds is not shown: there may be secrets in it.\n"),
            before => diff(path, before, after),
        }
    }
}

fn is_blank(path: &str, text: &str, format: Format) -> bool {
    sops::is_blank(&Text::new(path.into(), text), format)
}

/// Whether all that a JSON text has is in the new one too, values aside.
fn loses_nothing(old: &str, new: &str) -> bool {
    let json = |text| serde_json::from_str::<Value>(text).ok();
    json(old).zip(json(new)).is_some_and(|(old, new)| has_all(&new, &old))
}

/// No deeper than serde_json reads.
fn has_all(new: &Value, old: &Value) -> bool {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            old.iter().all(|(key, old)| new.get(key).is_some_and(|new| has_all(new, old)))
        }
        (Value::Array(old), Value::Array(new)) => {
            old.len() <= new.len() && old.iter().zip(new).all(|(old, new)| has_all(new, old))
        }
        (Value::Object(_) | Value::Array(_), _) => false,
        _ => true,
    }
}
