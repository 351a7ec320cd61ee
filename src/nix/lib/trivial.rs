//! `lib.trivial`: functions of functions, numbers, warnings.

use super::calling::{Verdict, arguments, builtin, call, found, stop, throw, throw_given, verdict};
use super::gather::all_items;
use crate::nix::builtins::Function;
use crate::nix::eval::Eval;
use crate::nix::symbol::Symbol;
use crate::nix::unknown::Reason;
use crate::nix::value::{Attr, Outcome, Thunk, Value};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    Function { name: "and", arity: 2, run: and },
    Function { name: "bitNot", arity: 1, run: bit_not },
    Function { name: "boolToString", arity: 1, run: |eval, args| bool_to_text(eval, args, ["false", "true"]) },
    Function { name: "boolToYesNo", arity: 1, run: |eval, args| bool_to_text(eval, args, ["no", "yes"]) },
    Function { name: "checkListOfEnum", arity: 4, run: check_list_of_enum },
    Function { name: "compare", arity: 2, run: compare },
    Function { name: "concat", arity: 2, run: concat },
    Function { name: "const", arity: 2, run: constant },
    Function { name: "defaultTo", arity: 2, run: default_to },
    Function { name: "flip", arity: 3, run: flip },
    Function { name: "fromHexString", arity: 1, run: from_hex_string },
    Function { name: "functionArgs", arity: 1, run: function_args },
    Function { name: "id", arity: 1, run: id },
    Function { name: "importJSON", arity: 1, run: |eval, args| import_as(eval, args, "fromJSON") },
    Function { name: "importTOML", arity: 1, run: |eval, args| import_as(eval, args, "fromTOML") },
    Function { name: "info", arity: 2, run: warn },
    Function { name: "isFunction", arity: 1, run: is_function },
    Function { name: "isInOldestRelease", arity: 1, run: of_release },
    Function { name: "mapNullable", arity: 2, run: map_nullable },
    Function { name: "max", arity: 2, run: max },
    Function { name: "mergeAttrs", arity: 2, run: merge_attrs },
    Function { name: "min", arity: 2, run: min },
    Function { name: "mirrorFunctionArgs", arity: 2, run: mirror_function_args },
    Function { name: "mod", arity: 2, run: modulo },
    Function { name: "oldestSupportedReleaseIsAtLeast", arity: 1, run: of_release },
    Function { name: "or", arity: 2, run: or },
    Function { name: "pipe", arity: 2, run: pipe },
    Function { name: "revisionWithDefault", arity: 1, run: of_release },
    Function { name: "setFunctionArgs", arity: 2, run: set_function_args },
    Function { name: "showWarnings", arity: 2, run: warn },
    Function { name: "splitByAndCompare", arity: 5, run: split_by_and_compare },
    Function { name: "throwIf", arity: 3, run: |eval, args| throw_if(eval, args, true) },
    Function { name: "throwIfNot", arity: 3, run: |eval, args| throw_if(eval, args, false) },
    Function { name: "toBaseDigits", arity: 2, run: to_base_digits },
    Function { name: "toFunction", arity: 1, run: to_function },
    Function { name: "toHexString", arity: 1, run: to_hex_string },
    Function { name: "warn", arity: 2, run: warn },
    Function { name: "warnIf", arity: 3, run: warn_if },
    Function { name: "warnIfNot", arity: 3, run: warn_if },
    Function { name: "xor", arity: 2, run: xor },
];

/// What depends on the release of nixpkgs, which is not here.
pub fn values<'a>(eval: &Eval<'a>, _types: &'a Thunk<'a>) -> Vec<Attr<'a>> {
    let names = ["codeName", "nixpkgsVersion", "oldestSupportedRelease", "release", "version", "versionSuffix"];
    let mut values: Vec<_> = names.iter().map(|name| eval.attr(name, eval.done(release(eval)))).collect();
    for name in ["inNixShell", "inPureEvalMode"] {
        values.push(eval.attr(name, eval.done(eval.unknown_value(Reason::World(name)))));
    }
    values
}

fn release<'a>(eval: &Eval<'a>) -> Value<'a> {
    eval.unknown_value(Reason::Input("nixpkgs"))
}

fn of_release<'a>(eval: &Eval<'a>, _: &[&'a Thunk<'a>]) -> Outcome<'a> {
    stop(eval.unknown(Reason::Input("nixpkgs"), None))
}

