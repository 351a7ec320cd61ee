//! `lib.attrsets`: attributes by the path of names that leads to them.

use super::attrsets::is_set;
use super::calling::{arguments, later, stop, throw};
use super::escapes::identifier;
use super::gather::{all_items, path_of};
use crate::nix::builtins::Function;
use crate::nix::eval::{Eval, Found};
use crate::nix::symbol::Symbol;
use crate::nix::unknown::ErrorKind;
use crate::nix::value::{Attr, AttrPlace, Outcome, Thunk, Value};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    Function { name: "attrByPath", arity: 3, run: attr_by_path },
    Function { name: "getAttrFromPath", arity: 2, run: get_attr_from_path },
    Function { name: "hasAttrByPath", arity: 2, run: has_attr_by_path },
    Function { name: "longestValidPathPrefix", arity: 2, run: longest_valid_path_prefix },
    Function { name: "setAttrByPath", arity: 2, run: set_attr_by_path },
    Function { name: "showAttrPath", arity: 1, run: show_attr_path },
    Function { name: "updateManyAttrsByPath", arity: 2, run: update_many_attrs_by_path },
];

/// Follows a path: the value at its end, which is not looked at, and how many of its steps exist.
fn follow<'a>(eval: &Eval<'a>, set: &'a Thunk<'a>, path: &[Symbol]) -> Outcome<'a, (Option<&'a Thunk<'a>>, usize)> {
    let mut value = set;
    for (index, &name) in path.iter().enumerate() {
        match eval.look_up(eval.force(value)?, name)? {
            Found::Attribute(next) => value = next,
            Found::Absent => return Ok((None, index)),
            Found::Perhaps(why) => return stop(why),
        }
    }
    Ok((Some(value), path.len()))
}

fn attr_by_path<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [path, default, set] = arguments(eval, args)?;
    let (value, _) = follow(eval, set, &path_of(eval, path)?)?;
    eval.force(value.unwrap_or(default))
}

fn get_attr_from_path<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [path, set] = arguments(eval, args)?;
    let path = path_of(eval, path)?;
    match follow(eval, set, &path)? {
        (Some(value), _) => eval.force(value),
        (None, _) => {
            let message = format!("there is no attribute at '{}'", shown_path(&path));
            Err(eval.error(ErrorKind::MissingAttribute, None, &message))
        }
    }
}

fn has_attr_by_path<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [path, set] = arguments(eval, args)?;
    let (value, _) = follow(eval, set, &path_of(eval, path)?)?;
    Ok(Value::Bool(value.is_some()))
}

fn longest_valid_path_prefix<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [path, set] = arguments(eval, args)?;
    let (_, steps) = follow(eval, set, &path_of(eval, path)?)?;
    Ok(eval.list(eval.force_list(path)?.items.get(..steps).unwrap_or_default()))
}

fn set_attr_by_path<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [path, value] = arguments(eval, args)?;
    let path = all_items(eval.force_list(path)?)?;
    // The names further in are needed only when somebody looks there.
    let mut inner = value;
    for &name in path.iter().rev() {
        let below = inner;
        inner = eval.lazy(move |eval| Ok(eval.attrs(vec![eval.generated_attr(eval.force_string(name)?, below)])));
    }
    eval.force(inner)
}

fn show_attr_path<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [path] = arguments(eval, args)?;
    Ok(eval.string(&shown_path(&path_of(eval, path)?)))
}

/// A path as a person writes it.
fn shown_path(path: &[Symbol]) -> String {
    match path {
        [] => "<root attribute path>".to_owned(),
        path => path.iter().map(|name| identifier(name.as_str())).collect::<Vec<_>>().join("."),
    }
}

/// One change that `updateManyAttrsByPath` makes.
#[derive(Clone, Copy)]
struct Change<'a> {
    path: &'a [Symbol],
    update: &'a Thunk<'a>,
}

fn update_many_attrs_by_path<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [changes, value] = arguments(eval, args)?;
    let mut read = Vec::new();
    for change in all_items(eval.force_list(changes)?)? {
        let change = eval.force(change)?;
        let path = eval.select_name(change, Symbol::new("path"), None)?;
        let path = path_of(eval, eval.done(path))?;
        let update = eval.lazy(move |eval| eval.select_name(change, Symbol::new("update"), None));
        read.push(Change { path: eval.slice(&path), update });
    }
    updated(eval, Some(value), eval.slice(&read), 0)
}

/// The value at `depth` names into the paths of `changes`, changed. Those further in come first.
fn updated<'a>(eval: &Eval<'a>, value: Option<&'a Thunk<'a>>, changes: &'a [Change<'a>], depth: usize) -> Outcome<'a> {
    let _depth = eval.limits.enter(eval)?;
    let (here, deeper): (Vec<_>, Vec<_>) = changes.iter().copied().partition(|change| change.path.len() == depth);
    let mut value = match (deeper.as_slice(), value) {
        ([], Some(value)) => value,
        ([], None) => eval.lazy(|eval| throw(eval, "there is nothing at a path that an update could change")),
        (deeper, value) => eval.done(updated_within(eval, value, deeper, depth)?),
    };
    for change in here {
        value = later(eval, change.update, [value]);
    }
    eval.force(value)
}

fn updated_within<'a>(
    eval: &Eval<'a>,
    value: Option<&'a Thunk<'a>>,
    changes: &[Change<'a>],
    depth: usize,
) -> Outcome<'a> {
    let base = match value {
        None => eval.attrs(Vec::new()),
        Some(value) if is_set(eval.force(value)?)? => eval.force(value)?,
        Some(_) => return throw(eval, "a path cannot be updated: what is above it is no attribute set"),
    };
    let mut names: Vec<_> = changes.iter().filter_map(|change| change.path.get(depth).copied()).collect();
    names.sort();
    names.dedup();
    let mut entries = Vec::new();
    for name in names {
        let own: Vec<_> = changes.iter().copied().filter(|change| change.path.get(depth) == Some(&name)).collect();
        let own = eval.slice(&own);
        let value = eval.lazy(move |eval| {
            let old = match eval.look_up(base, name)? {
                Found::Attribute(old) => Some(old),
                Found::Absent => None,
                Found::Perhaps(why) => return stop(why),
            };
            updated(eval, old, own, depth + 1)
        });
        entries.push(Attr { name, value, place: AttrPlace::Nowhere, doubt: None });
    }
    eval.update(base, eval.attrs(entries))
}
