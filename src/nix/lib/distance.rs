//! `lib.strings`: how alike two strings are. Bytes are compared, as in Nix.

use super::calling::arguments;
use crate::nix::builtins::Function;
use crate::nix::eval::Eval;
use crate::nix::unknown::{Reason, Stop};
use crate::nix::value::{Outcome, Thunk, Value};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    Function { name: "commonPrefixLength", arity: 2, run: common_prefix_length },
    Function { name: "commonSuffixLength", arity: 2, run: common_suffix_length },
    Function { name: "levenshtein", arity: 2, run: levenshtein },
    Function { name: "levenshteinAtMost", arity: 3, run: levenshtein_at_most },
];

/// Longer strings are not compared by edits: the work grows with the square.
const LONGEST: usize = 4096;

fn common_prefix_length<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [left, right] = arguments(eval, args)?;
    let (left, right) = (eval.force_string(left)?.text, eval.force_string(right)?.text);
    Ok(Value::Int(left.bytes().zip(right.bytes()).take_while(|(a, b)| a == b).count() as i64))
}

fn common_suffix_length<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [left, right] = arguments(eval, args)?;
    let (left, right) = (eval.force_string(left)?.text, eval.force_string(right)?.text);
    Ok(Value::Int(left.bytes().rev().zip(right.bytes().rev()).take_while(|(a, b)| a == b).count() as i64))
}

fn distance<'a>(eval: &Eval<'a>, left: &'a Thunk<'a>, right: &'a Thunk<'a>) -> Outcome<'a, i64> {
    let (left, right) = (eval.force_string(left)?.text, eval.force_string(right)?.text);
    if left.len().max(right.len()) > LONGEST {
        return Err(Stop::Unknown(eval.unknown(Reason::Limit("size"), None)));
    }
    Ok(strsim::generic_levenshtein(left.as_bytes(), right.as_bytes()) as i64)
}

fn levenshtein<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [left, right] = arguments(eval, args)?;
    distance(eval, left, right).map(Value::Int)
}

fn levenshtein_at_most<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [most, left, right] = arguments(eval, args)?;
    Ok(Value::Bool(distance(eval, left, right)? <= eval.force_int(most)?.max(0)))
}
