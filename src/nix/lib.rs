//! nixpkgs' lib.
use super::eval::Eval;
use super::value::{Attr, Value};
/// x
pub fn lib<'a>(eval: &Eval<'a>, extra: Vec<Attr<'a>>) -> Value<'a> {
    eval.attrs(extra)
}
