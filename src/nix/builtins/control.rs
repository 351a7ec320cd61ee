//! What steers evaluation: order, errors, tracing.

use super::{Function, arguments, known};
use crate::nix::eval::Coercion;
use crate::nix::eval::Eval;
use crate::nix::unknown::{ErrorKind, Stop};
use crate::nix::value::{Outcome, Thunk, Value};

pub const FUNCTIONS: &[Function] = &[
    Function { name: "abort", arity: 1, run: |eval, args| stop(eval, args, ErrorKind::Other) },
    Function { name: "throw", arity: 1, run: |eval, args| stop(eval, args, ErrorKind::Thrown) },
    Function { name: "addErrorContext", arity: 2, run: second },
    Function { name: "break", arity: 1, run: first },
    Function { name: "deepSeq", arity: 2, run: deep_seq },
    Function { name: "seq", arity: 2, run: seq },
    Function { name: "trace", arity: 2, run: seq },
    Function { name: "traceVerbose", arity: 2, run: second },
    Function { name: "tryEval", arity: 1, run: try_eval },
    Function { name: "warn", arity: 2, run: warn },
];

/// The error stands even where its text is unknown. The text is not kept: it may be made of a secret,
/// and the place says enough.
fn stop<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>], kind: ErrorKind) -> Outcome<'a> {
    let [message] = arguments(eval, args)?;
    let _ = known(eval.coerce(eval.force(message)?, Coercion::Plain))?;
    Err(eval.error(kind, None, "it throws an error"))
}

fn first<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [value] = arguments(eval, args)?;
    eval.force(value)
}

fn second<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [_, value] = arguments(eval, args)?;
    eval.force(value)
}

fn seq<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [before, value] = arguments(eval, args)?;
    eval.force(before)?;
    eval.force(value)
}

fn deep_seq<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [before, value] = arguments(eval, args)?;
    eval.force_deep(before)?;
    eval.force(value)
}

fn warn<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [message, value] = arguments(eval, args)?;
    let _ = known(eval.force_string(message))?;
    eval.force(value)
}

/// Catches `throw` and `assert`. Whether something unknown would fail is itself unknown.
fn try_eval<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [value] = arguments(eval, args)?;
    let (success, value) = match eval.force(value) {
        Ok(unknown @ Value::Unknown(_)) => (unknown, value),
        Ok(_) => (Value::Bool(true), value),
        Err(Stop::Error(error)) if error.kind == ErrorKind::Thrown => {
            (Value::Bool(false), eval.done(Value::Bool(false)))
        }
        Err(stop) => return Err(stop),
    };
    Ok(eval.attrs(vec![eval.attr("success", eval.done(success)), eval.attr("value", value)]))
}
