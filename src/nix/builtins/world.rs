//! What needs the world outside the repository: the network, the store, the machine. Each name is
//! there, and gives something unknown that holds what it was given.

use super::{Function, arguments};
use crate::nix::Symbol;
use crate::nix::eval::{Coercion, Eval};
use crate::nix::path;
use crate::nix::unknown::{Reason, Stop};
use crate::nix::value::{Attrs, Outcome, Thunk, Value};

pub const FUNCTIONS: &[Function] = &[
    Function { name: "derivation", arity: 1, run: package },
    Function { name: "derivationStrict", arity: 1, run: package },
    Function { name: "fetchClosure", arity: 1, run: |eval, _| needs(eval, "fetchClosure") },
    Function { name: "fetchGit", arity: 1, run: |eval, args| fetch(eval, "fetchGit", args) },
    Function { name: "fetchMercurial", arity: 1, run: |eval, args| fetch(eval, "fetchMercurial", args) },
    Function { name: "fetchTarball", arity: 1, run: |eval, args| fetch(eval, "fetchTarball", args) },
    Function { name: "fetchTree", arity: 1, run: |eval, args| fetch(eval, "fetchTree", args) },
    Function { name: "fetchurl", arity: 1, run: |eval, _| needs(eval, "fetchurl") },
    Function { name: "findFile", arity: 2, run: find_file },
    Function { name: "getEnv", arity: 1, run: get_env },
    Function { name: "getFlake", arity: 1, run: |eval, args| fetch(eval, "getFlake", args) },
    Function { name: "storePath", arity: 1, run: |eval, _| needs(eval, "storePath") },
    Function { name: "toFile", arity: 2, run: package },
];

fn needs<'a>(eval: &Eval<'a>, name: &'static str) -> Outcome<'a> {
    Err(Stop::Unknown(eval.unknown(Reason::World(name), None)))
}

pub fn not_written<'a>(eval: &Eval<'a>, name: &'static str) -> Outcome<'a> {
    Err(Stop::Unknown(eval.unknown(Reason::NotWritten(name), None)))
}

/// Pure evaluation knows no variable; that it is pure is assumed.
fn get_env<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [name] = arguments(eval, args)?;
    eval.force_string(name)?;
    if !eval.pure.get() {
        return needs(eval, "getEnv");
    }
    eval.assume(eval.unknown(Reason::World("getEnv"), None));
    Ok(eval.string(""))
}

fn package<'a>(eval: &Eval<'a>, _: &[&'a Thunk<'a>]) -> Outcome<'a> {
    Err(Stop::Unknown(eval.unknown(Reason::Package, None)))
}

/// `findFile nixPath "x"` is `<x>`.
fn find_file<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [_, name] = arguments(eval, args)?;
    let name = eval.force_string(name)?.text;
    Ok(eval.path(&path::of_input(name)))
}

fn fetch<'a>(eval: &Eval<'a>, fetcher: &'static str, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [what] = arguments(eval, args)?;
    let location = match eval.force(what)? {
        Value::Attrs(attrs) => location(eval, attrs)?,
        value => Some(eval.coerce(value, Coercion::Plain)?.text),
    };
    location.map_or_else(|| needs(eval, fetcher), |location| eval.fetch(fetcher, location))
}

/// Where the attributes of a fetcher or of a flake reference lead, as a url; none if they do not tell.
pub fn location<'a>(eval: &Eval<'a>, attrs: &Attrs<'a>) -> Outcome<'a, Option<&'a str>> {
    let text = |name: &str| match attrs.get(Symbol::new(name)).map(|attr| eval.force(attr.value)) {
        Some(Ok(value @ (Value::String(_) | Value::Path(_)))) => Ok(Some(eval.coerce(value, Coercion::Plain)?.text)),
        Some(Err(stop)) => Err(stop),
        _ => Ok(None),
    };
    Ok(match (text("url")?, text("owner")?, text("repo")?, text("path")?) {
        (Some(url), ..) => Some(url),
        (None, Some(owner), Some(repo), _) => Some(eval.text(&format!("github:{owner}/{repo}"))),
        (.., path) => path,
    })
}
