//! A template that gives a unit the keys of an encrypted file as its environment.

use super::recipe::EnvRecipe;
use super::{GenerateError, NixModule};
use crate::vault::Vault;

/// The module of a recipe; `out` is where it is to stand.
pub fn module(_recipe: &EnvRecipe, _vault: &Vault, _out: &str) -> Result<NixModule, GenerateError> {
    Err(GenerateError::NotYet)
}
