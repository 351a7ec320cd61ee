//! A module that declares every key of encrypted files.

use super::recipe::ModuleRecipe;
use super::{GenerateError, NixModule};
use crate::vault::Vault;

/// The module of a recipe; `out` is where it is to stand.
pub fn module(_recipe: &ModuleRecipe, _vault: &Vault, _out: &str) -> Result<NixModule, GenerateError> {
    Err(GenerateError::NotYet)
}
