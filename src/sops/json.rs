//! Reading JSON as sops does: RFC 8259, and of what that leaves open what Go's encoding/json does.
//! It becomes a tree like YAML's, which it is not in all: YAML has keys of 1024 characters at most,
//! no characters that cannot be printed, and no pairs of surrogates.

use crate::source::Text;
use crate::yaml::{Entry, Kind, MAX_DEPTH, MAX_NODES, Node, Scalar, Style, Value, Yaml};

/// Why a text is not read, and the byte at which that shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JsonError {
    /// It is not JSON.
    Syntax(usize),
    /// It nests deeper than [`MAX_DEPTH`].
    TooDeep(usize),
    /// It holds more than [`MAX_NODES`] values.
    TooMuch(usize),
}

/// Reads a whole text.
pub(super) fn parse(text: &Text) -> Result<Yaml, JsonError> {
    let mut parser = Parser { source: text.content(), at: 0, nodes: 0 };
    parser.blanks();
    let root = parser.value(0)?;
    parser.blanks();
    match parser.peek() {
        None => Ok(Yaml { documents: vec![root], ..Yaml::default() }),
        Some(_) => Err(parser.wrong()),
    }
}

struct Parser<'t> {
    source: &'t str,
    at: usize,
    nodes: usize,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<u8> {
        self.source.as_bytes().get(self.at).copied()
    }

    fn wrong(&self) -> JsonError {
        JsonError::Syntax(self.at)
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Takes a byte if it comes next.
    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, byte: u8) -> Result<(), JsonError> {
        if self.take(byte) { Ok(()) } else { Err(self.wrong()) }
    }

    fn value(&mut self, depth: usize) -> Result<Node, JsonError> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(JsonError::TooMuch(self.at));
        }
        let start = self.at;
        let value = match self.peek() {
            Some(b'{' | b'[') if depth >= MAX_DEPTH => return Err(JsonError::TooDeep(start)),
            Some(b'{') => Value::Map(self.items(b'}', |parser| parser.entry(depth + 1))?),
            Some(b'[') => Value::List(self.items(b']', |parser| parser.value(depth + 1))?),
            Some(b'"') => return self.string(),
            _ => self.word()?,
        };
        Ok(Node { value, span: start..self.at, tag: None, anchor: None })
    }

    /// What stands in brackets, with commas between.
    fn items<T>(
        &mut self,
        end: u8,
        mut item: impl FnMut(&mut Self) -> Result<T, JsonError>,
    ) -> Result<Vec<T>, JsonError> {
        self.at += 1;
        let mut items = Vec::new();
        self.blanks();
        if self.take(end) {
            return Ok(items);
        }
        loop {
            self.blanks();
            items.push(item(self)?);
            self.blanks();
            if self.take(end) {
                return Ok(items);
            }
            self.expect(b',')?;
        }
    }

    fn entry(&mut self, depth: usize) -> Result<Entry, JsonError> {
        let key = self.string()?;
        self.blanks();
        self.expect(b':')?;
        self.blanks();
        Ok(Entry { key, value: self.value(depth)? })
    }

    /// A number, a boolean or null.
    fn word(&mut self) -> Result<Value, JsonError> {
        let start = self.at;
        let rest = self.source.as_bytes().get(start..).unwrap_or_default();
        let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte)).count();
        let word = self.source.get(start..start + length).unwrap_or_default();
        let kind = match word {
            "true" | "false" => Kind::Bool,
            "null" => Kind::Null,
            _ if !is_number(word) => return Err(self.wrong()),
            _ if word.contains(['.', 'e', 'E']) => Kind::Float,
            _ if Kind::resolve(None, Style::Plain, word) == Kind::Int => Kind::Int,
            _ => Kind::Float,
        };
        self.at += length;
        Ok(Value::Scalar(Scalar { text: word.into(), style: Style::Plain, kind }))
    }

    fn string(&mut self) -> Result<Node, JsonError> {
        let start = self.at;
        self.expect(b'"')?;
        let mut text = String::new();
        loop {
            let rest = self.source.as_bytes().get(self.at..).unwrap_or_default();
            let plain = rest.iter().take_while(|&&byte| byte >= b' ' && byte != b'"' && byte != b'\\').count();
            text.push_str(self.source.get(self.at..self.at + plain).unwrap_or_default());
            self.at += plain;
            if self.take(b'"') {
                break;
            }
            self.expect(b'\\')?;
            text.push(self.escaped()?);
        }
        let scalar = Scalar { text: text.into(), style: Style::Quoted, kind: Kind::Str };
        Ok(Node { value: Value::Scalar(scalar), span: start..self.at, tag: None, anchor: None })
    }

    /// What follows a backslash.
    fn escaped(&mut self) -> Result<char, JsonError> {
        let character = match self.peek() {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => return Err(self.wrong()),
        };
        self.at += 1;
        Ok(character)
    }

    /// `uD83D`, with the `\uDE00` that belongs to it. Half of a pair becomes U+FFFD.
    fn unicode(&mut self) -> Result<char, JsonError> {
        let first = self.unit(self.at).ok_or(self.wrong())?;
        self.at += 5;
        let second = match self.peek() {
            Some(b'\\') => self.unit(self.at + 1),
            _ => None,
        };
        let mut pair = char::decode_utf16([Some(first), second].into_iter().flatten());
        let character = pair.next().and_then(Result::ok);
        if character.is_some_and(|character| character.len_utf16() == 2) {
            self.at += 6;
        }
        Ok(character.unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    /// The number of `uD83D`.
    fn unit(&self, at: usize) -> Option<u16> {
        let digits = self.source.get(at..at + 5)?.strip_prefix('u')?;
        let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        is_hex.then(|| u16::from_str_radix(digits, 16).ok()).flatten()
    }
}

/// `-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?`
fn is_number(word: &str) -> bool {
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = word.strip_prefix('-').unwrap_or(word);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    is_digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(is_digits)
        && exponent.is_none_or(is_digits)
}
