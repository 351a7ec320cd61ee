//! `match` and `split`: POSIX extended regular expressions through the `regex` crate.
//!
//! Where alternatives overlap POSIX takes the longest match and the crate the first alternative;
//! for `match` this can only change what the groups hold. `.` takes a character, not a byte.

use std::cell::RefCell;
use std::collections::HashMap;
use std::iter::Peekable;
use std::rc::Rc;
use std::str::Chars;

use ::regex::{Captures, Regex, RegexBuilder};

use super::{Function, arguments};
use crate::nix::eval::Eval;
use crate::nix::value::{Outcome, Str, Thunk, Value};

pub const FUNCTIONS: &[Function] =
    &[Function { name: "match", arity: 2, run: match_whole }, Function { name: "split", arity: 2, run: split }];

/// Expressions that are kept compiled, per thread.
const KEPT: usize = 128;

/// Bytes that one compiled expression may take.
const MAX_COMPILED: usize = 4 << 20;

thread_local! {
    /// Shared, not copied: a copied expression begins with an empty cache.
    static COMPILED: RefCell<HashMap<String, Option<Rc<Regex>>>> = RefCell::default();
}

fn compile(pattern: String) -> Option<Rc<Regex>> {
    COMPILED.with_borrow_mut(|compiled| {
        if let Some(known) = compiled.get(&pattern) {
            return known.clone();
        }
        if compiled.len() >= KEPT {
            compiled.clear();
        }
        let regex = RegexBuilder::new(&pattern).dot_matches_new_line(true).size_limit(MAX_COMPILED).build();
        let regex = regex.ok().map(Rc::new);
        compiled.insert(pattern, regex.clone());
        regex
    })
}

/// The expression in the syntax of the `regex` crate; none where POSIX has no such expression.
fn translate(posix: &str) -> Option<String> {
    let mut out = String::with_capacity(posix.len() + 8);
    let mut groups = Vec::new();
    let mut operand = 0;
    let mut repeated = false;
    let mut chars = posix.chars().peekable();
    while let Some(c) = chars.next() {
        if matches!(c, '*' | '+' | '?' | '{') {
            // A second repetition repeats the first; in the crate `+?` would be a lazy one.
            if repeated {
                out.insert_str(operand, "(?:");
                out.push(')');
            }
            out.push(c);
            if c == '{' {
                copy_until('}', &mut chars, &mut out);
            }
            repeated = true;
            continue;
        }
        repeated = false;
        let start = out.len();
        operand = start;
        match c {
            // Before an ordinary character a backslash means nothing.
            '\\' => out.push_str(&::regex::escape(chars.next()?.encode_utf8(&mut [0; 4]))),
            '[' => bracket(&mut chars, &mut out),
            '(' if chars.peek() == Some(&'?') => return None,
            '(' => {
                groups.push(start);
                out.push('(');
            }
            ')' => {
                operand = groups.pop()?;
                out.push(')');
            }
            c => out.push(c),
        }
    }
    Some(out)
}

fn copy_until(end: char, chars: &mut Peekable<Chars<'_>>, out: &mut String) {
    for c in chars.by_ref() {
        out.push(c);
        if c == end {
            return;
        }
    }
}

/// A bracket expression: `\`, `&`, `~` and `[` are plain characters in it, `[:alpha:]` is not.
fn bracket(chars: &mut Peekable<Chars<'_>>, out: &mut String) {
    out.push('[');
    if chars.next_if_eq(&'^').is_some() {
        out.push('^');
    }
    let mut first = true;
    while let Some(c) = chars.next() {
        match c {
            ']' if !first => {
                out.push(']');
                return;
            }
            '[' if chars.peek() == Some(&':') => {
                out.push('[');
                copy_until(']', chars, out);
            }
            '\\' | '[' | ']' | '&' | '~' | '^' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
        first = false;
    }
}

fn regex<'a>(eval: &Eval<'a>, posix: &str, whole: bool) -> Outcome<'a, Rc<Regex>> {
    let translated = translate(posix).map(|regex| if whole { format!("^(?:{regex})$") } else { regex });
    match translated.and_then(compile) {
        Some(regex) => Ok(regex),
        None => eval.fail("invalid regular expression"),
    }
}

/// What the groups of a match hold; null for one that took no part.
fn groups<'a>(eval: &Eval<'a>, captures: &Captures<'a>, text: &Str<'a>) -> Value<'a> {
    let groups: Vec<_> = captures
        .iter()
        .skip(1)
        .map(|group| eval.done(group.map_or(Value::Null, |group| part(eval, group.as_str(), text))))
        .collect();
    eval.list(&groups)
}

/// A part of a text; it keeps the marks, as a part may be what the mark stands for.
fn part<'a>(eval: &Eval<'a>, part: &'a str, text: &Str<'a>) -> Value<'a> {
    eval.string_of(part, text.context, text.origin)
}

fn match_whole<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [pattern, text] = arguments(eval, args)?;
    let regex = regex(eval, eval.force_string(pattern)?.text, true)?;
    let text = eval.force_string(text)?;
    eval.limits.read(eval, text.text.len())?;
    Ok(regex.captures(text.text).map_or(Value::Null, |captures| groups(eval, &captures, text)))
}

/// How much faster a search goes over what follows a match, which it may do to the end of the text at
/// every match, than over what it keeps.
const LOOKED_AT_FASTER: usize = 256;

/// Texts between the matches, and for each match the list of its groups. After an empty match the
/// search goes on one character further, and an empty match may touch the match before it.
fn split<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [pattern, text] = arguments(eval, args)?;
    let pattern = eval.force_string(pattern)?.text;
    let regex = regex(eval, pattern, false)?;
    let text = eval.force_string(text)?;
    eval.limits.read(eval, text.text.len())?;
    let looks_far = pattern.contains(['*', '+', '{']);
    let mut pieces = Vec::new();
    let (mut from, mut after_last) = (0, 0);
    while let Some(captures) = regex.captures_at(text.text, from) {
        let ahead = if looks_far { text.text.len().saturating_sub(from) / LOOKED_AT_FASTER } else { 0 };
        eval.limits.read(eval, ahead)?;
        let Some(found) = captures.get(0) else { break };
        let before = text.text.get(after_last..found.start()).unwrap_or_default();
        pieces.push(eval.done(part(eval, before, text)));
        pieces.push(eval.done(groups(eval, &captures, text)));
        after_last = found.end();
        from = found.end();
        if found.is_empty() {
            match text.text.get(from..).and_then(|rest| rest.chars().next()) {
                Some(next) => from += next.len_utf8(),
                None => break,
            }
        }
    }
    pieces.push(eval.done(part(eval, text.text.get(after_last..).unwrap_or_default(), text)));
    Ok(eval.list(&pieces))
}
