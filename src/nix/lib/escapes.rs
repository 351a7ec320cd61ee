//! `lib.strings`: text made safe for a shell, a URL, XML, a regular expression, Nix.

use super::calling::{arguments, builtin, reworked, shown, text, throw};
use super::gather::{all_entries, all_items};
use super::strings::{posix_name, string_like};
use crate::nix::builtins::Function;
use crate::nix::eval::Eval;
use crate::nix::value::{Outcome, Thunk, Value};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    Function { name: "escape", arity: 2, run: escape },
    Function { name: "escapeC", arity: 2, run: escape_c },
    Function { name: "escapeNixIdentifier", arity: 1, run: |eval, args| escaped(eval, args, identifier) },
    Function { name: "escapeNixString", arity: 1, run: |eval, args| escaped(eval, args, nix_string) },
    Function { name: "escapeRegex", arity: 1, run: |eval, args| escaped(eval, args, regex) },
    Function { name: "escapeShellArg", arity: 1, run: escape_shell_arg },
    Function { name: "escapeShellArgs", arity: 1, run: escape_shell_args },
    Function { name: "escapeURL", arity: 1, run: |eval, args| escaped(eval, args, url) },
    Function { name: "escapeXML", arity: 1, run: |eval, args| escaped(eval, args, xml) },
    Function { name: "toShellVar", arity: 2, run: to_shell_var },
    Function { name: "toShellVars", arity: 1, run: to_shell_vars },
];

/// Words that cannot stand as an attribute name without quotes.
const KEYWORDS: [&str; 10] = ["assert", "else", "if", "in", "inherit", "let", "or", "rec", "then", "with"];

fn escaped<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>], escape: fn(&str) -> String) -> Outcome<'a> {
    let [string] = arguments(eval, args)?;
    let string = text(eval, string)?;
    Ok(reworked(eval, string, &escape(string.text)))
}

/// The strings of a list, none of them empty.
fn markers<'a>(eval: &Eval<'a>, list: &'a Thunk<'a>) -> Outcome<'a, Vec<&'a str>> {
    all_items(eval.force_list(list)?)?.iter().map(|item| Ok(eval.force_string(item)?.text)).collect()
}

/// Every part of a text that begins with one of `markers` replaced, the first that fits.
fn replaced(text: &str, markers: &[&str], replace: impl Fn(&str) -> String) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let found = markers.iter().find_map(|marker| {
            let after = rest.strip_prefix(marker).filter(|_| !marker.is_empty())?;
            Some((*marker, after))
        });
        rest = match found {
            Some((marker, after)) => {
                escaped.push_str(&replace(marker));
                after
            }
            None => {
                escaped.push(character);
                rest.get(character.len_utf8()..).unwrap_or_default()
            }
        };
    }
    escaped
}

fn escape<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [list, string] = arguments(eval, args)?;
    let markers = markers(eval, list)?;
    let string = text(eval, string)?;
    Ok(reworked(eval, string, &replaced(string.text, &markers, |marker| format!("\\{marker}"))))
}

fn escape_c<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [list, string] = arguments(eval, args)?;
    let markers = markers(eval, list)?;
    let string = text(eval, string)?;
    let hex = |marker: &str| marker.bytes().map(|byte| format!("\\x{byte:02x}")).collect();
    Ok(reworked(eval, string, &replaced(string.text, &markers, hex)))
}

/// Escapes what a marker of one character stands for.
pub fn backslashed(text: &str, markers: &[&str]) -> String {
    replaced(text, markers, |marker| format!("\\{marker}"))
}

/// A text as a Nix string literal, quotes included.
pub fn nix_string(text: &str) -> String {
    // JSON's escapes are Nix's, but that Nix has `${`; a string always serialises.
    serde_json::to_string(text).unwrap_or_default().replace('$', "\\$")
}

/// An attribute name as it is written: quoted where it must be.
pub fn identifier(name: &str) -> String {
    if is_plain_name(name) { name.to_owned() } else { nix_string(name) }
}

