//! Nix code as text: strings, names, path literals, and the format of RFC 166.

use std::fmt::Write;

use crate::nix::lib::escapes::is_plain_name;
use crate::source::visible::clean;

/// A text as a Nix string literal. Nix knows no escape for other control characters: they stand as they are.
pub fn string(text: &str) -> String {
    let mut code = String::from("\"");
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' | '\\' => code.extend(['\\', character]),
            '$' if characters.peek() == Some(&'{') => code.push_str("\\$"),
            '\n' => code.push_str("\\n"),
            '\r' => code.push_str("\\r"),
            '\t' => code.push_str("\\t"),
            _ => code.push(character),
        }
    }
    code + "\""
}

/// One name of an attribute path, quoted where it must be.
pub fn name(name: &str) -> String {
    if is_plain_name(name) { name.to_owned() } else { string(name) }
}

/// An attribute path.
pub fn path_of_names(names: &[&str]) -> String {
    names.iter().map(|part| name(part)).collect::<Vec<_>>().join(".")
}

/// A list of texts.
pub fn list(texts: &[String]) -> String {
    let mut code = String::from("[ ");
    for text in texts {
        let _ = write!(code, "{} ", string(text));
    }
    code + "]"
}

/// A file as the code of another file names it: a relative path literal, `../secrets/web.yaml`, or where
/// a literal cannot spell it `(../. + "/web secrets.yaml")`. Both paths are relative to the repository.
pub fn path(from: &str, to: &str) -> String {
    let folders = |path: &str| -> Vec<String> { path.split('/').map(str::to_owned).collect() };
    let (mut from, to) = (folders(from), folders(to));
    from.pop();
    let shared = from.iter().zip(to.iter().take(to.len().saturating_sub(1))).take_while(|(a, b)| a == b).count();
    let up = from.len() - shared;
    let below = to.get(shared..).unwrap_or_default().join("/");
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-+/".contains(c);
    let start = if up == 0 { ".".to_owned() } else { vec![".."; up].join("/") };
    match below.chars().all(is_plain) {
        true => format!("{start}/{below}"),
        false => format!("({start}/. + {})", string(&format!("/{below}"))),
    }
}

/// A text as the lines of a comment, whatever is in it: control characters are shown as pictures, for Nix ends
/// a comment at a carriage return too. No line of it is a marker or a waiver.
pub fn comment(text: &str) -> String {
    let line = |line: &str| {
        let sign = if line.trim_start().starts_with("sealnix:") { "# -" } else { "#" };
        format!("{sign} {}", clean(line)).trim_end().to_owned() + "\n"
    };
    text.split('\n').map(line).collect()
}

/// Code as nixfmt leaves it (RFC 166). Code that does not parse is a defect of whoever wrote it: it comes
/// back as nothing, and nothing is written.
pub fn formatted(code: &str) -> Option<String> {
    nixfmt_rs::format(code).ok()
}
