//! An age file as far as it can be read without a key: the header, which wraps the file's key once
//! for each recipient. The format is C2SP's `age` (c2sp.org/age, `age-encryption.org/v1`).

mod armor;
mod fit;
mod stanza;

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use thiserror::Error;

pub use armor::ArmorError;
pub use fit::{Count, Fit, compare};
pub use stanza::{Kind, Stanza};

/// The first line of every file.
const VERSION: &str = "age-encryption.org/v1";
/// What every version's first line starts with.
const ANY_VERSION: &str = "age-encryption.org/";
/// Base64 characters in a full line of a stanza's body.
const COLUMNS: usize = 64;
/// Base64 characters of the header's MAC, 32 bytes.
const MAC: usize = 43;
/// The longest line that is read: the argument of a `mlkem768p256tag` stanza has about 1,600 bytes.
const MAX_LINE: usize = 16 << 10;
/// The most stanzas that are read.
const MAX_STANZAS: usize = 4096;
/// A nonce of 16 bytes and the tag of an empty chunk.
const LEAST_PAYLOAD: usize = 32;

/// How much of a file is enough to read its header, in bytes: an X25519 stanza has about 100, a
/// hybrid one 1,600.
pub const BEGINNING: usize = 64 << 10;

/// Who can open a file, as its header says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// One a recipient, in the order of the file; those that only keep readers tolerant among them.
    pub stanzas: Vec<Stanza>,
    /// Whether the file is text, `-----BEGIN AGE ENCRYPTED FILE-----`.
    pub armored: bool,
}

/// Why bytes are no age file.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Malformed {
    /// Nothing in it.
    #[error("it is empty")]
    Empty,
    /// Another first line.
    #[error("it does not start with `age-encryption.org/v1` or `-----BEGIN AGE ENCRYPTED FILE-----`")]
    NotAge,
    /// A version that is not `v1`.
    #[error("its format is another version than `age-encryption.org/v1`")]
    Version,
    /// It ends before its payload does, as far as that can be seen.
    #[error("it is cut short")]
    Truncated,
    /// A line of the header that is none of the format's.
    #[error("line {line} of its header is malformed")]
    Line {
        /// From 1.
        line: usize,
    },
    /// A stanza of a known type without the arguments of that type.
    #[error("its `{0}` stanza is malformed")]
    Stanza(String),
    /// A passphrase beside other recipients, which every reader refuses.
    #[error("a passphrase (`scrypt`) stands beside other recipients: age refuses that")]
    PassphraseNotAlone,
    /// More stanzas, or a longer line, than are read.
    #[error("its header is larger than is read")]
    TooLarge,
    /// The text around the base64.
    #[error(transparent)]
    Armor(#[from] ArmorError),
}

/// Reads the header of a whole file, binary or armored.
pub fn parse(bytes: &[u8]) -> Result<Header, Malformed> {
    read(bytes, Extent::Whole)
}

/// Reads the header of a file of which only the first bytes are given, such as [`BEGINNING`].
/// What follows is not judged.
pub fn parse_beginning(bytes: &[u8]) -> Result<Header, Malformed> {
    read(bytes, Extent::Beginning)
}

/// How much of the file is at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    Whole,
    Beginning,
}

fn read(bytes: &[u8], extent: Extent) -> Result<Header, Malformed> {
    if bytes.is_empty() {
        return Err(Malformed::Empty);
    }
    let armored = armor::is_armored(bytes);
    let binary = if armored { Cow::Owned(armor::decode(bytes, extent)?) } else { Cow::Borrowed(bytes) };
    let mut lines = Lines { rest: &binary, number: 0 };
    let stanzas = header(&mut lines)?;
    if extent == Extent::Whole && lines.rest.len() < LEAST_PAYLOAD {
        return Err(Malformed::Truncated);
    }
    if stanzas.len() > 1 && stanzas.iter().any(|stanza| stanza.kind() == Kind::Passphrase) {
        return Err(Malformed::PassphraseNotAlone);
    }
    Ok(Header { stanzas, armored })
}

/// The lines of a header, each without its line feed.
struct Lines<'a> {
    rest: &'a [u8],
    number: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Result<&'a str, Malformed> {
        self.number += 1;
        let end = self.rest.iter().take(MAX_LINE).position(|byte| *byte == b'\n');
        let cut = || if self.rest.len() < MAX_LINE { Malformed::Truncated } else { Malformed::TooLarge };
        let (line, rest) = self.rest.split_at_checked(end.ok_or_else(cut)?).ok_or(Malformed::Truncated)?;
        self.rest = rest.get(1..).unwrap_or_default();
        std::str::from_utf8(line).map_err(|_| self.malformed())
    }

    fn malformed(&self) -> Malformed {
        Malformed::Line { line: self.number }
    }
}

fn header(lines: &mut Lines<'_>) -> Result<Vec<Stanza>, Malformed> {
    if !lines.rest.starts_with(ANY_VERSION.as_bytes()) {
        return Err(Malformed::NotAge);
    }
    if lines.next()? != VERSION {
        return Err(Malformed::Version);
    }
    let mut stanzas = Vec::new();
    loop {
        let line = lines.next()?;
        if let Some(mac) = line.strip_prefix("--- ") {
            let whole = mac.len() == MAC && STANDARD_NO_PAD.decode(mac).is_ok() && !stanzas.is_empty();
            return if whole { Ok(stanzas) } else { Err(lines.malformed()) };
        }
        let stanza = line.strip_prefix("-> ").and_then(Stanza::of_arguments).ok_or_else(|| lines.malformed())?;
        let length = body(lines)?;
        if !stanza.has_its_form(length) {
            return Err(Malformed::Stanza(stanza.tag));
        }
        if stanzas.len() == MAX_STANZAS {
            return Err(Malformed::TooLarge);
        }
        stanzas.push(stanza);
    }
}

/// Reads over a stanza's body: full lines, and a shorter one, which may be empty. Its length in bytes.
fn body(lines: &mut Lines<'_>) -> Result<usize, Malformed> {
    let mut length = 0;
    loop {
        let line = lines.next()?;
        let bytes = STANDARD_NO_PAD.decode(line).map_err(|_| lines.malformed())?;
        length += bytes.len();
        match line.len() {
            COLUMNS => {}
            shorter if shorter < COLUMNS => return Ok(length),
            _ => return Err(lines.malformed()),
        }
    }
}
