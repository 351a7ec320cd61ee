//! `lib.filesystem`: what lies in the repository, as Nix sees it.

use super::calling::{arguments, builtin, call, reworked, stop};
use super::gather::all_entries;
use crate::nix::builtins::Function;
use crate::nix::eval::Eval;
use crate::nix::unknown::Reason;
use crate::nix::value::{Attr, Outcome, Thunk, Value};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    Function { name: "haskellPathsInDir", arity: 1, run: haskell_paths_in_dir },
    Function { name: "listFilesRecursive", arity: 1, run: list_files_recursive },
    Function { name: "locateDominatingFile", arity: 2, run: locate_dominating_file },
    Function { name: "packagesFromDirectoryRecursive", arity: 1, run: packages },
    Function { name: "pathIsDirectory", arity: 1, run: |eval, args| is_type(eval, args, "directory") },
    Function { name: "pathIsRegularFile", arity: 1, run: |eval, args| is_type(eval, args, "regular") },
    Function { name: "pathType", arity: 1, run: |eval, args| builtin(eval, "readFileType", args) },
    Function { name: "resolveDefaultNix", arity: 1, run: resolve_default_nix },
];

fn is_type<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>], kind: &str) -> Outcome<'a> {
    if !eval.as_bool(builtin(eval, "pathExists", args)?)? {
        return Ok(Value::Bool(false));
    }
    Ok(Value::Bool(eval.as_string(builtin(eval, "readFileType", args)?)?.text == kind))
}

/// `folder + "/name"`: a path stays a path.
fn beneath<'a>(eval: &Eval<'a>, folder: &'a Thunk<'a>, name: &str) -> Outcome<'a> {
    let name = eval.string(&format!("/{name}"));
    eval.add(eval.force(folder)?, name, None)
}

/// What lies in a folder, by name, each with its type.
fn listing<'a>(eval: &Eval<'a>, folder: &'a Thunk<'a>) -> Outcome<'a, Vec<(&'static str, &'a str)>> {
    let read = eval.as_attrs(builtin(eval, "readDir", &[folder])?)?;
    let typed = |attr: &Attr<'a>| Ok((attr.name.as_str(), eval.force_string(attr.value)?.text));
    all_entries(read)?.iter().map(typed).collect()
}

fn list_files_recursive<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [folder] = arguments(eval, args)?;
    let mut files = Vec::new();
    files_beneath(eval, folder, &mut files)?;
    Ok(eval.list(&files))
}

fn files_beneath<'a>(eval: &Eval<'a>, folder: &'a Thunk<'a>, files: &mut Vec<&'a Thunk<'a>>) -> Outcome<'a, ()> {
    let _depth = eval.limits.enter(eval)?;
    for (name, kind) in listing(eval, folder)? {
        let path = eval.done(beneath(eval, folder, name)?);
        match kind {
            "directory" => files_beneath(eval, path, files)?,
            _ => files.push(path),
        }
    }
    Ok(())
}

/// The folders that hold a cabal file of their own name.
fn haskell_paths_in_dir<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [folder] = arguments(eval, args)?;
    let mut found = Vec::new();
    for (name, _) in listing(eval, folder)? {
        let path = eval.done(beneath(eval, folder, name)?);
        let cabal = eval.done(beneath(eval, path, &format!("{name}.cabal"))?);
        if eval.as_bool(builtin(eval, "pathExists", &[cabal])?)? {
            found.push(eval.attr(name, path));
        }
    }
    Ok(eval.attrs(found))
}

/// The nearest folder, from a path upwards, with an entry that matches.
fn locate_dominating_file<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [pattern, start] = arguments(eval, args)?;
    let mut folder = start;
    if !eval.as_bool(is_type(eval, &[start], "directory")?)? {
        folder = eval.done(builtin(eval, "dirOf", &[start])?);
    }
    let matches = eval.lazy(move |eval| builtin(eval, "match", &[pattern]));
    loop {
        let mut found = Vec::new();
        for (name, _) in listing(eval, folder)? {
            match eval.settle(call(eval, matches, &[eval.done(eval.string(name))]))? {
                Value::Null => {}
                Value::Unknown(why) => return stop(why),
                groups => found.push(eval.done(groups)),
            }
        }
        if !found.is_empty() {
            let matches = eval.done(eval.list(&found));
            return Ok(eval.attrs(vec![eval.attr("path", folder), eval.attr("matches", matches)]));
        }
        if super::calling::text(eval, folder)?.text == "/" {
            return Ok(Value::Null);
        }
        folder = eval.done(builtin(eval, "dirOf", &[folder])?);
    }
}

/// A set of packages by the names of files: what is in it is a package's business.
fn packages<'a>(eval: &Eval<'a>, _: &[&'a Thunk<'a>]) -> Outcome<'a> {
    stop(eval.unknown(Reason::Package, None))
}

fn resolve_default_nix<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [path] = arguments(eval, args)?;
    if eval.as_bool(is_type(eval, &[path], "directory")?)? {
        return beneath(eval, path, "default.nix");
    }
    match eval.force(path)? {
        Value::String(text) if text.text.ends_with('/') => {
            Ok(reworked(eval, text, &format!("{}default.nix", text.text)))
        }
        value => Ok(value),
    }
}

/// The files beneath a path of the repository, or the one that it is.
pub fn visible_files<'a>(eval: &Eval<'a>, path: &'a Thunk<'a>) -> Outcome<'a, Vec<&'a Thunk<'a>>> {
    let mut files = Vec::new();
    if eval.as_bool(is_type(eval, &[path], "directory")?)? {
        files_beneath(eval, path, &mut files)?;
    } else {
        files.push(path);
    }
    Ok(files)
}
