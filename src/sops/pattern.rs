//! A regular expression as sops understands it: Go's RE2 syntax, compiled by the `regex` crate.
//!
//! The two differ where people write globs by mistake: Go takes `{a,b}` as plain text and refuses
//! `**`, the `regex` crate does the opposite; and it gives `[`, `&&`, `--` and `~~` inside a class
//! a meaning of their own (source: Go's `regexp/syntax`, `parse.go`).

use regex::{Regex, RegexBuilder};
use thiserror::Error;

/// Why sops would refuse an expression.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PatternError {
    /// `**`, `a+*`, `a{2}{3}`: the usual sign of a glob.
    #[error("`{0}` repeats a repetition; this is a regular expression, not a glob: write `.*`")]
    NestedRepetition(String),
    /// More than 1000 times, Go's limit.
    #[error("`{0}` repeats more often than 1000 times")]
    TooManyRepeats(String),
    /// Anything else that does not compile; the reason in a line.
    #[error("{0}")]
    Syntax(String),
}

/// How many bytes an expression may have.
const MAX_LENGTH: usize = 4096;
/// How many bytes a compiled expression may take.
const MAX_COMPILED: usize = 1 << 20;

/// Compiles a Go expression for an unanchored search.
pub fn compile(expression: &str) -> Result<Regex, PatternError> {
    if expression.len() > MAX_LENGTH {
        return Err(PatternError::Syntax(format!("it is longer than {MAX_LENGTH} bytes")));
    }
    let compiled = RegexBuilder::new(&translate(expression)?).size_limit(MAX_COMPILED).build();
    compiled.map_err(|error| PatternError::Syntax(reason(&error)))
}

/// The last line of the `regex` crate's error, which draws a picture before it.
fn reason(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default().trim();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}

/// The same expression in the syntax of the `regex` crate.
fn translate(expression: &str) -> Result<String, PatternError> {
    let mut out = String::with_capacity(expression.len() + 8);
    let mut rest = expression;
    // The repetition operator that has just been read, for Go refuses another one after it.
    let mut repetition = "";
    while let Some(next) = rest.chars().next() {
        let (token, kind) = match next {
            '\\' if rest.starts_with(r"\Q") => (quoted(rest), Kind::Quoted),
            '\\' => (prefix(rest, 2), Kind::Other),
            '[' => (class(rest), Kind::Class),
            '*' | '+' | '?' => (lazy(rest, 1), Kind::Repetition),
            '{' => match counted(rest)? {
                Some(length) => (lazy(rest, length), Kind::Repetition),
                None => (prefix(rest, 1), Kind::Brace),
            },
            '(' if rest.starts_with("(?") => (prefix(rest, 2), Kind::Other),
            '}' => (prefix(rest, 1), Kind::Brace),
            _ => (prefix(rest, 1), Kind::Other),
        };
        match kind {
            Kind::Repetition if !repetition.is_empty() => {
                return Err(PatternError::NestedRepetition(format!("{repetition}{token}")));
            }
            Kind::Class => translate_class(token, &mut out),
            Kind::Quoted => {
                let inner = token.strip_prefix(r"\Q").unwrap_or(token);
                out.push_str(&regex::escape(inner.strip_suffix(r"\E").unwrap_or(inner)));
            }
            Kind::Brace => {
                out.push('\\');
                out.push_str(token);
            }
            Kind::Repetition | Kind::Other => out.push_str(token),
        }
        repetition = if kind == Kind::Repetition { token } else { "" };
        rest = rest.get(token.len()..).unwrap_or_default();
    }
    Ok(out)
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Repetition,
    Class,
    Brace,
    Quoted,
    Other,
}

/// The first `count` characters.
fn prefix(text: &str, count: usize) -> &str {
    let end = text.char_indices().nth(count).map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or(text)
}

/// A repetition operator of `length` bytes with the `?` that makes it lazy.
fn lazy(text: &str, length: usize) -> &str {
    let length = if text.get(length..).is_some_and(|after| after.starts_with('?')) { length + 1 } else { length };
    text.get(..length).unwrap_or(text)
}

/// `\Q…\E`, or to the end.
fn quoted(text: &str) -> &str {
    text.find(r"\E").and_then(|end| text.get(..end + 2)).unwrap_or(text)
}

