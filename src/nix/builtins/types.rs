//! What type a value has.

use super::{Function, arguments};
use crate::nix::eval::Eval;
use crate::nix::unknown::Stop;
use crate::nix::value::{Outcome, Thunk, Value};

pub const FUNCTIONS: &[Function] = &[
    Function { name: "typeOf", arity: 1, run: type_of },
    Function { name: "isAttrs", arity: 1, run: |eval, args| is(eval, args, "set") },
    Function { name: "isBool", arity: 1, run: |eval, args| is(eval, args, "bool") },
    Function { name: "isFloat", arity: 1, run: |eval, args| is(eval, args, "float") },
    Function { name: "isFunction", arity: 1, run: |eval, args| is(eval, args, "lambda") },
    Function { name: "isInt", arity: 1, run: |eval, args| is(eval, args, "int") },
    Function { name: "isList", arity: 1, run: |eval, args| is(eval, args, "list") },
    Function { name: "isNull", arity: 1, run: |eval, args| is(eval, args, "null") },
    Function { name: "isPath", arity: 1, run: |eval, args| is(eval, args, "path") },
    Function { name: "isString", arity: 1, run: |eval, args| is(eval, args, "string") },
];

fn name<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a, &'static str> {
    let [value] = arguments(eval, args)?;
    Ok(match eval.force(value)? {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Int(_) => "int",
        Value::Float(_) => "float",
        Value::String(_) => "string",
        Value::Path(_) => "path",
        Value::List(_) => "list",
        Value::Attrs(_) => "set",
        Value::Closure(_) | Value::Native(_) => "lambda",
        Value::Unknown(why) => return Err(Stop::Unknown(why)),
    })
}

fn type_of<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    Ok(eval.string_of(name(eval, args)?, &[], None))
}

fn is<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>], wanted: &str) -> Outcome<'a> {
    Ok(Value::Bool(name(eval, args)? == wanted))
}
