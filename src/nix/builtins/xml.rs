//! `toXML`.

use super::Function;

pub const FUNCTIONS: &[Function] =
    &[Function { name: "toXML", arity: 1, run: |eval, _| super::world::not_written(eval, "builtins.toXML") }];
