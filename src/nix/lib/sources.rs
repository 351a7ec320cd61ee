//! `lib.sources`. A filtered source is the folder itself: what a filter leaves out of a build is
//! still where it was for whoever reads the configuration.

use super::calling::{arguments, found, stop};
use crate::nix::builtins::Function;
use crate::nix::eval::Eval;
use crate::nix::symbol::Symbol;
use crate::nix::unknown::Reason;
use crate::nix::value::{Outcome, Thunk, Value};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    Function { name: "canCleanSource", arity: 1, run: can_clean_source },
    Function { name: "cleanSource", arity: 1, run: source },
    Function { name: "cleanSourceWith", arity: 1, run: clean_source_with },
    Function { name: "commitIdFromGitRepo", arity: 1, run: git_repository },
    Function { name: "pathHasContext", arity: 1, run: |_, _| Ok(Value::Bool(false)) },
    Function { name: "pathIsGitRepo", arity: 1, run: git_repository },
    Function { name: "sourceByGlobs", arity: 2, run: source },
    Function { name: "sourceByRegex", arity: 2, run: source },
    Function { name: "sourceFilesBySuffices", arity: 2, run: source },
    Function { name: "trace", arity: 1, run: source },
];

/// The folder comes first, whatever chooses in it follows.
fn source<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    match args.first() {
        Some(folder) => eval.force(folder),
        None => eval.fail("no source"),
    }
}

fn clean_source_with<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [settings] = arguments(eval, args)?;
    eval.select_name(eval.force(settings)?, Symbol::new("src"), None)
}

fn can_clean_source<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [value] = arguments(eval, args)?;
    let value = eval.force(value)?;
    let cleaned = found(eval, value, Symbol::new("_isLibCleanSourceWith"))?.is_some();
    Ok(Value::Bool(cleaned || matches!(value, Value::Path(_))))
}

fn git_repository<'a>(eval: &Eval<'a>, _: &[&'a Thunk<'a>]) -> Outcome<'a> {
    stop(eval.unknown(Reason::World("readFile .git"), None))
}