fn id<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [value] = arguments(eval, args)?;
    eval.force(value)
}

fn constant<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [value, _] = arguments(eval, args)?;
    eval.force(value)
}

fn pipe<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [value, functions] = arguments(eval, args)?;
    let mut value = value;
    for function in all_items(eval.force_list(functions)?)? {
        value = eval.done(eval.settle(call(eval, function, &[value]))?);
    }
    eval.force(value)
}

fn concat<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [left, right] = arguments(eval, args)?;
    eval.concat(eval.force(left)?, eval.force(right)?)
}

fn merge_attrs<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [left, right] = arguments(eval, args)?;
    eval.update(eval.force(left)?, eval.force(right)?)
}

fn and<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [left, right] = arguments(eval, args)?;
    Ok(Value::Bool(eval.force_bool(left)? && eval.force_bool(right)?))
}

fn or<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [left, right] = arguments(eval, args)?;
    Ok(Value::Bool(eval.force_bool(left)? || eval.force_bool(right)?))
}

fn xor<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [left, right] = arguments(eval, args)?;
    Ok(Value::Bool(eval.force_bool(left)? != eval.force_bool(right)?))
}

fn bit_not<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [number] = arguments(eval, args)?;
    Ok(Value::Int(!eval.force_int(number)?))
}

fn bool_to_text<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>], [no, yes]: [&str; 2]) -> Outcome<'a> {
    let [value] = arguments(eval, args)?;
    Ok(eval.string(if eval.force_bool(value)? { yes } else { no }))
}

fn flip<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [function, second, first] = arguments(eval, args)?;
    call(eval, function, &[first, second])
}

fn default_to<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [default, value] = arguments(eval, args)?;
    match eval.force(value)? {
        Value::Null => eval.force(default),
        Value::Unknown(why) => stop(why),
        value => Ok(value),
    }
}

fn map_nullable<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [function, value] = arguments(eval, args)?;
    match eval.force(value)? {
        Value::Null => Ok(Value::Null),
        _ => call(eval, function, &[value]),
    }
}

fn min<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [left, right] = arguments(eval, args)?;
    let (left, right) = (eval.force(left)?, eval.force(right)?);
    Ok(if eval.less(left, right)? { left } else { right })
}

fn max<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [left, right] = arguments(eval, args)?;
    let (left, right) = (eval.force(left)?, eval.force(right)?);
    Ok(if eval.less(right, left)? { left } else { right })
}

fn modulo<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [base, divisor] = arguments(eval, args)?;
    match eval.force_int(base)?.checked_rem(eval.force_int(divisor)?) {
        Some(rest) => Ok(Value::Int(rest)),
        None => eval.fail("division by zero"),
    }
}

fn compare<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [left, right] = arguments(eval, args)?;
    Ok(Value::Int(eval.order(eval.force(left)?, eval.force(right)?)? as i64))
}

fn split_by_and_compare<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [predicate, both, neither, left, right] = arguments(eval, args)?;
    let holds = |item| eval.as_bool(call(eval, predicate, &[item])?);
    match (holds(left)?, holds(right)?) {
        (true, true) => call(eval, both, &[left, right]),
        (true, false) => Ok(Value::Int(-1)),
        (false, true) => Ok(Value::Int(1)),
        (false, false) => call(eval, neither, &[left, right]),
    }
}

fn import_as<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>], format: &'static str) -> Outcome<'a> {
    let [path] = arguments(eval, args)?;
    let contents = builtin(eval, "readFile", &[path])?;
    builtin(eval, format, &[eval.done(contents)])
}

/// Warnings go nowhere: what is worth saying, sealnix says itself.
fn warn<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [_, value] = arguments(eval, args)?;
    eval.force(value)
}

fn warn_if<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [_, _, value] = arguments(eval, args)?;
    eval.force(value)
}

fn throw_if<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>], when: bool) -> Outcome<'a> {
    let [condition, message, value] = arguments(eval, args)?;
    match (verdict(eval, eval.force(condition))?, when) {
        (Verdict::Yes, true) | (Verdict::No, false) => throw_given(eval, message),
        (Verdict::Perhaps(why), _) => {
            // Where it did throw there would be no configuration: what follows is as if it did not.
            eval.assume(why);
            eval.force(value)
        }
        _ => eval.force(value),
    }
}

