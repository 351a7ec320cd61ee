//! A regular expression as sops understands it: Go's RE2 syntax, compiled by the `regex` crate.
//!
//! The two differ where people write globs by mistake: Go takes `{a,b}` as plain text and refuses
//! `**`, the `regex` crate does the opposite. To Go `\d`, `\w`, `\s` and `\b` are about ASCII, `\<` is
//! a plain character and `\141` one in octal; the `regex` crate has flags and escapes that Go refuses
//! (`(?x)`, `\u0061`), and gives `[`, `&&`, `--` and `~~` inside a class a meaning of their own (source:
//! Go's `regexp/syntax`, `parse.go`). What is left: the `regex` crate knows more names in `\p{…}`, and Go
//! refuses repetitions inside one another that come to more than 1000, and takes one behind flags, `a(?i)*`.

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
        let length = match next {
            '*' | '+' | '?' => Some(1),
            '{' => counted(rest)?,
            _ => None,
        };
        if let Some(length) = length {
            let token = lazy(rest, length);
            if !repetition.is_empty() {
                return Err(PatternError::NestedRepetition(format!("{repetition}{token}")));
            }
            out.push_str(token);
            (repetition, rest) = (token, rest.get(token.len()..).unwrap_or_default());
            continue;
        }
        repetition = "";
        let token = match next {
            '\\' if rest.starts_with(r"\Q") => quoted(rest, &mut out),
            '\\' => escape(rest, &mut out)?,
            '[' => class(rest, &mut out)?,
            '(' if rest.starts_with("(?") => group(rest, &mut out)?,
            '{' | '}' => {
                out.push('\\');
                out.push(next);
                prefix(rest, 1)
            }
            _ => {
                out.push(next);
                prefix(rest, 1)
            }
        };
        rest = rest.get(token.len()..).unwrap_or_default();
    }
    Ok(out)
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
fn quoted<'e>(text: &'e str, out: &mut String) -> &'e str {
    let token = text.find(r"\E").and_then(|end| text.get(..end + 2)).unwrap_or(text);
    let inner = token.strip_prefix(r"\Q").unwrap_or(token);
    out.push_str(&regex::escape(inner.strip_suffix(r"\E").unwrap_or(inner)));
    token
}

/// The start of a group: a name, or flags of Go's.
fn group<'e>(text: &'e str, out: &mut String) -> Result<&'e str, PatternError> {
    let inside = text.strip_prefix("(?").unwrap_or_default();
    let flags = inside.split([')', ':']).next().unwrap_or_default();
    if !inside.starts_with(['<', 'P']) && !flags.chars().all(|flag| matches!(flag, 'i' | 'm' | 's' | 'U' | '-')) {
        return Err(PatternError::Syntax(format!("`(?{}` is no group that Go knows", prefix(inside, 1))));
    }
    out.push_str("(?");
    Ok(prefix(text, 2))
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

/// An escape outside of a class.
fn escape<'e>(text: &'e str, out: &mut String) -> Result<&'e str, PatternError> {
    if let Some((token, set)) = class_in_class(text) {
        out.push_str(&format!("[{set}]"));
        return Ok(token);
    }
    match text.chars().nth(1) {
        Some(boundary @ ('b' | 'B')) => {
            out.push_str(&format!(r"(?-u:\{boundary})"));
            return Ok(prefix(text, 2));
        }
        Some('A' | 'z') => {
            let token = prefix(text, 2);
            out.push_str(token);
            return Ok(token);
        }
        _ => {}
    }
    let (token, character) = escaped(text)?;
    out.push_str(&literal(character));
    Ok(token)
}

/// `\d` and the like, with what stands in a class for it: ASCII only, and `\s` without `\v`.
fn perl_set(text: &str) -> Option<(&str, &'static str)> {
    let set = match text.strip_prefix('\\')?.chars().next()? {
        'd' => "0-9",
        'D' => "[^0-9]",
        'w' => "0-9A-Za-z_",
        'W' => "[^0-9A-Za-z_]",
        's' => r"\t\n\x0C\r\x20",
        'S' => r"[^\t\n\x0C\r\x20]",
        _ => return None,
    };
    Some((prefix(text, 2), set))
}

