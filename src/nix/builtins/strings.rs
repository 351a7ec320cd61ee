//! Strings. Nix counts bytes; a cut inside a character gives what is no text here, so it is unknown.

use super::world::not_written;
use super::{Function, arguments};
use crate::nix::eval::Coercion;
use crate::nix::eval::Eval;
use crate::nix::unknown::Stop;
use crate::nix::value::{Outcome, Str, Thunk, Value};

pub const FUNCTIONS: &[Function] = &[
    Function { name: "addDrvOutputDependencies", arity: 1, run: same_string },
    Function { name: "appendContext", arity: 2, run: append_context },
    Function { name: "concatStringsSep", arity: 2, run: concat_strings_sep },
    Function { name: "getContext", arity: 1, run: get_context },
    Function { name: "hasContext", arity: 1, run: has_context },
    Function { name: "replaceStrings", arity: 3, run: replace_strings },
    Function { name: "stringLength", arity: 1, run: string_length },
    Function { name: "substring", arity: 3, run: substring },
    Function { name: "toString", arity: 1, run: to_string },
    Function { name: "unsafeDiscardOutputDependency", arity: 1, run: same_string },
    Function { name: "unsafeDiscardStringContext", arity: 1, run: same_string },
];

/// The marks of a string say what is inside it; unlike references to the store they are never
/// discarded.
fn same_string<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [text] = arguments(eval, args)?;
    Ok(Value::String(eval.coerce(eval.force(text)?, Coercion::Plain)?))
}

fn append_context<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [text, _] = arguments(eval, args)?;
    Ok(Value::String(eval.force_string(text)?))
}

fn has_context<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [text] = arguments(eval, args)?;
    eval.force_string(text)?;
    Ok(Value::Bool(false))
}

fn get_context<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [text] = arguments(eval, args)?;
    eval.force_string(text)?;
    Ok(eval.attrs(Vec::new()))
}

fn concat_strings_sep<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [separator, list] = arguments(eval, args)?;
    let separator = eval.force_string(separator)?;
    let list = eval.force_list(list)?;
    let mut text = String::new();
    let mut contexts = vec![separator.context];
    let mut origin = None;
    for (index, item) in list.items.iter().enumerate() {
        let item = eval.coerce(eval.force(item)?, Coercion::Plain)?;
        if index > 0 {
            text.push_str(separator.text);
        }
        text.push_str(item.text);
        eval.limits.size(eval, text.len())?;
        contexts.push(item.context);
        origin = origin.or(item.origin);
    }
    match list.open {
        Some(why) => Err(Stop::Unknown(why)),
        None => Ok(eval.string_of(eval.text(&text), eval.join_contexts(&contexts), origin)),
    }
}

fn replace_strings<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [from, to, text] = arguments(eval, args)?;
    let (from, to) = (eval.force_list(from)?, eval.force_list(to)?);
    if let Some(why) = from.open.or(to.open) {
        return Err(Stop::Unknown(why));
    }
    if from.items.len() != to.items.len() {
        return eval.fail("'replaceStrings' needs two lists of the same length");
    }
    let patterns = from.items.iter().map(|item| eval.force_string(item)).collect::<Outcome<'a, Vec<_>>>()?;
    let text = eval.force_string(text)?;
    // Which bytes a pattern begins with: most texts hold few of them. An empty pattern is everywhere.
    let mut begins = [patterns.iter().any(|pattern| pattern.text.is_empty()); 256];
    for &first in patterns.iter().filter_map(|pattern| pattern.text.as_bytes().first()) {
        if let Some(begins) = begins.get_mut(usize::from(first)) {
            *begins = true;
        }
    }
    let mut contexts = vec![text.context];
    let mut result: Vec<u8> = Vec::with_capacity(text.text.len());
    let mut rest = text.text.as_bytes();
    loop {
        let none_begins = |&byte: &u8| !begins.get(usize::from(byte)).copied().unwrap_or_default();
        let skipped = rest.iter().take_while(|byte| none_begins(byte)).count();
        let (plain, after) = rest.split_at_checked(skipped).unwrap_or((rest, &[]));
        result.extend_from_slice(plain);
        rest = after;
        let found = patterns.iter().zip(to.items).find(|(pattern, _)| rest.starts_with(pattern.text.as_bytes()));
        let matched = match found {
            Some((pattern, replacement)) => {
                let replacement = eval.force_string(replacement)?;
                result.extend_from_slice(replacement.text.as_bytes());
                contexts.push(replacement.context);
                pattern.text.len()
            }
            None => 0,
        };
        eval.limits.size(eval, result.len())?;
        if matched > 0 {
            rest = rest.get(matched..).unwrap_or_default();
            // Nothing left, and only an empty pattern would match the end.
            continue;
        }
        match rest.split_first() {
            Some((&byte, after)) => {
                result.push(byte);
                rest = after;
            }
            None => break,
        }
    }
    match std::str::from_utf8(&result) {
        Ok(result) => Ok(eval.string_of(eval.text(result), eval.join_contexts(&contexts), text.origin)),
        Err(_) => not_written(eval, "builtins.replaceStrings inside a character"),
    }
}

fn string_length<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [text] = arguments(eval, args)?;
    Ok(Value::Int(eval.coerce(eval.force(text)?, Coercion::Plain)?.text.len() as i64))
}

fn substring<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [start, length, text] = arguments(eval, args)?;
    let (start, length) = (eval.force_int(start)?, eval.force_int(length)?);
    let Ok(start) = usize::try_from(start) else { return eval.fail("negative start position in 'substring'") };
    let text = eval.coerce(eval.force(text)?, Coercion::Plain)?;
    // A negative length takes all that is left.
    let end = usize::try_from(length).map_or(usize::MAX, |length| start.saturating_add(length)).min(text.text.len());
    let part = if start >= end { Some("") } else { text.text.get(start..end) };
    match part {
        Some(part) => Ok(Value::String(eval.alloc(Str { text: part, ..*text }))),
        None => not_written(eval, "builtins.substring inside a character"),
    }
}

fn to_string<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [value] = arguments(eval, args)?;
    Ok(Value::String(eval.coerce(eval.force(value)?, Coercion::Full)?))
}
