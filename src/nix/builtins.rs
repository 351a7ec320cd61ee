//! The global scope and `builtins`, by the theme of what they work on.
//!
//! The names and what they do are those of Nix 2.34 (the chapter "Built-ins" of its manual); every
//! behaviour in `fixtures/nix/builtins.json` was recorded from it.

mod attributes;
mod control;
mod data;
mod files;
mod flake_references;
mod functions;
mod hashes;
mod lists;
mod numbers;
mod opening;
mod regex;
mod strings;
mod types;
mod url;
mod versions;
mod world;
mod xml;

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::eval::Eval;
use super::ir::GLOBAL_NAMES;
use super::symbol::Symbol;
use super::unknown::Reason;
use super::value::{Outcome, Thunk, Value};

pub use data::{Inside, json_of};
pub use files::text_of;
pub use hashes::source_path;
pub use opening::{Opening, known};

/// A function written in Rust: its name, how many arguments it takes, what it does.
pub struct Function {
    /// As Nix code calls it.
    pub name: &'static str,
    /// Number of arguments.
    pub arity: usize,
    /// What it does with all of them.
    pub run: for<'a> fn(&Eval<'a>, &[&'a Thunk<'a>]) -> Outcome<'a>,
}

const THEMES: &[&[Function]] = &[
    attributes::FUNCTIONS,
    control::FUNCTIONS,
    data::FUNCTIONS,
    files::FUNCTIONS,
    flake_references::FUNCTIONS,
    functions::FUNCTIONS,
    hashes::FUNCTIONS,
    lists::FUNCTIONS,
    numbers::FUNCTIONS,
    regex::FUNCTIONS,
    strings::FUNCTIONS,
    types::FUNCTIONS,
    versions::FUNCTIONS,
    world::FUNCTIONS,
    xml::FUNCTIONS,
];

/// The names that need no `builtins.` before them.
pub fn globals<'a>(eval: &Eval<'a>) -> HashMap<Symbol, Value<'a>, RandomState> {
    let functions = THEMES.iter().flat_map(|theme| theme.iter());
    let functions = functions.map(|function| (function.name, eval.native(function.name, function.arity, function.run)));
    let members: Vec<_> = functions.chain(constants(eval)).collect();
    let mut entries: Vec<_> = members.iter().map(|&(name, value)| eval.attr(name, eval.done(value))).collect();
    let itself = Symbol::new("builtins");
    entries.push(eval.attr("builtins", eval.lazy(move |eval| eval.global(itself).map_or(Ok(Value::Null), Ok))));

    let mut globals: HashMap<_, _, _> = members.iter().map(|&(name, value)| (global_name(name), value)).collect();
    globals.insert(itself, eval.attrs(entries));
    globals
}

fn constants<'a>(eval: &Eval<'a>) -> [(&'static str, Value<'a>); 9] {
    let world = |name| (name, eval.unknown_value(Reason::World(name)));
    [
        ("true", Value::Bool(true)),
        ("false", Value::Bool(false)),
        ("null", Value::Null),
        ("nixVersion", eval.string("2.34.8")),
        ("langVersion", Value::Int(6)),
        ("storeDir", eval.string("/nix/store")),
        world("nixPath"),
        world("currentSystem"),
        world("currentTime"),
    ]
}

fn global_name(name: &str) -> Symbol {
    if GLOBAL_NAMES.contains(&name) { Symbol::new(name) } else { Symbol::new(&format!("__{name}")) }
}

/// The arguments of a call, as many as the pattern that takes them.
pub fn arguments<'a, const N: usize>(eval: &Eval<'a>, given: &[&'a Thunk<'a>]) -> Outcome<'a, [&'a Thunk<'a>; N]> {
    match <[&'a Thunk<'a>; N]>::try_from(given) {
        Ok(arguments) => Ok(arguments),
        Err(_) => eval.fail(&format!("a function of {N} arguments was called with {}", given.len())),
    }
}
