//! `lib.fileset`: sets of files. A file set is `{ _type = "fileset"; files = [ … ]; }` with every
//! file in it, in order; nixpkgs keeps a tree, which no caller sees.

use std::collections::BTreeMap;

use super::calling::{Verdict, arguments, found, holds, stop, text, throw};
use super::filesystem::visible_files;
use super::gather::all_items;
use super::options::{has_type, typed};
use crate::nix::builtins::Function;
use crate::nix::eval::Eval;
use crate::nix::symbol::Symbol;
use crate::nix::value::{Attr, Outcome, Thunk, Value};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    Function { name: "difference", arity: 2, run: |eval, args| combined(eval, args, |in_right| !in_right) },
    Function { name: "fileFilter", arity: 2, run: file_filter },
    Function { name: "fromSource", arity: 1, run: from_source },
    Function { name: "gitTracked", arity: 1, run: from_source },
    Function { name: "gitTrackedWith", arity: 2, run: git_tracked_with },
    Function { name: "intersection", arity: 2, run: |eval, args| combined(eval, args, |in_right| in_right) },
    Function { name: "isFileset", arity: 1, run: is_fileset },
    Function { name: "maybeMissing", arity: 1, run: maybe_missing },
    Function { name: "toList", arity: 1, run: to_list },
    Function { name: "toSource", arity: 1, run: to_source },
    Function { name: "trace", arity: 2, run: super::debug::last },
    Function { name: "traceVal", arity: 1, run: super::debug::last },
    Function { name: "union", arity: 2, run: union },
    Function { name: "unions", arity: 1, run: unions },
];

/// The files of a set, by path.
type Files<'a> = BTreeMap<&'a str, &'a Thunk<'a>>;

/// `empty`.
pub fn values<'a>(eval: &Eval<'a>, _types: &'a Thunk<'a>) -> Vec<Attr<'a>> {
    vec![eval.attr("empty", eval.done(fileset(eval, &Files::new())))]
}

fn fileset<'a>(eval: &Eval<'a>, files: &Files<'a>) -> Value<'a> {
    let files: Vec<_> = files.values().copied().collect();
    typed(eval, "fileset", vec![eval.attr("files", eval.done(eval.list(&files)))])
}

/// The files of a file set, or beneath a path.
fn files<'a>(eval: &Eval<'a>, thunk: &'a Thunk<'a>) -> Outcome<'a, Files<'a>> {
    let value = eval.force(thunk)?;
    let listed = match value {
        Value::Path(_) => visible_files(eval, thunk)?,
        Value::Unknown(why) => return stop(why),
        _ => match found(eval, value, Symbol::new("files"))? {
            Some(files) => all_items(eval.as_list(files)?)?.to_vec(),
            None => return throw(eval, "a file set or a path is needed"),
        },
    };
    listed.into_iter().map(|file| Ok((text(eval, file)?.text, file))).collect()
}

fn combined<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>], keep: fn(bool) -> bool) -> Outcome<'a> {
    let [left, right] = arguments(eval, args)?;
    let (mut left, right) = (files(eval, left)?, files(eval, right)?);
    left.retain(|path, _| keep(right.contains_key(path)));
    Ok(fileset(eval, &left))
}

fn union<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    united(eval, args)
}

fn unions<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [list] = arguments(eval, args)?;
    united(eval, all_items(eval.force_list(list)?)?)
}

fn united<'a>(eval: &Eval<'a>, sets: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let mut all = Files::new();
    for set in sets {
        all.extend(files(eval, set)?);
    }
    Ok(fileset(eval, &all))
}

fn file_filter<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [predicate, folder] = arguments(eval, args)?;
    let mut kept = Files::new();
    for (path, file) in files(eval, folder)? {
        let name = path.rsplit('/').next().unwrap_or(path);
        match holds(eval, predicate, &[eval.done(described(eval, name))])? {
            Verdict::Yes => {
                kept.insert(path, file);
            }
            Verdict::No => {}
            Verdict::Perhaps(why) => return stop(why),
        }
    }
    Ok(fileset(eval, &kept))
}

/// A file as a predicate sees it.
fn described<'a>(eval: &Eval<'a>, name: &'a str) -> Value<'a> {
    let has_ext = eval.native("hasExt", 1, move |eval, args| {
        let [extension] = arguments(eval, args)?;
        let extension = eval.force_string(extension)?.text;
        Ok(Value::Bool(name.strip_suffix(extension).is_some_and(|stem| stem.ends_with('.'))))
    });
    eval.attrs(vec![
        eval.attr("name", eval.done(eval.string(name))),
        eval.attr("type", eval.done(eval.string("regular"))),
        eval.attr("hasExt", eval.done(has_ext)),
    ])
}

/// What git tracks is what Nix sees of the repository.
fn from_source<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    united(eval, args)
}

fn git_tracked_with<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [_, folder] = arguments(eval, args)?;
    united(eval, &[folder])
}

fn maybe_missing<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [path] = arguments(eval, args)?;
    if eval.as_bool(super::calling::builtin(eval, "pathExists", args)?)? {
        return united(eval, &[path]);
    }
    Ok(fileset(eval, &Files::new()))
}

fn is_fileset<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [value] = arguments(eval, args)?;
    let is_path = matches!(eval.force(value)?, Value::Path(_));
    Ok(Value::Bool(is_path || has_type(eval, "fileset", value)?))
}

fn to_list<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [set] = arguments(eval, args)?;
    Ok(eval.list(&files(eval, set)?.into_values().collect::<Vec<_>>()))
}

/// The folder itself, as [`super::sources`] has it.
fn to_source<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [settings] = arguments(eval, args)?;
    let root = eval.force(settings)?;
    eval.select_name(root, Symbol::new("root"), None)
}
