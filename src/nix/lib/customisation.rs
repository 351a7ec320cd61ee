//! `lib.customisation` and `lib.derivations`: functions that make packages. What a package is made
//! of is not known here; a function that is called by them is called, and its result handed on.

use super::calling::{Verdict, arguments, builtin, call, stop, verdict};
use crate::nix::builtins::Function;
use crate::nix::eval::Eval;
use crate::nix::unknown::Reason;
use crate::nix::value::{Outcome, Thunk, Value};

/// The functions of `lib.customisation`.
pub const FUNCTIONS: &[Function] = &[
    Function { name: "callPackageWith", arity: 3, run: call_package_with },
    Function { name: "callPackagesWith", arity: 3, run: call_package_with },
    Function { name: "extendDerivation", arity: 3, run: package },
    Function { name: "extendMkDerivation", arity: 1, run: package },
    Function { name: "hydraJob", arity: 1, run: package },
    Function { name: "makeOverridable", arity: 2, run: make_overridable },
    Function { name: "overrideDerivation", arity: 2, run: package },
];

/// The functions of `lib.derivations`.
pub const DERIVATIONS: &[Function] = &[
    Function { name: "addDrvOutputDependencies", arity: 1, run: super::debug::last },
    Function { name: "lazyDerivation", arity: 1, run: package },
    Function { name: "optionalDrvAttr", arity: 2, run: optional_drv_attr },
    Function { name: "unsafeDiscardOutputDependency", arity: 1, run: super::debug::last },
    Function { name: "warnOnInstantiate", arity: 2, run: super::debug::last },
];

fn package<'a>(eval: &Eval<'a>, _: &[&'a Thunk<'a>]) -> Outcome<'a> {
    stop(eval.unknown(Reason::Package, None))
}

/// Calls a function, or the one in a file, with what it asks for of a set, and with `own`.
fn call_package_with<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [available, function, own] = arguments(eval, args)?;
    let function = match eval.force(function)? {
        Value::Path(_) | Value::String(_) => eval.done(builtin(eval, "import", &[function])?),
        _ => function,
    };
    let formals = eval.done(super::trivial::function_args(eval, &[function])?);
    let asked = builtin(eval, "intersectAttrs", &[formals, available])?;
    let given = eval.update(asked, eval.force(own)?)?;
    make_overridable(eval, &[function, eval.done(given)])
}

/// A set that a function gives can be made again with other arguments.
fn make_overridable<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [function, given] = arguments(eval, args)?;
    let made = eval.settle(call(eval, function, &[given]))?;
    if !matches!(made, Value::Attrs(_)) {
        return Ok(made);
    }
    let again = eval.native("override", 1, move |eval, args| {
        let [change] = arguments(eval, args)?;
        let change = match eval.force(change)? {
            change @ (Value::Attrs(_) | Value::Unknown(_)) => change,
            _ => eval.settle(call(eval, change, &[given]))?,
        };
        let given = eval.update(eval.force(given)?, change)?;
        make_overridable(eval, &[function, eval.done(given)])
    });
    eval.update(made, eval.attrs(vec![eval.attr("override", eval.done(again))]))
}

fn optional_drv_attr<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [condition, value] = arguments(eval, args)?;
    match verdict(eval, eval.force(condition))? {
        Verdict::Yes => eval.force(value),
        Verdict::No => Ok(Value::Null),
        Verdict::Perhaps(why) => stop(why),
    }
}
