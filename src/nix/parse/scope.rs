//! Which frame and slot a name means.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::nix::Symbol;
use crate::nix::ir::{GLOBAL_NAMES, Var};

/// Names and their slots.
pub(super) type Slots = HashMap<Symbol, u32, RandomState>;

/// One frame of evaluation, as the file shows it.
#[derive(Debug)]
pub(super) enum Scope {
    /// Names and their slots.
    Names(Slots),
    /// `with`: any name.
    With,
}

/// The frames around an expression, the innermost last.
#[derive(Debug, Default)]
pub(super) struct Scopes(Vec<Scope>);

impl Scopes {
    pub(super) fn push(&mut self, scope: Scope) {
        self.0.push(scope);
    }

    pub(super) fn pop(&mut self) {
        self.0.pop();
    }

    /// What `name` means where the innermost `skipped` frames are not there. As in Nix every static
    /// scope wins over every `with`, the global scope too.
    pub(super) fn resolve(&self, name: Symbol, skipped: usize) -> Var {
        let mut withs = Vec::new();
        for (depth, scope) in (0u32..).zip(self.0.iter().rev().skip(skipped)) {
            match scope {
                Scope::Names(names) => {
                    if let Some(&slot) = names.get(&name) {
                        return Var::Local { depth, slot, name };
                    }
                }
                Scope::With => withs.push(depth),
            }
        }
        if withs.is_empty() || is_global(name.as_str()) {
            return Var::Global(name);
        }
        Var::With { scopes: withs.into(), name }
    }
}

/// Whether Nix binds a name everywhere.
pub(super) fn is_global(name: &str) -> bool {
    name.starts_with("__") || GLOBAL_NAMES.binary_search(&name).is_ok()
}
