//! The shape of an encrypted file, without its values.

use super::{GenerateError, Rendered};
use crate::sops::Document;

/// The example of a file, in its own format.
pub fn example(_document: &Document) -> Result<Rendered, GenerateError> {
    Err(GenerateError::NotYet)
}
