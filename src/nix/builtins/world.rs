//! What needs the world outside the repository: the network, the store, the machine. Each name is
//! there, and gives something unknown that holds what it was given.

use super::{Function, arguments};
use crate::nix::eval::Eval;
use crate::nix::unknown::{Reason, Stop};
use crate::nix::value::{Outcome, Thunk};

pub const FUNCTIONS: &[Function] = &[
    Function { name: "derivation", arity: 1, run: package },
    Function { name: "derivationStrict", arity: 1, run: package },
    Function { name: "fetchClosure", arity: 1, run: |eval, _| needs(eval, "fetchClosure") },
    Function { name: "fetchGit", arity: 1, run: |eval, _| needs(eval, "fetchGit") },
    Function { name: "fetchMercurial", arity: 1, run: |eval, _| needs(eval, "fetchMercurial") },
    Function { name: "fetchTarball", arity: 1, run: |eval, _| needs(eval, "fetchTarball") },
    Function { name: "fetchTree", arity: 1, run: |eval, _| needs(eval, "fetchTree") },
    Function { name: "fetchurl", arity: 1, run: |eval, _| needs(eval, "fetchurl") },
    Function { name: "findFile", arity: 2, run: find_file },
    Function { name: "flakeRefToString", arity: 1, run: |eval, _| not_written(eval, "builtins.flakeRefToString") },
    Function { name: "getEnv", arity: 1, run: get_env },
    Function { name: "getFlake", arity: 1, run: |eval, _| needs(eval, "getFlake") },
    Function { name: "parseFlakeRef", arity: 1, run: |eval, _| not_written(eval, "builtins.parseFlakeRef") },
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
    Err(Stop::Unknown(eval.unknown(Reason::Input(name), None)))
}
