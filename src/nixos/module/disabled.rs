//! What `disabledModules` names (nixpkgs, lib/modules.nix: isDisabled).

use super::written::key_of;
use crate::nix::Symbol;
use crate::nix::eval::{Coercion, Eval};
use crate::nix::value::{Outcome, Thunk, Value};
use crate::nixos::configuration::Configuration;

/// The keys of the modules in a list of them.
pub fn keys<'a>(
    eval: &Eval<'a>,
    configuration: &'a Configuration<'a>,
    disabled: &'a Thunk<'a>,
) -> Outcome<'a, Vec<String>> {
    // Of one that is not known nothing is disabled.
    let known = |value: &Value<'a>| !matches!(value, Value::Unknown(_));
    let Some(list) = Some(eval.settle(eval.force(disabled))?).filter(known) else { return Ok(Vec::new()) };
    let mut keys = Vec::new();
    for item in eval.as_list(list)?.items {
        if let Some(value) = Some(eval.settle(eval.force(item))?).filter(known) {
            keys.extend(key(eval, configuration, value)?);
        }
    }
    Ok(keys)
}

fn key<'a>(eval: &Eval<'a>, configuration: &'a Configuration<'a>, value: Value<'a>) -> Outcome<'a, Option<String>> {
    let text = match value {
        Value::String(text) if text.text.starts_with('/') => text.text,
        Value::String(text) => return below_modules_path(eval, configuration, text.text).map(Some),
        Value::Attrs(attrs) => {
            let own = key_of(eval, value);
            let converts = ["outPath", "__toString"].iter().any(|name| attrs.get(Symbol::new(name)).is_some());
            match (own, attrs.open) {
                _ if converts => {}
                (Some(key), _) => return Ok(Some(key)),
                (None, Some(_)) => return Ok(None),
                (None, None) => return eval.fail("a disabled module is a set without a key"),
            }
            let text = eval.coerce(value, Coercion::Full)?.text;
            if key_of(eval, value).is_some_and(|key| key != text) {
                return eval.fail("a disabled module has a path and another key");
            }
            text
        }
        value => eval.coerce(value, Coercion::Full)?.text,
    };
    Ok(Some(text.to_owned()))
}

/// What a string is the key of that is no absolute path: a file below `modulesPath`.
fn below_modules_path<'a>(eval: &Eval<'a>, configuration: &'a Configuration<'a>, rest: &str) -> Outcome<'a, String> {
    let path = match configuration.modules_path(eval) {
        Some(path) => eval.coerce(eval.force(path)?, Coercion::Full)?.text,
        None => "",
    };
    Ok(format!("{path}/{rest}"))
}
