//! `lib.meta`: what packages say of themselves.

use super::calling::{arguments, builtin, call, found, reworked, stop, text};
use super::outputs::output_of;
use crate::nix::builtins::Function;
use crate::nix::eval::Eval;
use crate::nix::symbol::Symbol;
use crate::nix::unknown::Reason;
use crate::nix::value::{Attr, Outcome, Thunk, Value};

/// The functions of this file. Those that only change a package's name or `meta` hand it on.
pub const FUNCTIONS: &[Function] = &[
    Function { name: "addMetaAttrs", arity: 2, run: super::debug::last },
    Function { name: "appendToName", arity: 2, run: super::debug::last },
    Function { name: "availableOn", arity: 2, run: package },
    Function { name: "dontDistribute", arity: 1, run: super::debug::last },
    Function { name: "getExe", arity: 1, run: get_exe },
    Function { name: "getExe'", arity: 2, run: get_exe_prime },
    Function { name: "getLicenseFromSpdxId", arity: 1, run: package },
    Function { name: "getLicenseFromSpdxIdOr", arity: 2, run: package },
    Function { name: "hiPrio", arity: 1, run: super::debug::last },
    Function { name: "hiPrioSet", arity: 1, run: super::debug::last },
    Function { name: "lowPrio", arity: 1, run: super::debug::last },
    Function { name: "lowPrioSet", arity: 1, run: super::debug::last },
    Function { name: "mapDerivationAttrset", arity: 2, run: map_derivation_attrset },
    Function { name: "platformMatch", arity: 2, run: package },
    Function { name: "setName", arity: 2, run: super::debug::last },
    Function { name: "setPrio", arity: 2, run: super::debug::last },
    Function { name: "updateName", arity: 2, run: super::debug::last },
];

/// What is no function.
pub fn values<'a>(eval: &Eval<'a>, _types: &'a Thunk<'a>) -> Vec<Attr<'a>> {
    vec![
        eval.attr("defaultPriority", eval.done(Value::Int(5))),
        eval.attr("licensesSpdx", eval.done(eval.unknown_value(Reason::Package))),
    ]
}

fn package<'a>(eval: &Eval<'a>, _: &[&'a Thunk<'a>]) -> Outcome<'a> {
    stop(eval.unknown(Reason::Package, None))
}

/// The main program of a package: `meta.mainProgram`, else the package's name.
fn get_exe<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [package] = arguments(eval, args)?;
    let value = eval.force(package)?;
    let named = match found(eval, value, Symbol::new("meta"))? {
        Some(meta) => found(eval, meta, Symbol::new("mainProgram"))?,
        None => None,
    };
    let name = match named {
        Some(name) => name,
        None => match found(eval, value, Symbol::new("pname"))? {
            Some(name) => name,
            None => {
                let name = eval.done(eval.select_name(value, Symbol::new("name"), None)?);
                eval.select_name(builtin(eval, "parseDrvName", &[name])?, Symbol::new("name"), None)?
            }
        },
    };
    program(eval, package, eval.done(name))
}

fn get_exe_prime<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [package, name] = arguments(eval, args)?;
    program(eval, package, name)
}

fn program<'a>(eval: &Eval<'a>, package: &'a Thunk<'a>, name: &'a Thunk<'a>) -> Outcome<'a> {
    let output = output_of(eval, package, Symbol::new("bin"))?;
    let folder = text(eval, eval.done(output))?;
    Ok(reworked(eval, folder, &format!("{}/bin/{}", folder.text, text(eval, name)?.text)))
}

fn map_derivation_attrset<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [function, set] = arguments(eval, args)?;
    let apply = eval.native("mapDerivationAttrset", 2, move |eval, args| {
        let [_, value] = arguments(eval, args)?;
        if super::outputs::derivation(eval, eval.force(value)?)? {
            return call(eval, function, &[value]);
        }
        eval.force(value)
    });
    builtin(eval, "mapAttrs", &[eval.done(apply), set])
}
