//! The configuration behind something that was built from it: a `toplevel`, an activation script.

use std::collections::BTreeSet;

use crate::nix::eval::Eval;
use crate::nix::value::{Thunk, Value};
use crate::nixos::configuration::{Class, Configuration};
use crate::nixos::extract;
use crate::nixos::world::World;

/// How many packages may lie around the configuration: `activate.nixos`, a `toplevel`, what wraps them.
const DEEPEST: usize = 6;

/// The nearest configuration of a host or home that a value is, or was made from, and the value that leads
/// to it. No package is entered twice.
pub fn behind<'a>(
    eval: &Eval<'a>,
    world: &'a World<'a>,
    built: &'a Thunk<'a>,
) -> Option<(&'a Thunk<'a>, &'a Configuration<'a>)> {
    let mut entered = BTreeSet::new();
    let mut level = vec![built];
    for _ in 0..=DEEPEST {
        let mut below = Vec::new();
        for built in level {
            let Ok(value) = eval.settle(eval.force(built)) else { continue };
            if let Ok(configuration) = extract::configuration_of(eval, world, value)
                && configuration.class != Class::Plain
            {
                return Some((built, configuration));
            }
            if let Value::Unknown(unknown) = value
                && entered.insert(std::ptr::from_ref(unknown) as usize)
            {
                below.extend_from_slice(unknown.parts);
            }
        }
        level = below;
    }
    None
}
