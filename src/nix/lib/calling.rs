//! Arguments, calls of functions that were passed in, and what predicates say.

use crate::nix::eval::{Coercion, Eval, Found};
use crate::nix::symbol::Symbol;
use crate::nix::unknown::{ErrorKind, Stop, Unknown};
use crate::nix::value::{Outcome, Str, Thunk, Value};

pub use crate::nix::builtins::arguments;

/// Calls a function with these arguments in turn.
pub fn call<'a>(eval: &Eval<'a>, function: &'a Thunk<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let function = eval.force(function)?;
    eval.call_with(function, arguments)
}

/// The same when it is needed.
pub fn later<'a, const N: usize>(
    eval: &Eval<'a>,
    function: &'a Thunk<'a>,
    arguments: [&'a Thunk<'a>; N],
) -> &'a Thunk<'a> {
    eval.lazy(move |eval| call(eval, function, &arguments))
}

/// `builtins.name`, looked up when it is needed: the global scope may be under construction.
pub fn builtin_thunk<'a>(eval: &Eval<'a>, name: &'static str) -> &'a Thunk<'a> {
    eval.lazy(move |eval| {
        let Some(builtins) = eval.global(Symbol::new("builtins")) else { return eval.fail("no builtins") };
        eval.select_name(builtins, Symbol::new(name), None)
    })
}

/// Calls `builtins.name`.
pub fn builtin<'a>(eval: &Eval<'a>, name: &'static str, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    call(eval, builtin_thunk(eval, name), arguments)
}

/// A condition's answer, where "unknown" is one.
pub enum Verdict<'a> {
    Yes,
    No,
    Perhaps(&'a Unknown<'a>),
}

/// What a condition says. Limits and errors stop.
pub fn verdict<'a>(eval: &Eval<'a>, condition: Outcome<'a>) -> Outcome<'a, Verdict<'a>> {
    match eval.settle(condition)? {
        Value::Unknown(unknown) => Ok(Verdict::Perhaps(unknown)),
        value => Ok(if eval.as_bool(value)? { Verdict::Yes } else { Verdict::No }),
    }
}

/// What a predicate says of these arguments.
pub fn holds<'a>(eval: &Eval<'a>, predicate: &'a Thunk<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a, Verdict<'a>> {
    verdict(eval, call(eval, predicate, arguments))
}

/// A string as interpolation makes it: paths and derivations too.
pub fn text<'a>(eval: &Eval<'a>, thunk: &'a Thunk<'a>) -> Outcome<'a, &'a Str<'a>> {
    eval.coerce(eval.force(thunk)?, Coercion::Plain)
}

/// A string as `toString` makes it.
pub fn shown<'a>(eval: &Eval<'a>, thunk: &'a Thunk<'a>) -> Outcome<'a, &'a Str<'a>> {
    eval.coerce(eval.force(thunk)?, Coercion::Full)
}

/// A string made from another: it keeps what is inside and the literal it came from.
pub fn reworked<'a>(eval: &Eval<'a>, from: &Str<'a>, text: &str) -> Value<'a> {
    eval.string_of(eval.text(text), from.context, from.origin)
}

/// Leaves as `throw` does: `tryEval` catches it. Nothing that was evaluated is in the message: it may
/// be a secret.
pub fn throw<'a, T>(eval: &Eval<'a>, message: &'static str) -> Outcome<'a, T> {
    Err(eval.error(ErrorKind::Thrown, None, message))
}

/// Leaves as `throw message` does. The message is not kept: it may be made of a secret.
pub fn throw_given<'a, T>(eval: &Eval<'a>, message: &'a Thunk<'a>) -> Outcome<'a, T> {
    text(eval, message)?;
    Err(eval.error(ErrorKind::Thrown, None, "it throws an error"))
}

/// Leaves with something unknown.
pub fn stop<'a, T>(unknown: &'a Unknown<'a>) -> Outcome<'a, T> {
    Err(Stop::Unknown(unknown))
}

/// The attribute of a value, if it has one of this name; unknown where nobody can say.
pub fn found<'a>(eval: &Eval<'a>, value: Value<'a>, name: Symbol) -> Outcome<'a, Option<Value<'a>>> {
    match eval.look_up(value, name)? {
        Found::Attribute(value) => Ok(Some(eval.force(value)?)),
        Found::Absent => Ok(None),
        Found::Perhaps(why) => stop(why),
    }
}
