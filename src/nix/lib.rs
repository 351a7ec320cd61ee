//! nixpkgs' `lib`, function by function: the names are nixpkgs', so is what they do. Each file is
//! one of its namespaces, in Rust or (`in_nix/`, `hm/`) in Nix.

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
pub mod escapes;
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
pub use self::in_nix::of_types;

use std::cell::Cell;

use self::namespaces::{NAMESPACES, Namespace};
use super::eval::Eval;
use super::symbol::Symbol;
use super::value::{Attr, State, Thunk, Value};

/// nixpkgs' `lib`. `extra` are those made elsewhere (`types`, `mkOptionType`,
/// `evalModules`, …): each is a name of `lib` itself, comes before a function of that name here,
/// and also takes its place in the namespaces where nixpkgs has it. `types` must be among them for
/// what `mkEnableOption` and its like declare.
pub fn lib<'a>(eval: &Eval<'a>, extra: Vec<Attr<'a>>) -> Value<'a> {
    let whole: &'a Thunk<'a> = eval.alloc(Thunk { state: Cell::new(State::Busy) });
    let types = eval.lazy(move |eval| eval.select_name(eval.force(whole)?, Symbol::new("types"), None));
    let mut top = constants::top(eval);
    for namespace in NAMESPACES {
        let entries = entries(eval, namespace, Given { types, lib: whole, extra: &extra });
        top.extend(entries.iter().filter(|attr| !namespace.beneath.contains(&attr.name.as_str())));
        let set = eval.attrs(entries);
        top.push(eval.attr(namespace.name, eval.done(set)));
    }
    // Of a set within a namespace, which nixpkgs has at the top too.
    let suffix = eval.lazy(move |eval| {
        let steps = ["network", "ipv6", "mkEUI64Suffix"].map(Symbol::new);
        steps.into_iter().try_fold(eval.force(whole)?, |set, step| eval.select_name(set, step, None))
    });
    top.push(eval.attr("mkEUI64Suffix", suffix));
    top.extend(extra);
    let value = eval.attrs(fixed_points::extensible(eval, top));
    whole.state.set(State::Done { value, assumed: None });
    value
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
    entries.extend(in_nix::of_namespace(eval, namespace.name, given.lib));
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
