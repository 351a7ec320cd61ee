//! Functions as values.

use super::{Function, arguments};
use crate::nix::eval::Eval;
use crate::nix::ir::Param;
use crate::nix::unknown::Stop;
use crate::nix::value::{Attr, AttrPlace, Outcome, Thunk, Value};

pub const FUNCTIONS: &[Function] = &[Function { name: "functionArgs", arity: 1, run: function_args }];

fn function_args<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [function] = arguments(eval, args)?;
    let entry = |name, optional, place| Attr { name, value: eval.done(Value::Bool(optional)), place, doubt: None };
    let entries: Vec<_> = match eval.force(function)? {
        Value::Closure(closure) => match &closure.lambda.param {
            Param::Name(_) => Vec::new(),
            Param::Pattern { formals, .. } => formals
                .iter()
                .map(|formal| entry(formal.name, formal.default.is_some(), AttrPlace::Written(formal.span)))
                .collect(),
        },
        Value::Native(native) => {
            native.formals.iter().map(|&(name, optional)| entry(name, optional, AttrPlace::Nowhere)).collect()
        }
        Value::Unknown(why) => return Err(Stop::Unknown(why)),
        other => return eval.fail(&format!("'functionArgs' requires a function, not {}", other.kind())),
    };
    Ok(eval.attrs(entries))
}
