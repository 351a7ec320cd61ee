//! The configuration behind something that was built from it: a `toplevel`, an activation script.

use crate::nix::eval::Eval;
use crate::nix::value::{Thunk, Value};
use crate::nixos::configuration::{Class, Configuration};
use crate::nixos::extract;
use crate::nixos::world::World;

/// How many packages may lie around the configuration: `activate.nixos`, a `toplevel`, what wraps them.
const DEEPEST: usize = 6;

/// The first configuration of a host or home that a value is, or was made from, and the value that leads
/// to it.
pub fn behind<'a>(
    eval: &Eval<'a>,
    world: &'a World<'a>,
    built: &'a Thunk<'a>,
) -> Option<(&'a Thunk<'a>, &'a Configuration<'a>)> {
    within(eval, world, built, DEEPEST)
}

fn within<'a>(
    eval: &Eval<'a>,
    world: &'a World<'a>,
    built: &'a Thunk<'a>,
    depth: usize,
) -> Option<(&'a Thunk<'a>, &'a Configuration<'a>)> {
    let value = eval.settle(eval.force(built)).ok()?;
    if let Ok(configuration) = extract::configuration_of(eval, world, value)
        && configuration.class != Class::Plain
    {
        return Some((built, configuration));
    }
    let depth = depth.checked_sub(1)?;
    let Value::Unknown(unknown) = value else { return None };
    unknown.parts.iter().find_map(|part| within(eval, world, part, depth))
}
