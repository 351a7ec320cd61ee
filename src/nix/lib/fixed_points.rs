//! `lib.fixedPoints`: values that are defined by themselves, and overlays over them.

use std::cell::Cell;

use super::calling::{arguments, call, later, text};
use super::gather::all_items;
use super::trivial::callable;
use crate::nix::builtins::Function;
use crate::nix::eval::Eval;
use crate::nix::value::{Attr, Outcome, State, Thunk, Value};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    Function { name: "composeExtensions", arity: 4, run: compose_extensions },
    Function { name: "composeManyExtensions", arity: 3, run: compose_many_extensions },
    Function { name: "converge", arity: 2, run: converge },
    Function { name: "extends", arity: 3, run: extends },
    Function { name: "fix", arity: 1, run: fix },
    Function { name: "fix'", arity: 1, run: fix_prime },
    Function { name: "makeExtensible", arity: 1, run: make_extensible },
    Function { name: "makeExtensibleWithCustomName", arity: 2, run: make_extensible_with_custom_name },
    Function { name: "toExtension", arity: 3, run: to_extension },
];

/// The value `x` with `x = function x`.
pub fn knot<'a>(eval: &Eval<'a>, function: &'a Thunk<'a>) -> &'a Thunk<'a> {
    let knot: &'a Thunk<'a> = eval.alloc(Thunk { state: Cell::new(State::Busy) });
    knot.state.set(State::Call { function, argument: knot });
    knot
}

fn fix<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [function] = arguments(eval, args)?;
    eval.force(knot(eval, function))
}

fn fix_prime<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [function] = arguments(eval, args)?;
    with_more(eval, function, move |eval| vec![eval.attr("__unfix__", function)])
}

/// `fix (self: function self // more)`.
fn with_more<'a>(
    eval: &Eval<'a>,
    function: &'a Thunk<'a>,
    more: impl Fn(&Eval<'a>) -> Vec<Attr<'a>> + 'a,
) -> Outcome<'a> {
    let whole = eval.native("fix'", 1, move |eval, args| {
        let base = call(eval, function, args)?;
        eval.update(base, eval.attrs(more(eval)))
    });
    eval.force(knot(eval, eval.done(whole)))
}

fn converge<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [function, start] = arguments(eval, args)?;
    let mut value = eval.force(start)?;
    loop {
        let _ = eval.limits.enter(eval)?;
        let next = eval.settle(call(eval, function, &[eval.done(value)]))?;
        if eval.equal(next, value)? {
            return Ok(value);
        }
        value = next;
    }
}

/// What `base` gives for `last`, with an overlay over it.
fn extends<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [overlay, base, last] = arguments(eval, args)?;
    let before = later(eval, base, [last]);
    let over = eval.settle(call(eval, overlay, &[last, before]))?;
    eval.update(eval.force(before)?, over)
}

fn compose_extensions<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [first, second, last, before] = arguments(eval, args)?;
    composed(eval, &[first, second], last, before)
}

fn compose_many_extensions<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [overlays, last, before] = arguments(eval, args)?;
    composed(eval, all_items(eval.force_list(overlays)?)?, last, before)
}

/// What all overlays add together: each sees those before it as what was before.
fn composed<'a>(
    eval: &Eval<'a>,
    overlays: &[&'a Thunk<'a>],
    last: &'a Thunk<'a>,
    before: &'a Thunk<'a>,
) -> Outcome<'a> {
    let mut before = before;
    let mut added = eval.attrs(Vec::new());
    for overlay in overlays {
        let part = eval.settle(call(eval, overlay, &[last, before]))?;
        let under = before;
        before = eval.lazy(move |eval| eval.update(eval.force(under)?, part));
        added = eval.settle(eval.update(added, part))?;
    }
    Ok(added)
}

fn to_extension<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [overlay, last, before] = arguments(eval, args)?;
    let value = eval.force(overlay)?;
    if !callable(eval, value)? {
        return Ok(value);
    }
    // One argument: what was before. Two: what comes last, and what was before.
    let of_before = eval.settle(call(eval, overlay, &[before]))?;
    if callable(eval, of_before)? { call(eval, overlay, &[last, before]) } else { Ok(of_before) }
}

fn make_extensible<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [base] = arguments(eval, args)?;
    extensible_as(eval, "extend", base)
}

fn make_extensible_with_custom_name<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [name, base] = arguments(eval, args)?;
    extensible_as(eval, text(eval, name)?.text, base)
}

/// The fixed point of `base`, with a function `name` that makes the same of `base` under an overlay.
fn extensible_as<'a>(eval: &Eval<'a>, name: &'a str, base: &'a Thunk<'a>) -> Outcome<'a> {
    with_more(eval, base, move |eval| {
        let extend = extend(eval, name, base);
        vec![eval.attr("__unfix__", base), eval.attr(name, eval.done(extend))]
    })
}

fn extend<'a>(eval: &Eval<'a>, name: &'a str, base: &'a Thunk<'a>) -> Value<'a> {
    eval.native(name, 1, move |eval, args| {
        let [overlay] = arguments(eval, args)?;
        extensible_as(eval, name, overlaid(eval, overlay, base))
    })
}

/// `base`, a function of the result, with an overlay over it.
pub fn overlaid<'a>(eval: &Eval<'a>, overlay: &'a Thunk<'a>, base: &'a Thunk<'a>) -> &'a Thunk<'a> {
    eval.done(eval.native("extends", 1, move |eval, args| {
        let [last] = arguments(eval, args)?;
        extends(eval, &[overlay, base, last])
    }))
}

/// A set of attributes with `extend`, as `lib` itself has it.
pub fn extensible<'a>(eval: &Eval<'a>, mut entries: Vec<Attr<'a>>) -> Vec<Attr<'a>> {
    let set = eval.attrs(entries.clone());
    let base = eval.done(eval.native("lib", 1, move |_, _| Ok(set)));
    entries.push(eval.attr("extend", eval.done(extend(eval, "extend", base))));
    entries
}
