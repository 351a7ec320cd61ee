//! nixpkgs' `lib`, function by function: the names are nixpkgs', so is what they do. Each file is
//! one of its namespaces; what is not written yet is there too and says so when it is called.

mod asserts;
mod attrsets;
mod build_flags;
pub(crate) mod calling;
mod cli;
mod constants;
mod customisation;
mod debug;
mod distance;
mod documents;
pub(crate) mod escapes;
mod fileset;
mod filesystem;
mod fixed_points;
pub(crate) mod gather;
mod generators;
mod hm;
mod in_nix;
mod kernel;
mod lists;
mod members;
mod meta;
mod misc;
pub(crate) mod modules;
mod namespaces;
mod numbers;
mod options;
mod order;
mod outputs;
mod path;
mod paths_in_sets;
mod recursion;
mod scopes;
mod separated;
mod sources;
mod strings;
mod systems;
mod trivial;
mod versions;

pub use self::hm::hm;

use std::cell::Cell;

use self::namespaces::{NAMESPACES, Namespace};
use super::eval::Eval;
use super::unknown::{Reason, Stop};
use super::value::{Attr, State, Thunk, Value};

/// nixpkgs' `lib`. `extra` are those made elsewhere (`types`, `mkOptionType`,
/// `evalModules`, …): each is a name of `lib` itself, comes before a function of that name here,
/// and also takes its place in the namespaces where nixpkgs has it. `types` must be among them for
/// what `mkEnableOption` and its like declare.
pub fn lib<'a>(eval: &Eval<'a>, extra: Vec<Attr<'a>>) -> Value<'a> {
    let types = extra.iter().find(|attr| attr.name.as_str() == "types").map(|attr| attr.value);
    let types = types.unwrap_or_else(|| eval.done(eval.unknown_value(Reason::NotWritten("lib.types"))));
    let whole: &'a Thunk<'a> = eval.alloc(Thunk { state: Cell::new(State::Busy) });
    let mut top = constants::top(eval);
    for namespace in NAMESPACES {
        let entries = entries(eval, namespace, Given { types, lib: whole, extra: &extra });
        top.extend(entries.iter().filter(|attr| !namespace.beneath.contains(&attr.name.as_str())));
        let set = eval.attrs(entries);
        top.push(eval.attr(namespace.name, eval.done(set)));
    }
    top.extend(extra);
    let value = eval.attrs(fixed_points::extensible(eval, top));
    whole.state.set(State::Done { value, assumed: None });
    value
}

/// What of `lib.types` is written in Nix.
pub fn of_types<'a>(eval: &Eval<'a>, names: &[&str], lib: &'a Thunk<'a>) -> Vec<Attr<'a>> {
    in_nix::entries(eval, names, in_nix::TYPES.value(eval, lib))
}

/// What namespaces are made with.
struct Given<'a, 'e> {
    types: &'a Thunk<'a>,
    lib: &'a Thunk<'a>,
    extra: &'e [Attr<'a>],
}

fn entries<'a>(eval: &Eval<'a>, namespace: &Namespace, given: Given<'a, '_>) -> Vec<Attr<'a>> {
    let elsewhere = |name: &str| given.extra.iter().find(|attr| attr.name.as_str() == name).copied();
    let from_builtins = namespace.builtins.iter().map(|&name| eval.attr(name, calling::builtin_thunk(eval, name)));
    let mut entries: Vec<_> = from_builtins.collect();
    match in_nix::file(namespace.name) {
        Some(file) => entries.extend(in_nix::entries(eval, namespace.unwritten, file.value(eval, given.lib))),
        None => {
            entries.extend(namespace.unwritten.iter().map(|name| eval.attr(name, eval.done(unwritten(eval, name)))))
        }
    }
    for function in namespace.functions.iter().copied().flatten() {
        entries.push(eval.attr(function.name, eval.done(eval.native(function.name, function.arity, function.run))));
    }
    entries.extend((namespace.values)(eval, given.types));
    for entry in &mut entries {
        if let Some(given) = elsewhere(entry.name.as_str()) {
            *entry = given;
        }
    }
    entries
}

/// A function that says it is not written, once it is called.
fn unwritten<'a>(eval: &Eval<'a>, name: &'a str) -> Value<'a> {
    let path = eval.text(&format!("lib.{name}"));
    eval.native(name, 1, move |eval, _| Err(Stop::Unknown(eval.unknown(Reason::NotWritten(path), None))))
}
