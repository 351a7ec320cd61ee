//! `lib.path`: paths and the subpaths beneath them.

use super::calling::{arguments, stop, throw};
use super::gather::all_items;
use crate::nix::builtins::Function;
use crate::nix::eval::Eval;
use crate::nix::value::{Attr, Outcome, Thunk, Value};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    Function { name: "append", arity: 2, run: append },
    Function { name: "hasPrefix", arity: 2, run: has_prefix },
    Function { name: "hasStorePathPrefix", arity: 1, run: has_store_path_prefix },
    Function { name: "removePrefix", arity: 2, run: remove_prefix },
    Function { name: "splitRoot", arity: 1, run: split_root },
];

const SUBPATH: &[Function] = &[
    Function { name: "components", arity: 1, run: subpath_components },
    Function { name: "isValid", arity: 1, run: subpath_is_valid },
    Function { name: "join", arity: 1, run: subpath_join },
    Function { name: "normalise", arity: 1, run: subpath_normalise },
];

/// `subpath`.
pub fn values<'a>(eval: &Eval<'a>, _types: &'a Thunk<'a>) -> Vec<Attr<'a>> {
    let native = |function: &Function| eval.done(eval.native(function.name, function.arity, function.run));
    let entries = SUBPATH.iter().map(|function| eval.attr(function.name, native(function))).collect();
    vec![eval.attr("subpath", eval.done(eval.attrs(entries)))]
}

fn path<'a>(eval: &Eval<'a>, thunk: &'a Thunk<'a>) -> Outcome<'a, &'a str> {
    match eval.force(thunk)? {
        Value::Path(path) => Ok(path),
        Value::Unknown(why) => stop(why),
        _other => throw(eval, "lib.path needs a path"),
    }
}

/// Why a text is no path beneath another.
fn fault(subpath: &str) -> Option<&'static str> {
    if subpath.is_empty() {
        Some("is empty")
    } else if subpath.starts_with('/') {
        Some("is an absolute path")
    } else if subpath.split('/').any(|part| part == "..") {
        Some("leads upwards")
    } else {
        None
    }
}

fn subpath<'a>(eval: &Eval<'a>, thunk: &'a Thunk<'a>) -> Outcome<'a, &'a str> {
    let text = match eval.force(thunk)? {
        Value::String(text) => text.text,
        Value::Unknown(why) => return stop(why),
        _other => return throw(eval, "a subpath is a string"),
    };
    match fault(text) {
        None => Ok(text),
        Some(fault) => throw(eval, fault),
    }
}

fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|part| !part.is_empty() && *part != ".")
}

/// Parts as a normal subpath.
fn normal<'p>(parts: impl Iterator<Item = &'p str>) -> String {
    let joined = parts.collect::<Vec<_>>().join("/");
    format!("./{}", if joined.is_empty() { "." } else { &joined })
}

fn append<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [base, below] = arguments(eval, args)?;
    let base = path(eval, base)?;
    Ok(eval.path(&format!("{base}/{}", subpath(eval, below)?)))
}

/// What follows one path in another.
fn rest<'p>(prefix: &str, path: &'p str) -> Option<Vec<&'p str>> {
    let mut all = parts(path);
    parts(prefix).all(|part| all.next() == Some(part)).then(|| all.collect())
}

fn has_prefix<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [prefix, whole] = arguments(eval, args)?;
    Ok(Value::Bool(rest(path(eval, prefix)?, path(eval, whole)?).is_some()))
}

fn remove_prefix<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [prefix, whole] = arguments(eval, args)?;
    let (prefix, whole) = (path(eval, prefix)?, path(eval, whole)?);
    match rest(prefix, whole) {
        Some(rest) => Ok(eval.string(&normal(rest.into_iter()))),
        None => throw(eval, "the path does not lie in the other"),
    }
}

fn split_root<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [whole] = arguments(eval, args)?;
    let subpath = normal(parts(path(eval, whole)?));
    Ok(eval.attrs(vec![
        eval.attr("root", eval.done(eval.path("/"))),
        eval.attr("subpath", eval.done(eval.string(&subpath))),
    ]))
}

/// The length of the hash that a name in the store begins with.
const HASH_LENGTH: usize = 32;

fn has_store_path_prefix<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [whole] = arguments(eval, args)?;
    let beneath = rest("/nix/store", path(eval, whole)?).unwrap_or_default();
    let stored = |name: &str| matches!(name.split_once('-'), Some((hash, rest)) if hash.len() == HASH_LENGTH && !rest.is_empty());
    Ok(Value::Bool(beneath.first().is_some_and(|name| stored(name))))
}

fn subpath_is_valid<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [value] = arguments(eval, args)?;
    match eval.force(value)? {
        Value::String(text) => Ok(Value::Bool(fault(text.text).is_none())),
        Value::Unknown(why) => stop(why),
        _ => Ok(Value::Bool(false)),
    }
}

fn subpath_join<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [subpaths] = arguments(eval, args)?;
    let mut all = Vec::new();
    for item in all_items(eval.force_list(subpaths)?)? {
        all.extend(parts(subpath(eval, item)?));
    }
    Ok(eval.string(&normal(all.into_iter())))
}

fn subpath_components<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [value] = arguments(eval, args)?;
    let items: Vec<_> = parts(subpath(eval, value)?).map(|part| eval.done(eval.string(part))).collect();
    Ok(eval.list(&items))
}

fn subpath_normalise<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [value] = arguments(eval, args)?;
    let normal = normal(parts(subpath(eval, value)?));
    Ok(eval.string(&normal))
}
