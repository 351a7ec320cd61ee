//! The shape of an encrypted file for people and bootstraps: its keys, and nothing of its values.

use super::plaintext::{Values, plaintext};
use super::{GenerateError, Rendered};
use crate::sops::{Document, Format};

/// What says nothing: empty, zero, false. The date is Go's zero.
const PLACEHOLDERS: Values = Values { text: |_| String::new(), int: 0, float: 0.0, bool: false, date: "0001-01-01" };

/// The example of a file, in its own format.
pub fn example(document: &Document) -> Result<Rendered, GenerateError> {
    match document.format {
        Format::Json => plaintext(document, &PLACEHOLDERS).map(Rendered::Json),
        Format::Yaml | Format::Dotenv | Format::Ini => plaintext(document, &PLACEHOLDERS).map(Rendered::Commented),
        Format::Binary => Err(GenerateError::NoKeys { path: document.path.clone() }),
    }
}
