//! `lib.debug`: functions that print while they evaluate. Here they print nothing.

use super::calling::{arguments, call};
use super::gather::all_items;
use crate::nix::builtins::Function;
use crate::nix::eval::Eval;
use crate::nix::value::{Outcome, Thunk, Value};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    Function { name: "testAllTrue", arity: 1, run: test_all_true },
    Function { name: "traceFnSeqN", arity: 4, run: trace_fn_seq_n },
    Function { name: "traceIf", arity: 3, run: last },
    Function { name: "traceSeq", arity: 2, run: last },
    Function { name: "traceSeqN", arity: 3, run: last },
    Function { name: "traceVal", arity: 1, run: last },
    Function { name: "traceValFn", arity: 2, run: last },
    Function { name: "traceValSeq", arity: 1, run: last },
    Function { name: "traceValSeqFn", arity: 2, run: last },
    Function { name: "traceValSeqN", arity: 2, run: last },
    Function { name: "traceValSeqNFn", arity: 3, run: last },
];

/// What is traced goes nowhere; the last argument is the value.
pub fn last<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    match args.last() {
        Some(value) => eval.force(value),
        None => eval.fail("nothing to trace"),
    }
}

fn trace_fn_seq_n<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [_, _, function, value] = arguments(eval, args)?;
    call(eval, function, &[value])
}

fn test_all_true<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [answers] = arguments(eval, args)?;
    let expected = eval.lazy(move |eval| {
        let length = all_items(eval.force_list(answers)?)?.len();
        Ok(eval.list(&vec![eval.done(Value::Bool(true)); length]))
    });
    Ok(eval.attrs(vec![eval.attr("expr", answers), eval.attr("expected", expected)]))
}
