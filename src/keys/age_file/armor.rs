//! The armor of an age file: strict PEM (RFC 7468) with blanks around it and either line ending, as
//! age's own reader takes it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

use super::Extent;

const BEGIN: &[u8] = b"-----BEGIN AGE ENCRYPTED FILE-----";
const END: &[u8] = b"-----END AGE ENCRYPTED FILE-----";
/// Base64 characters in every line but the last.
const COLUMNS: usize = 64;
/// How many blanks age accepts before the text, and how many fewer than after it, in bytes.
const MAX_BLANKS: usize = 1024;

/// Why an armored text is none that age reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ArmorError {
    /// The line `-----END AGE ENCRYPTED FILE-----` is not where it belongs.
    #[error("its armor does not end with `-----END AGE ENCRYPTED FILE-----`")]
    Unended,
    /// A line that is not base64, or too long, or a short one that is not the last.
    #[error("line {line} of its armor is not a line of base64")]
    Line {
        /// From 1, the `BEGIN` line's number.
        line: usize,
    },
    /// Something after the end.
    #[error("text stands after its armor's end: age refuses the file")]
    TrailingText,
    /// A thousand blanks before the beginning or after the end.
    #[error("there are more blanks around its armor than age accepts")]
    TooManyBlanks,
}

/// Whether the first line that is not blank starts the armor.
pub(super) fn is_armored(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().starts_with(BEGIN)
}

/// The bytes in the armor; of a beginning, those of its whole lines.
pub(super) fn decode(bytes: &[u8], extent: Extent) -> Result<Vec<u8>, ArmorError> {
    let text = bytes.trim_ascii_start();
    if bytes.len() - text.len() > MAX_BLANKS {
        return Err(ArmorError::TooManyBlanks);
    }
    let mut rest = text;
    let mut decoded = Vec::with_capacity(text.len() / 4 * 3);
    let mut number = 0;
    let mut last_was_short = false;
    while !rest.is_empty() {
        number += 1;
        let ended = rest.iter().position(|byte| *byte == b'\n');
        if ended.is_none() && extent == Extent::Beginning {
            return Ok(decoded);
        }
        let (line, after) = rest.split_at_checked(ended.unwrap_or(rest.len())).unwrap_or((rest, &[]));
        rest = after.get(1..).unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let malformed = ArmorError::Line { line: number };
        match line {
            BEGIN if number == 1 => {}
            _ if number == 1 => return Err(malformed),
            END => return nothing_after(rest).map(|()| decoded),
            _ if last_was_short => return Err(ArmorError::Unended),
            _ => {
                let bytes = STANDARD.decode(line).map_err(|_| malformed)?;
                if line.is_empty() || line.len() > COLUMNS {
                    return Err(malformed);
                }
                last_was_short = line.len() < COLUMNS || line.ends_with(b"=");
                decoded.extend(bytes);
            }
        }
    }
    if extent == Extent::Beginning { Ok(decoded) } else { Err(ArmorError::Unended) }
}

fn nothing_after(rest: &[u8]) -> Result<(), ArmorError> {
    if !rest.trim_ascii().is_empty() {
        return Err(ArmorError::TrailingText);
    }
    if rest.len() < MAX_BLANKS { Ok(()) } else { Err(ArmorError::TooManyBlanks) }
}