/// The length of `{n}`, `{n,}` or `{n,m}`; nothing for a brace that stands for itself.
fn counted(text: &str) -> Result<Option<usize>, PatternError> {
    let Some((inside, _)) = text.strip_prefix('{').and_then(|after| after.split_once('}')) else { return Ok(None) };
    let (least, most) = inside.split_once(',').unwrap_or((inside, inside));
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(least) || !(most.is_empty() || is_number(most)) {
        return Ok(None);
    }
    let too_many = |digits: &str| !digits.is_empty() && digits.parse::<u32>().map_or(true, |count| count > 1000);
    if too_many(least) || too_many(most) {
        return Err(PatternError::TooManyRepeats(format!("{{{inside}}}")));
    }
    Ok(Some(inside.len() + 2))
}

/// `[…]` with the `]` that closes it, or to the end. A `]` that comes first stands for itself.
fn class(text: &str) -> &str {
    let mut characters = text.char_indices().skip(1).peekable();
    characters.next_if(|&(_, c)| c == '^');
    characters.next_if(|&(_, c)| c == ']');
    while let Some((at, c)) = characters.next() {
        match c {
            '\\' => {
                characters.next();
            }
            '[' if characters.peek().is_some_and(|&(_, c)| c == ':') => {
                let end = text.get(at..).and_then(|rest| rest.find(":]")).map_or(at, |length| at + length + 1);
                while characters.next_if(|&(inner, _)| inner <= end).is_some() {}
            }
            ']' => return text.get(..=at).unwrap_or(text),
            _ => {}
        }
    }
    text
}

/// Escapes what means something inside a class to the `regex` crate only.
fn translate_class(class: &str, out: &mut String) {
    let mut rest = class;
    let mut first = true;
    while let Some(next) = rest.chars().next() {
        let named = rest.starts_with("[:").then(|| rest.find(":]")).flatten();
        let token = match (next, named) {
            ('\\', _) => prefix(rest, 2),
            ('[', Some(length)) => prefix(rest, length + 2),
            _ => prefix(rest, 1),
        };
        let doubled = matches!(next, '&' | '~') && rest.get(1..).is_some_and(|after| after.starts_with(next));
        if doubled || (next == '[' && !first && named.is_none()) {
            out.push('\\');
        }
        out.push_str(token);
        first = false;
        rest = rest.get(token.len()..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// What `sops encrypt --filename-override PATH` (3.11) answered with the expression in a rule.
    #[test]
    fn means_what_go_means() {
        let cases = [
            (r"secrets/{a,b}\.yaml$", "secrets/{a,b}.yaml", true),
            (r"secrets/{a,b}\.yaml$", "secrets/a.yaml", false),
            (r"x{2}", "xx", true),
            (r"x{2,}$", "xxx", true),
            (r"x{,2}", "x{,2}", true),
            (r"[[]", "[", true),
            (r"[]a]b", "]b", true),
            (r"[^]]b", "]b", false),
            (r"[a&&b]", "&", true),
            (r"[[:alpha:]]+\.ya?ml$", "s.yml", true),
            (r"[^/]+?\.yaml$", "a/b.yaml", true),
            (r"\Qa.b\E$", "axb", false),
            (r"\Qa.b\E$", "a.b", true),
            (r"secrets\/[a-z-_]+$", "secrets/a_b", true),
            (r"(?i)SECRETS", "secrets", true),
            (r"deep", "sub/deep/y.yaml", true),
            ("", "anything", true),
        ];
        for (expression, path, expected) in cases {
            assert_eq!(compile(expression).unwrap().is_match(path), expected, "{expression} on {path}");
        }
    }

    #[test]
    fn refuses_what_go_refuses() {
        for expression in
            ["secrets/**/*.yaml", "*.yaml", "a++", "a**", "a{2}{3}", "[", "(", "a)", "(?=x)", r"\1", "x{1001}"]
        {
            assert!(compile(expression).is_err(), "{expression}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(expression in r"[\[\]{}()*+?\\^$.|a-c:0-9,&~-]{0,24}") {
            let _ = compile(&expression);
        }
    }
}
