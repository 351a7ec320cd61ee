//! `lib.versions`.

use super::calling::{arguments, builtin, reworked, text};
use super::gather::all_items;
use crate::nix::builtins::Function;
use crate::nix::eval::Eval;
use crate::nix::value::{Outcome, Thunk};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    Function { name: "major", arity: 1, run: |eval, args| component(eval, args, 0) },
    Function { name: "majorMinor", arity: 1, run: major_minor },
    Function { name: "minor", arity: 1, run: |eval, args| component(eval, args, 1) },
    Function { name: "pad", arity: 2, run: pad },
    Function { name: "patch", arity: 1, run: |eval, args| component(eval, args, 2) },
];

/// More components are not made up.
const MOST_COMPONENTS: i64 = 1000;

fn components<'a>(eval: &Eval<'a>, version: &'a Thunk<'a>) -> Outcome<'a, Vec<&'a str>> {
    let split = eval.as_list(builtin(eval, "splitVersion", &[version])?)?;
    all_items(split)?.iter().map(|part| Ok(eval.force_string(part)?.text)).collect()
}

fn component<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>], index: usize) -> Outcome<'a> {
    let [version] = arguments(eval, args)?;
    match components(eval, version)?.get(index) {
        Some(part) => Ok(reworked(eval, eval.force_string(version)?, part)),
        None => eval.fail(&format!("the version has no component {index}")),
    }
}

fn major_minor<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [version] = arguments(eval, args)?;
    let parts: Vec<_> = components(eval, version)?.into_iter().take(2).collect();
    Ok(reworked(eval, eval.force_string(version)?, &parts.join(".")))
}

/// A version with as many components as asked for, and what followed its first hyphen.
fn pad<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [number, version] = arguments(eval, args)?;
    let number = usize::try_from(eval.force_int(number)?.clamp(0, MOST_COMPONENTS)).unwrap_or(0);
    let version = text(eval, version)?;
    let (numeric, suffix) = match version.text.split_once('-') {
        Some((numeric, suffix)) => (numeric, format!("-{suffix}")),
        None => (version.text, String::new()),
    };
    let mut parts = components(eval, eval.done(eval.string(numeric)))?;
    parts.resize(number, "0");
    Ok(reworked(eval, version, &format!("{}{suffix}", parts.join("."))))
}