fn check_list_of_enum<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [message, valid, given, value] = arguments(eval, args)?;
    let known = all_items(eval.force_list(valid)?)?;
    for item in all_items(eval.force_list(given)?)? {
        let found = builtin(eval, "elem", &[item, eval.done(eval.list(known))])?;
        if !eval.as_bool(found)? {
            return throw_given(eval, message);
        }
    }
    eval.force(value)
}

fn set_function_args<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [function, formals] = arguments(eval, args)?;
    Ok(with_function_args(eval, function, formals))
}

/// A function that says it takes other named arguments.
fn with_function_args<'a>(eval: &Eval<'a>, function: &'a Thunk<'a>, formals: &'a Thunk<'a>) -> Value<'a> {
    let functor = eval.native("__functor", 1, move |eval, _| eval.force(function));
    eval.attrs(vec![eval.attr("__functor", eval.done(functor)), eval.attr("__functionArgs", formals)])
}

fn mirror_function_args<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [model, function] = arguments(eval, args)?;
    let formals = eval.lazy(move |eval| function_args(eval, &[model]));
    Ok(with_function_args(eval, function, formals))
}

/// What a function says of its named arguments.
pub fn function_args<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [function] = arguments(eval, args)?;
    let value = eval.force(function)?;
    if !matches!(value, Value::Attrs(_)) {
        return builtin(eval, "functionArgs", &[function]);
    }
    match found(eval, value, Symbol::new("__functionArgs"))? {
        Some(formals) => Ok(formals),
        None => {
            let functor = eval.done(eval.select_name(value, Symbol::new("__functor"), None)?);
            let inner = eval.done(call(eval, functor, &[function])?);
            let _depth = eval.limits.enter(eval)?;
            function_args(eval, &[inner])
        }
    }
}

fn is_function<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [value] = arguments(eval, args)?;
    callable(eval, eval.force(value)?).map(Value::Bool)
}

/// Whether a value can be called.
pub fn callable<'a>(eval: &Eval<'a>, value: Value<'a>) -> Outcome<'a, bool> {
    let _depth = eval.limits.enter(eval)?;
    match value {
        Value::Closure(_) | Value::Native(_) => Ok(true),
        Value::Unknown(why) => stop(why),
        Value::Attrs(_) => match found(eval, value, Symbol::new("__functor"))? {
            None => Ok(false),
            Some(functor) => {
                let function = eval.settle(eval.call(functor, eval.done(value)))?;
                Ok(matches!(function, Value::Closure(_) | Value::Native(_)))
            }
        },
        _ => Ok(false),
    }
}

fn to_function<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [value] = arguments(eval, args)?;
    let found = eval.force(value)?;
    if callable(eval, found)? {
        return Ok(found);
    }
    Ok(eval.native("toFunction", 1, move |eval, _| eval.force(value)))
}

fn from_hex_string<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [digits] = arguments(eval, args)?;
    let digits = eval.force_string(digits)?.text;
    match i64::from_str_radix(digits.strip_prefix("0x").unwrap_or(digits), 16) {
        Ok(number) => Ok(Value::Int(number)),
        Err(_) => eval.fail("fromHexString: this is no hexadecimal number"),
    }
}

/// The digits of a number, the highest first.
fn digits<'a>(eval: &Eval<'a>, base: i64, number: i64) -> Outcome<'a, Vec<i64>> {
    if base < 2 || number < 0 {
        return throw(eval, "toBaseDigits needs a base of two or more and a number that is not negative");
    }
    let mut digits = vec![number % base];
    let mut rest = number / base;
    while rest > 0 {
        digits.push(rest % base);
        rest /= base;
    }
    digits.reverse();
    Ok(digits)
}

fn to_base_digits<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [base, number] = arguments(eval, args)?;
    let digits = digits(eval, eval.force_int(base)?, eval.force_int(number)?)?;
    Ok(eval.list(&digits.into_iter().map(|digit| eval.done(Value::Int(digit))).collect::<Vec<_>>()))
}

fn to_hex_string<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [number] = arguments(eval, args)?;
    let number = eval.force_int(number)?;
    if number < 0 {
        return throw(eval, "toHexString needs a number that is not negative");
    }
    Ok(eval.string(&format!("{number:X}")))
}
