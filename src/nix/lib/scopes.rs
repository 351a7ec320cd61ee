//! `lib.customisation`: sets of functions that find their arguments in the set itself, and the index of
//! the six pairs of platforms.

use super::calling::{arguments, call};
use super::fixed_points::{knot, overlaid};
use crate::nix::builtins::Function;
use crate::nix::eval::Eval;
use crate::nix::symbol::Symbol;
use crate::nix::value::{Attr, Outcome, Thunk, Value};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    Function { name: "makeScope", arity: 2, run: make_scope },
    Function { name: "mapCrossIndex", arity: 2, run: map_cross_index },
    Function { name: "renameCrossIndexFrom", arity: 2, run: rename_cross_index_from },
    Function { name: "renameCrossIndexTo", arity: 2, run: rename_cross_index_to },
];

fn make_scope<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [new_scope, function] = arguments(eval, args)?;
    scope(eval, new_scope, function)
}

/// What `function` makes of the scope itself. `callPackage` of a scope is what `new_scope` makes of it.
fn scope<'a>(eval: &Eval<'a>, new_scope: &'a Thunk<'a>, function: &'a Thunk<'a>) -> Outcome<'a> {
    let whole = eval.native("makeScope", 1, move |eval, args| {
        let [scope] = arguments(eval, args)?;
        let call_package = eval.lazy(move |eval| {
            let of_more = eval.select_name(eval.force(scope)?, Symbol::new("newScope"), None)?;
            eval.call(of_more, eval.done(eval.attrs(Vec::new())))
        });
        let of_function = eval.settle(call(eval, function, &[scope]))?;
        let under = eval.attrs(vec![eval.attr("callPackage", call_package)]);
        eval.update(eval.update(under, of_function)?, eval.attrs(own(eval, scope, new_scope, function)))
    });
    eval.force(knot(eval, eval.done(whole)))
}

/// What every scope has: how to make others of it.
fn own<'a>(eval: &Eval<'a>, scope: &'a Thunk<'a>, new_scope: &'a Thunk<'a>, function: &'a Thunk<'a>) -> Vec<Attr<'a>> {
    let of_more = eval.native("newScope", 1, move |eval, args| {
        let [more] = arguments(eval, args)?;
        let all = eval.lazy(move |eval| eval.update(eval.force(scope)?, eval.force(more)?));
        call(eval, new_scope, &[all])
    });
    let overlaid = eval.native("overrideScope", 1, move |eval, args| {
        let [overlay] = arguments(eval, args)?;
        self::scope(eval, new_scope, overlaid(eval, overlay, function))
    });
    vec![
        eval.attr("newScope", eval.done(of_more)),
        eval.attr("overrideScope", eval.done(overlaid)),
        eval.attr("packages", function),
    ]
}

/// Which platform builds, and for which it builds.
const PAIRS: [&str; 6] = ["buildBuild", "buildHost", "buildTarget", "hostHost", "hostTarget", "targetTarget"];

/// The name of a pair with a word before it.
fn prefixed(prefix: &str, pair: &str) -> String {
    let mut letters = pair.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    prefix.chars().chain(first).chain(letters).collect()
}

fn map_cross_index<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [function, index] = arguments(eval, args)?;
    let of_pair = |pair| eval.attr(pair, eval.lazy_call(function, of(eval, index, pair)));
    Ok(eval.attrs(PAIRS.into_iter().map(of_pair).collect()))
}

fn rename_cross_index_from<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [prefix, index] = arguments(eval, args)?;
    let prefix = eval.force_string(prefix)?.text;
    let of_pair = |pair| eval.attr(pair, of(eval, index, &prefixed(prefix, pair)));
    Ok(eval.attrs(PAIRS.into_iter().map(of_pair).collect()))
}

fn rename_cross_index_to<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [prefix, index] = arguments(eval, args)?;
    let prefix = eval.force_string(prefix)?.text;
    let of_pair = |pair| eval.attr(&prefixed(prefix, pair), of(eval, index, pair));
    Ok(eval.attrs(PAIRS.into_iter().map(of_pair).collect()))
}

/// One attribute, when it is needed.
fn of<'a>(eval: &Eval<'a>, set: &'a Thunk<'a>, name: &str) -> &'a Thunk<'a> {
    let name = Symbol::new(name);
    eval.lazy(move |eval| {
        let set: Value<'a> = eval.force(set)?;
        eval.select_name(set, name, None)
    })
}
