//! `lib.attrsets`: derivations and their outputs. A package is unknown here, so these mostly hand
//! on what they are given.

use super::attrsets::value_or;
use super::calling::{arguments, builtin, found, stop};
use super::gather::{all_items, symbol};
use crate::nix::builtins::Function;
use crate::nix::eval::Eval;
use crate::nix::symbol::Symbol;
use crate::nix::unknown::Reason;
use crate::nix::value::{Outcome, Thunk, Value};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    Function {
        name: "chooseDevOutputs",
        arity: 1,
        run: |eval, args| {
            let [packages] = arguments(eval, args)?;
            let get_dev = eval.done(eval.native("getDev", 1, |eval, args| one_output(eval, args, "dev")));
            builtin(eval, "map", &[get_dev, packages])
        },
    },
    Function { name: "dontRecurseIntoAttrs", arity: 1, run: |eval, args| recurse_for_derivations(eval, args, false) },
    Function { name: "getBin", arity: 1, run: |eval, args| one_output(eval, args, "bin") },
    Function { name: "getDev", arity: 1, run: |eval, args| one_output(eval, args, "dev") },
    Function { name: "getFirstOutput", arity: 2, run: get_first_output },
    Function { name: "getInclude", arity: 1, run: |eval, args| first_of(eval, args, &["include", "dev", "out"]) },
    Function { name: "getLib", arity: 1, run: |eval, args| one_output(eval, args, "lib") },
    Function { name: "getMan", arity: 1, run: |eval, args| one_output(eval, args, "man") },
    Function { name: "getOutput", arity: 2, run: get_output },
    Function { name: "getStatic", arity: 1, run: |eval, args| first_of(eval, args, &["static", "lib", "out"]) },
    Function { name: "isDerivation", arity: 1, run: is_derivation },
    Function { name: "recurseIntoAttrs", arity: 1, run: |eval, args| recurse_for_derivations(eval, args, true) },
    Function { name: "toDerivation", arity: 1, run: |eval, _| stop(eval.unknown(Reason::World("storePath"), None)) },
];

fn is_derivation<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [value] = arguments(eval, args)?;
    derivation(eval, eval.force(value)?).map(Value::Bool)
}

/// Whether a value is a derivation.
pub fn derivation<'a>(eval: &Eval<'a>, value: Value<'a>) -> Outcome<'a, bool> {
    match found(eval, value, Symbol::new("type"))? {
        Some(kind) => eval.equal(kind, eval.string("derivation")),
        None => Ok(false),
    }
}

fn recurse_for_derivations<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>], recurse: bool) -> Outcome<'a> {
    let [set] = arguments(eval, args)?;
    let mark = eval.attrs(vec![eval.attr("recurseForDerivations", eval.done(Value::Bool(recurse)))]);
    eval.update(eval.force(set)?, mark)
}

fn get_output<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [output, package] = arguments(eval, args)?;
    output_of(eval, package, symbol(eval, output)?)
}

fn one_output<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>], output: &str) -> Outcome<'a> {
    let [package] = arguments(eval, args)?;
    output_of(eval, package, Symbol::new(output))
}

/// A package's output of this name, else its `out`, else itself.
pub fn output_of<'a>(eval: &Eval<'a>, package: &'a Thunk<'a>, output: Symbol) -> Outcome<'a> {
    if specified(eval, package)? {
        return eval.force(package);
    }
    let out = value_or(eval, package, Symbol::new("out"), package);
    eval.force(value_or(eval, package, output, out))
}

/// Whether an output was chosen before.
fn specified<'a>(eval: &Eval<'a>, package: &'a Thunk<'a>) -> Outcome<'a, bool> {
    eval.force_bool(value_or(eval, package, Symbol::new("outputSpecified"), eval.done(Value::Bool(false))))
}

fn get_first_output<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [candidates, package] = arguments(eval, args)?;
    let candidates = all_items(eval.force_list(candidates)?)?;
    let names = candidates.iter().map(|name| symbol(eval, name)).collect::<Outcome<'a, Vec<_>>>()?;
    first_output(eval, package, names)
}

fn first_of<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>], candidates: &[&str]) -> Outcome<'a> {
    let [package] = arguments(eval, args)?;
    first_output(eval, package, candidates.iter().map(|name| Symbol::new(name)).collect())
}

fn first_output<'a>(eval: &Eval<'a>, package: &'a Thunk<'a>, candidates: Vec<Symbol>) -> Outcome<'a> {
    let value = eval.force(package)?;
    if specified(eval, package)? {
        return Ok(value);
    }
    for name in candidates {
        if let Some(output) = found(eval, value, name)? {
            return Ok(output);
        }
    }
    Ok(value)
}
