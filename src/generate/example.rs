//! The shape of an encrypted file for people and bootstraps: its keys, and nothing of its values.

use serde_json::Value;

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

/// Whether a text is JSON that says nothing, as an example does: JSON takes no header that would tell one.
pub fn is_example(text: &str) -> bool {
    serde_json::from_str(text).is_ok_and(|json| says_nothing(&json))
}

/// No deeper than serde_json reads.
fn says_nothing(json: &Value) -> bool {
    match json {
        Value::Object(fields) => fields.values().all(says_nothing),
        Value::Array(items) => items.iter().all(says_nothing),
        Value::String(text) => text.is_empty(),
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) => false,
    }
}
