//! `lib.asserts`.

use super::calling::{Verdict, arguments, builtin, found, text, throw, throw_given, verdict};
use super::gather::all_items;
use crate::nix::builtins::Function;
use crate::nix::eval::Eval;
use crate::nix::symbol::Symbol;
use crate::nix::value::{Outcome, Thunk, Value};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    Function { name: "assertEachOneOf", arity: 3, run: assert_each_one_of },
    Function { name: "assertMsg", arity: 2, run: assert_msg },
    Function { name: "assertOneOf", arity: 3, run: assert_one_of },
    Function { name: "checkAssertWarn", arity: 3, run: check_assert_warn },
];

fn assert_msg<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [condition, message] = arguments(eval, args)?;
    if eval.force_bool(condition)? {
        return Ok(Value::Bool(true));
    }
    throw_given(eval, message)
}

fn assert_one_of<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [name, value, allowed] = arguments(eval, args)?;
    if eval.as_bool(builtin(eval, "elem", &[value, allowed])?)? {
        return Ok(Value::Bool(true));
    }
    text(eval, name)?;
    throw(eval, "assertOneOf: the value is not one of those allowed")
}

fn assert_each_one_of<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [name, values, allowed] = arguments(eval, args)?;
    for value in all_items(eval.force_list(values)?)? {
        assert_one_of(eval, &[name, value, allowed])?;
    }
    Ok(Value::Bool(true))
}

/// An assertion that is not known to hold is taken to hold: else there would be no configuration.
fn check_assert_warn<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [assertions, _, value] = arguments(eval, args)?;
    for assertion in eval.force_list(assertions)?.items {
        let assertion = eval.force(assertion)?;
        match verdict(eval, eval.select_name(assertion, Symbol::new("assertion"), None))? {
            Verdict::Yes => {}
            Verdict::Perhaps(why) => eval.assume(why),
            Verdict::No => {
                let message = found(eval, assertion, Symbol::new("message"))?.unwrap_or(Value::Null);
                return throw_given(eval, eval.done(message));
            }
        }
    }
    eval.force(value)
}
