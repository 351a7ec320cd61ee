//! Numbers.

use super::{Function, arguments};
use crate::nix::eval::Eval;
use crate::nix::ir::Operator;
use crate::nix::value::{Outcome, Thunk, Value};

pub const FUNCTIONS: &[Function] = &[
    Function { name: "add", arity: 2, run: |eval, args| arithmetic(eval, args, Operator::Add) },
    Function { name: "sub", arity: 2, run: |eval, args| arithmetic(eval, args, Operator::Subtract) },
    Function { name: "mul", arity: 2, run: |eval, args| arithmetic(eval, args, Operator::Multiply) },
    Function { name: "div", arity: 2, run: |eval, args| arithmetic(eval, args, Operator::Divide) },
    Function { name: "bitAnd", arity: 2, run: |eval, args| bits(eval, args, |a, b| a & b) },
    Function { name: "bitOr", arity: 2, run: |eval, args| bits(eval, args, |a, b| a | b) },
    Function { name: "bitXor", arity: 2, run: |eval, args| bits(eval, args, |a, b| a ^ b) },
    Function { name: "ceil", arity: 1, run: |eval, args| rounded(eval, args, f64::ceil) },
    Function { name: "floor", arity: 1, run: |eval, args| rounded(eval, args, f64::floor) },
    Function { name: "lessThan", arity: 2, run: less_than },
];

fn arithmetic<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>], operator: Operator) -> Outcome<'a> {
    let [left, right] = arguments(eval, args)?;
    eval.arithmetic(operator, eval.force(left)?, eval.force(right)?)
}

fn bits<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>], combine: fn(i64, i64) -> i64) -> Outcome<'a> {
    let [left, right] = arguments(eval, args)?;
    Ok(Value::Int(combine(eval.force_int(left)?, eval.force_int(right)?)))
}

fn rounded<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>], round: fn(f64) -> f64) -> Outcome<'a> {
    let [number] = arguments(eval, args)?;
    let number = match eval.force(number)? {
        whole @ Value::Int(_) => return Ok(whole),
        other => round(eval.as_number(other)?),
    };
    // -2^63 is a float, 2^63 is the first one past the integers.
    let bound = -(i64::MIN as f64);
    if number >= -bound && number < bound {
        Ok(Value::Int(number as i64))
    } else {
        eval.fail("a number is outside of the range of integers")
    }
}

fn less_than<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [left, right] = arguments(eval, args)?;
    eval.less(eval.force(left)?, eval.force(right)?).map(Value::Bool)
}
