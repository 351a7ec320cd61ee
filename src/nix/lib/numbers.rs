//! `lib.strings`: numbers in text.

use super::calling::{arguments, builtin, reworked, shown, text, throw};
use crate::nix::builtins::Function;
use crate::nix::eval::Eval;
use crate::nix::unknown::{Reason, Stop};
use crate::nix::value::{Outcome, Thunk, Value};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    Function { name: "fixedWidthNumber", arity: 2, run: fixed_width_number },
    Function { name: "fixedWidthString", arity: 3, run: fixed_width_string },
    Function { name: "floatToString", arity: 1, run: |eval, args| builtin(eval, "toString", args) },
    Function { name: "toInt", arity: 1, run: to_int },
    Function { name: "toIntBase10", arity: 1, run: to_int_base10 },
];

/// A wider string is not made.
const WIDEST: usize = 1 << 20;

fn fixed_width_string<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [width, filler, string] = arguments(eval, args)?;
    let width = eval.force_int(width)?;
    let filler = eval.force_string(filler)?.text;
    let string = eval.force_string(string)?;
    let text = filled(eval, width, filler, string.text)?;
    Ok(reworked(eval, string, &text))
}

fn fixed_width_number<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [width, number] = arguments(eval, args)?;
    let width = eval.force_int(width)?;
    let text = filled(eval, width, "0", shown(eval, number)?.text)?;
    Ok(eval.string(&text))
}

/// A text with fillers before it until it has the width; fillers must fit.
fn filled<'a>(eval: &Eval<'a>, width: i64, filler: &str, text: &str) -> Outcome<'a, String> {
    let missing = usize::try_from(width).ok().and_then(|width| width.checked_sub(text.len()));
    match missing {
        Some(0) => Ok(text.to_owned()),
        Some(missing) if missing > WIDEST => Err(Stop::Unknown(eval.unknown(Reason::Limit("size"), None))),
        Some(missing) if missing.checked_rem(filler.len()) == Some(0) => {
            Ok(format!("{}{text}", filler.repeat(missing / filler.len())))
        }
        _ => throw(eval, "fixedWidthString: the string is too long"),
    }
}

/// The digits of a text with blanks around it.
fn whole_number(text: &str) -> Option<&str> {
    let number = text.trim_matches(|c: char| c.is_ascii_whitespace() || c == '\x0b');
    let digits = number.strip_prefix('-').unwrap_or(number);
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(number)
}

fn to_int<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [string] = arguments(eval, args)?;
    let string = text(eval, string)?.text;
    let Some(number) = whole_number(string) else {
        return throw(eval, "toInt: the string is no whole number");
    };
    if number.len() > 1 && number.starts_with('0') {
        return throw(eval, "toInt: the string may be octal or have a zero too many");
    }
    parsed(eval, number)
}

fn to_int_base10<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [string] = arguments(eval, args)?;
    let string = text(eval, string)?.text;
    match whole_number(string) {
        Some(number) => parsed(eval, number),
        None => throw(eval, "toIntBase10: the string is no whole number"),
    }
}

fn parsed<'a>(eval: &Eval<'a>, number: &str) -> Outcome<'a> {
    match number.parse() {
        Ok(number) => Ok(Value::Int(number)),
        Err(_) => throw(eval, "the number is too large for a whole number"),
    }
}
