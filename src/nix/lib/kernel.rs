//! `lib.kernel`: settings of the Linux kernel, as data.

use super::calling::arguments;
use crate::nix::builtins::Function;
use crate::nix::eval::Eval;
use crate::nix::value::{Attr, Outcome, Thunk, Value};

/// The functions of this file.
pub const FUNCTIONS: &[Function] =
    &[Function { name: "freeform", arity: 1, run: freeform }, Function { name: "option", arity: 1, run: option }];

/// The answers.
pub fn values<'a>(eval: &Eval<'a>, _types: &'a Thunk<'a>) -> Vec<Attr<'a>> {
    let answer = |name, state| {
        let entries = vec![eval.attr("tristate", eval.done(state)), optional(eval, false)];
        eval.attr(name, eval.done(eval.attrs(entries)))
    };
    vec![
        answer("yes", eval.string("y")),
        answer("no", eval.string("n")),
        answer("module", eval.string("m")),
        answer("unset", Value::Null),
    ]
}

fn optional<'a>(eval: &Eval<'a>, optional: bool) -> Attr<'a> {
    eval.attr("optional", eval.done(Value::Bool(optional)))
}

fn freeform<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [value] = arguments(eval, args)?;
    Ok(eval.attrs(vec![eval.attr("freeform", value), optional(eval, false)]))
}

fn option<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [answer] = arguments(eval, args)?;
    eval.update(eval.force(answer)?, eval.attrs(vec![optional(eval, true)]))
}
