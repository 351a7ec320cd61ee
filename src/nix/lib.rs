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

use self::namespaces::{NAMESPACES, Namespace};
use super::eval::Eval;
use super::unknown::{Reason, Stop};
use super::value::{Attr, Thunk, Value};

/// nixpkgs' `lib`. `extra` are those made elsewhere (`types`, `mkOptionType`,
/// `evalModules`, …): each is a name of `lib` itself, comes before a function of that name here,
/// and also takes its place in the namespaces where nixpkgs has it. `types` must be among them for
/// what `mkEnableOption` and its like declare.
pub fn lib<'a>(eval: &Eval<'a>, extra: Vec<Attr<'a>>) -> Value<'a> {
    let types = extra.iter().find(|attr| attr.name.as_str() == "types").map(|attr| attr.value);
    let types = types.unwrap_or_else(|| eval.done(eval.unknown_value(Reason::NotWritten("lib.types"))));
    let mut top = constants::top(eval);
    for namespace in NAMESPACES {
        let entries = entries(eval, namespace, types, &extra);
        top.extend(entries.iter().filter(|attr| !namespace.beneath.contains(&attr.name.as_str())));
        let set = eval.attrs(entries);
        top.push(eval.attr(namespace.name, eval.done(set)));
    }
    top.extend(extra);
    eval.attrs(fixed_points::extensible(eval, top))
}

fn entries<'a>(eval: &Eval<'a>, namespace: &Namespace, types: &'a Thunk<'a>, extra: &[Attr<'a>]) -> Vec<Attr<'a>> {
    let elsewhere = |name: &str| extra.iter().find(|attr| attr.name.as_str() == name).copied();
    let from_builtins = namespace.builtins.iter().map(|&name| eval.attr(name, calling::builtin_thunk(eval, name)));
    let mut entries: Vec<_> = from_builtins.collect();
    for &name in namespace.unwritten {
        entries.push(eval.attr(name, eval.done(unwritten(eval, name))));
    }
    for function in namespace.functions.iter().copied().flatten() {
        entries.push(eval.attr(function.name, eval.done(eval.native(function.name, function.arity, function.run))));
    }
    entries.extend((namespace.values)(eval, types));
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
