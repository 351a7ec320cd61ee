//! A hive of colmena: its nodes are NixOS configurations.

use super::listing::attribute;
use super::wirings;
use crate::nix::Symbol;
use crate::nix::eval::Eval;
use crate::nix::unknown::Reason;
use crate::nix::value::{Attrs, Outcome, Value};
use crate::nixos::world::World;

/// Whether a set is a hive: no other that people write has these names.
pub fn is_hive(attrs: &Attrs<'_>) -> bool {
    ["meta", "network", "defaults"].iter().any(|name| attrs.get(Symbol::new(name)).is_some())
}

/// The nodes of a hive as it is written, by name.
pub fn nodes<'a>(eval: &Eval<'a>, world: &'a World<'a>, hive: Value<'a>) -> Outcome<'a> {
    let unknown = || eval.unknown_value(Reason::Input("colmena"));
    let Some(wiring) = wirings::of_repository("colmena", "") else { return Ok(unknown()) };
    let offered = eval.attrs(wirings::offers(eval, world, wiring, "colmena")?);
    let names = ["lib", "makeHive"];
    let make = names.iter().try_fold(offered, |value, name| eval.select_name(value, Symbol::new(name), None))?;
    let made = eval.settle(eval.call(make, eval.done(hive)))?;
    Ok(attribute(eval, made, "nodes")?.unwrap_or_else(unknown))
}