/// Whether a name can be written as an attribute without quotes.
pub fn is_plain_name(name: &str) -> bool {
    let start = |c: char| c.is_ascii_alphabetic() || c == '_';
    let plain = name.starts_with(start) && name.chars().all(|c| start(c) || c.is_ascii_digit() || "'-".contains(c));
    plain && !KEYWORDS.contains(&name)
}

fn regex(text: &str) -> String {
    with_characters(text, |c| r"\[{()^$?*+|.".contains(c).then(|| format!("\\{c}")))
}

fn xml(text: &str) -> String {
    with_characters(text, |c| {
        let entity = match c {
            '"' => "&quot;",
            '\'' => "&apos;",
            '<' => "&lt;",
            '>' => "&gt;",
            '&' => "&amp;",
            _ => return None,
        };
        Some(entity.to_owned())
    })
}

fn with_characters(text: &str, escape: impl Fn(char) -> Option<String>) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, character| {
        match escape(character) {
            Some(instead) => escaped.push_str(&instead),
            None => escaped.push(character),
        }
        escaped
    })
}

/// Percent signs for ASCII only: nixpkgs leaves other characters as they are.
fn url(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.~".contains(c) || !c.is_ascii();
    with_characters(text, |c| (!plain(c)).then(|| format!("%{:02X}", u32::from(c))))
}

/// A text as one word of a shell: quoted where it must be.
pub fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || ",._+:@%/-".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn escape_shell_arg<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [value] = arguments(eval, args)?;
    let string = shown(eval, value)?;
    Ok(reworked(eval, string, &shell_word(string.text)))
}

/// A list as words of a shell.
pub fn escape_shell_args<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [list] = arguments(eval, args)?;
    let quote = eval.done(eval.native("escapeShellArg", 1, escape_shell_arg));
    let quoted = builtin(eval, "map", &[quote, list])?;
    builtin(eval, "concatStringsSep", &[eval.done(eval.string(" ")), eval.done(quoted)])
}

fn to_shell_var<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [name, value] = arguments(eval, args)?;
    let name = eval.force_string(name)?.text;
    shell_var(eval, name, value)
}

/// The shell's assignment of a value, an array or a dictionary.
fn shell_var<'a>(eval: &Eval<'a>, name: &str, value: &'a Thunk<'a>) -> Outcome<'a> {
    if !posix_name(name) {
        return throw(eval, "toShellVar: a shell has no variable of this name");
    }
    match eval.force(value)? {
        Value::Attrs(attrs) if !string_like(eval, Value::Attrs(attrs))? => {
            let mut fields = Vec::new();
            let mut contexts = Vec::new();
            for attr in all_entries(attrs)? {
                let field = shown(eval, attr.value)?;
                contexts.push(field.context);
                fields.push(format!("[{}]={}", shell_word(attr.name.as_str()), shell_word(field.text)));
            }
            let text = format!("declare -A {name}=({})", fields.join(" "));
            Ok(eval.string_of(eval.text(&text), eval.join_contexts(&contexts), None))
        }
        Value::List(_) => {
            let words = eval.as_string(escape_shell_args(eval, &[value])?)?;
            Ok(reworked(eval, words, &format!("declare -a {name}=({})", words.text)))
        }
        _ => {
            let word = shown(eval, value)?;
            Ok(reworked(eval, word, &format!("{name}={}", shell_word(word.text))))
        }
    }
}

fn to_shell_vars<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [set] = arguments(eval, args)?;
    let assignment = |attr: &crate::nix::value::Attr<'a>| {
        let (name, value) = (attr.name.as_str(), attr.value);
        eval.lazy(move |eval| shell_var(eval, name, value))
    };
    let lines: Vec<_> = all_entries(eval.force_attrs(set)?)?.iter().map(assignment).collect();
    super::separated::joined(eval, &super::separated::separator("\n"), &lines)
}
