//! What in `lib` is data: licenses, maintainers, platforms; and names with no namespace of their own.

use super::calling::{arguments, builtin_thunk, found, stop};
use crate::nix::builtins::Function;
use crate::nix::eval::Eval;
use crate::nix::symbol;
use crate::nix::unknown::Reason;
use crate::nix::value::{Attr, Attrs, Open, Outcome, Thunk, Value};

/// Names that `lib` takes from `builtins` at its top alone.
const BUILTINS: &[&str] = &[
    "convertHash",
    "fromTOML",
    "getContext",
    "hasContext",
    "hashString",
    "placeholder",
    "toFile",
    "toString",
    "toXML",
    "tryEval",
];

/// What nixpkgs keeps long lists of, which are not here.
const LISTED: &[&str] = &["licenses", "maintainers", "sourceTypes", "teams"];

const TYPED: &[Function] =
    &[Function { name: "isType", arity: 2, run: is_type }, Function { name: "setType", arity: 2, run: set_type }];

/// The attributes at the top of `lib` that come from no namespace.
pub fn top<'a>(eval: &Eval<'a>) -> Vec<Attr<'a>> {
    let mut top: Vec<_> = BUILTINS.iter().map(|&name| eval.attr(name, builtin_thunk(eval, name))).collect();
    for &name in LISTED {
        top.push(eval.attr(name, eval.done(open_set(eval, Vec::new(), Reason::Package))));
    }
    for function in TYPED {
        top.push(eval.attr(function.name, eval.done(eval.native(function.name, function.arity, function.run))));
    }
    top.push(eval.attr("platforms", eval.done(super::systems::doubles(eval))));
    top
}

/// A set of which these are known and others are not.
pub fn open_set<'a>(eval: &Eval<'a>, entries: Vec<Attr<'a>>, reason: Reason<'a>) -> Value<'a> {
    let open = Some(Open { why: eval.unknown(reason, None), absent: None });
    eval.attrs_of(Attrs { entries: eval.sorted(entries), open })
}

fn is_type<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [kind, value] = arguments(eval, args)?;
    match found(eval, eval.force(value)?, symbol::TYPE)? {
        Some(Value::Unknown(why)) => stop(why),
        Some(found) => eval.equal(found, eval.force(kind)?).map(Value::Bool),
        None => Ok(Value::Bool(false)),
    }
}

fn set_type<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [kind, value] = arguments(eval, args)?;
    eval.update(eval.force(value)?, eval.attrs(vec![eval.attr("_type", kind)]))
}