/// The character that an escape stands for.
fn escaped(text: &str) -> Result<(&str, char), PatternError> {
    let refused = |token: &str| PatternError::Syntax(format!("`{token}` is no escape that Go knows"));
    let after = text.strip_prefix('\\').unwrap_or_default();
    let is_octal = |c: char| matches!(c, '0'..='7');
    let octals = after.chars().take(3).take_while(|&c| is_octal(c)).count();
    match after.chars().next() {
        // A digit alone is a backreference, except zero.
        Some('0') | Some('1'..='7') if octals > 1 || after.starts_with('0') => {
            let token = prefix(text, 1 + octals);
            let number = u32::from_str_radix(token.trim_start_matches('\\'), 8).ok();
            number.and_then(char::from_u32).map(|character| (token, character)).ok_or_else(|| refused(token))
        }
        Some('x') => {
            let (token, digits) = match after.strip_prefix("x{").and_then(|after| after.split_once('}')) {
                Some((digits, _)) => (prefix(text, 4 + digits.chars().count()), digits),
                None => (prefix(text, 4), prefix(text, 4).get(2..).unwrap_or_default()),
            };
            let is_number = digits.chars().all(|c| c.is_ascii_hexdigit()) && (token.contains('{') || digits.len() == 2);
            let number = u32::from_str_radix(digits, 16).ok().filter(|_| is_number);
            number.and_then(char::from_u32).map(|character| (token, character)).ok_or_else(|| refused(token))
        }
        Some(c) => {
            let token = prefix(text, 2);
            let character = match c {
                'a' => '\x07',
                'f' => '\x0C',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'v' => '\x0B',
                c if c.is_ascii() && !c.is_ascii_alphanumeric() => c,
                _ => return Err(refused(token)),
            };
            Ok((token, character))
        }
        None => Err(PatternError::Syntax("it ends in a backslash".to_owned())),
    }
}

/// A character that stands for itself, in a class or outside.
fn literal(character: char) -> String {
    match character {
        c if c.is_ascii_punctuation() && c != '<' && c != '>' || c == ' ' => format!("\\{c}"),
        c if c.is_control() => format!(r"\x{{{:X}}}", u32::from(c)),
        c => c.to_string(),
    }
}

/// `[…]`. A `]` that comes first stands for itself, and so does a `-` where it makes no range.
fn class<'e>(text: &'e str, out: &mut String) -> Result<&'e str, PatternError> {
    let missing = || PatternError::Syntax("a `[` is not closed".to_owned());
    let mut at = 1;
    out.push('[');
    if text.get(at..).is_some_and(|rest| rest.starts_with('^')) {
        out.push('^');
        at += 1;
    }
    let first = at;
    loop {
        let rest = text.get(at..).filter(|rest| !rest.is_empty()).ok_or_else(missing)?;
        if rest.starts_with(']') && at > first {
            out.push(']');
            return text.get(..=at).ok_or_else(missing);
        }
        if let Some((token, set)) = class_in_class(rest) {
            out.push_str(set);
            at += token.len();
            continue;
        }
        let (token, low) = class_character(rest)?;
        at += token.len();
        out.push_str(&literal(low));
        let after = text.get(at..).unwrap_or_default();
        if let Some(after) = after.strip_prefix('-').filter(|after| !after.is_empty() && !after.starts_with(']')) {
            let (token, high) = class_character(after)?;
            at += 1 + token.len();
            out.push('-');
            out.push_str(&literal(high));
        }
    }
}

/// `[:alpha:]`, `\d`, `\pL`, `\p{Greek}`: what stands for several characters, and how it is written here.
fn class_in_class(text: &str) -> Option<(&str, &str)> {
    if let Some(inside) = text.strip_prefix("[:") {
        let name = inside.split_once(":]").map(|(name, _)| name)?;
        return text.get(..name.len() + 4).map(|token| (token, token));
    }
    if text.starts_with(r"\p") || text.starts_with(r"\P") {
        let name = text.get(2..).and_then(|after| after.strip_prefix('{')).and_then(|after| after.split_once('}'));
        let token = name.map_or(prefix(text, 3), |(name, _)| prefix(text, name.chars().count() + 4));
        return Some((token, token));
    }
    perl_set(text)
}

fn class_character(text: &str) -> Result<(&str, char), PatternError> {
    match text.chars().next() {
        Some('\\') => escaped(text),
        Some(character) => Ok((prefix(text, 1), character)),
        None => Err(PatternError::Syntax("a `[` is not closed".to_owned())),
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
            (r"^\w$", "é", false),
            (r"^[\d-z]$", "-", true),
            (r"^[\d-z]$", "y", false),
            (r"\141", "a", true),
            (r"\<a\>", "<a>", true),
            (r"[a-c-e]", "d", false),
            (r"deep", "sub/deep/y.yaml", true),
            ("", "anything", true),
        ];
        for (expression, path, expected) in cases {
            assert_eq!(compile(expression).unwrap().is_match(path), expected, "{expression} on {path}");
        }
    }

    #[test]
    fn refuses_what_go_refuses() {
        for expression in [
            "secrets/**/*.yaml",
            "*.yaml",
            "a++",
            "a**",
            "a{2}{3}",
            "[",
            "(",
            "a)",
            "(?=x)",
            r"\1",
            "x{1001}",
            "(?x)a",
            r"\u0061",
            r"\é",
            r"[a-\d]",
        ] {
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
