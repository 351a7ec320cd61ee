//! The global scope and `builtins`, by the theme of what they work on.

use std::collections::HashMap;

use super::eval::Eval;
use super::symbol::Symbol;
use super::value::{Outcome, Thunk, Value};

/// A function written in Rust: its name, how many arguments it takes, what it does.
pub struct Function {
    /// As Nix code calls it.
    pub name: &'static str,
    /// Number of arguments.
    pub arity: usize,
    /// What it does with all of them.
    pub run: for<'a> fn(&Eval<'a>, &[&'a Thunk<'a>]) -> Outcome<'a>,
}

/// The names that need no `builtins.` before them.
pub fn globals<'a>(_eval: &Eval<'a>) -> HashMap<Symbol, Value<'a>> {
    HashMap::new()
}
