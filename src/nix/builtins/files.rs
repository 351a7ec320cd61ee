//! Files of the repository, as a flake sees them: in a git repository only what is tracked.

use std::borrow::Cow;

use super::{Function, arguments};
use crate::nix::eval::Coercion;
use crate::nix::eval::Eval;
use crate::nix::path::{self, Located};
use crate::nix::symbol::Symbol;
use crate::nix::unknown::{ErrorKind, Reason, Stop};
use crate::nix::value::{Outcome, Str, Thunk, Value};
use crate::source::Kind;

pub const FUNCTIONS: &[Function] = &[
    Function { name: "baseNameOf", arity: 1, run: base_name_of },
    Function { name: "dirOf", arity: 1, run: dir_of },
    Function { name: "filterSource", arity: 2, run: filter_source },
    Function { name: "import", arity: 1, run: import },
    Function { name: "path", arity: 1, run: store_path_of },
    Function { name: "pathExists", arity: 1, run: path_exists },
    Function { name: "readDir", arity: 1, run: read_dir },
    Function { name: "readFile", arity: 1, run: read_file },
    Function { name: "readFileType", arity: 1, run: read_file_type },
    Function { name: "scopedImport", arity: 2, run: scoped_import },
    Function { name: "toPath", arity: 1, run: to_path },
];

/// Bytes of a file that `readFile` takes from the disk.
const MAX_READ: u64 = 1 << 20;

/// The absolute path that a value names, normalised.
fn absolute<'a>(eval: &Eval<'a>, value: Value<'a>) -> Outcome<'a, &'a str> {
    let text = eval.coerce(value, Coercion::Plain)?.text;
    if !text.starts_with('/') {
        return eval.fail("the string doesn't represent an absolute path");
    }
    Ok(eval.text(&path::normalise(text)))
}

/// What the tree calls a file of the repository or of an input that is here; anything else is unknown.
pub fn in_repository<'a>(eval: &Eval<'a>, file: &'a Thunk<'a>, builtin: &'static str) -> Outcome<'a, &'a str> {
    let reason = match path::locate(absolute(eval, eval.force(file)?)?) {
        Located::Repository(relative) => return Ok(relative),
        Located::Input { name, path, .. } if eval.tree.has_input(name) => return Ok(path),
        Located::Input { name, .. } => Reason::Input(name),
        Located::Outside(_) => Reason::World(builtin),
    };
    Err(Stop::Unknown(eval.unknown(reason, None)))
}

/// What is at a path of the repository; a symlink counts as what it leads to.
fn kind(eval: &Eval<'_>, relative: &str) -> Option<Kind> {
    if eval.tree.is_visible(relative) {
        return Some(Kind::Regular);
    }
    eval.tree.is_folder(relative).then_some(Kind::Directory)
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Regular => "regular",
        Kind::Directory => "directory",
        Kind::Symlink => "symlink",
    }
}

fn missing<'a, T>(eval: &Eval<'a>, relative: &str) -> Outcome<'a, T> {
    let hint = if eval.tree.is_untracked(relative) { " (git does not track it)" } else { "" };
    Err(eval.error(ErrorKind::Other, None, &format!("path '{relative}' does not exist{hint}")))
}

fn import<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [file] = arguments(eval, args)?;
    eval.import(absolute(eval, eval.force(file)?)?)
}

fn scoped_import<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [names, file] = arguments(eval, args)?;
    let names = eval.force_attrs(names)?;
    eval.scoped_import(names, absolute(eval, eval.force(file)?)?)
}

fn path_exists<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [file] = arguments(eval, args)?;
    let relative = in_repository(eval, file, "pathExists")?;
    let must_be_folder = match eval.force(file)? {
        Value::String(text) => text.text.ends_with('/') || text.text.ends_with("/."),
        _ => false,
    };
    Ok(Value::Bool(match kind(eval, relative) {
        Some(kind) => kind == Kind::Directory || !must_be_folder,
        None => false,
    }))
}

fn read_dir<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [folder] = arguments(eval, args)?;
    let relative = in_repository(eval, folder, "readDir")?;
    eval.folder(relative, || {
        let Some(children) = eval.tree.children(relative) else {
            return match eval.tree.is_visible(relative) {
                true => eval.fail(&format!("cannot read folder '{relative}': it is a file")),
                false => missing(eval, relative),
            };
        };
        let entry = |(child, kind)| eval.attr(child, eval.done(eval.string_of(name(kind), &[], None)));
        Ok(eval.attrs(children.into_iter().map(entry).collect()))
    })
}

fn read_file_type<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [file] = arguments(eval, args)?;
    let relative = in_repository(eval, file, "readFileType")?;
    let link = eval.tree.link(relative).map(|_| Kind::Symlink);
    match link.or_else(|| kind(eval, relative)) {
        Some(kind) => Ok(eval.string_of(name(kind), &[], None)),
        None => missing(eval, relative),
    }
}

/// The text of a file of the repository.
pub fn text_of<'a>(eval: &Eval<'a>, relative: &'a str) -> Outcome<'a, &'a str> {
    match kind(eval, relative) {
        Some(Kind::Regular | Kind::Symlink) => {}
        Some(Kind::Directory) => return eval.fail(&format!("cannot read file '{relative}': it is a folder")),
        None => return missing(eval, relative),
    }
    if let Some(text) = eval.tree.texts.get(relative) {
        return Ok(text.content());
    }
    let small = eval.tree.files.get(relative).is_some_and(|entry| entry.size <= MAX_READ);
    match small.then(|| eval.tree.read_late(relative)).flatten() {
        Some(text) => Ok(text),
        None => Err(Stop::Unknown(eval.unknown(Reason::NotLooked(relative), None))),
    }
}

/// The bytes of a file of the repository, which need not be a text.
pub fn bytes_of<'a>(eval: &Eval<'a>, relative: &'a str) -> Outcome<'a, Cow<'a, [u8]>> {
    match text_of(eval, relative) {
        Err(Stop::Unknown(why)) if eval.tree.files.get(relative).is_some_and(|entry| entry.size <= MAX_READ) => {
            let bytes = eval.tree.beginning(relative, MAX_READ as usize + 1).ok();
            let whole = bytes.filter(|bytes| bytes.len() as u64 <= MAX_READ);
            let whole = whole.ok_or(Stop::Unknown(why))?;
            eval.limits.read(eval, whole.len())?;
            Ok(Cow::Owned(whole))
        }
        text => Ok(Cow::Borrowed(text?.as_bytes())),
    }
}

fn read_file<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [file] = arguments(eval, args)?;
    let relative = in_repository(eval, file, "readFile")?;
    eval.note_read(relative);
    let text = text_of(eval, relative)?;
    if text.contains('\0') {
        return eval.fail(&format!("the contents of the file '{relative}' cannot be represented as a Nix string"));
    }
    Ok(eval.string_of(text, &[], None))
}

/// What follows the last slash, but for one at the end.
fn base_name_of<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [file] = arguments(eval, args)?;
    let file = eval.coerce(eval.force(file)?, Coercion::Plain)?;
    let stripped = file.text.strip_suffix('/').unwrap_or(file.text);
    let name = stripped.rsplit_once('/').map_or(stripped, |(_, name)| name);
    Ok(Value::String(eval.alloc(Str { text: name, ..*file })))
}

fn dir_of<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [file] = arguments(eval, args)?;
    let value = eval.force(file)?;
    if let Value::Path(path) = value {
        return Ok(Value::Path(path::parent(path)));
    }
    let file = eval.coerce(value, Coercion::Plain)?;
    let folder = match file.text.rsplit_once('/') {
        Some(("", _)) => "/",
        Some((folder, _)) => folder,
        None => ".",
    };
    Ok(Value::String(eval.alloc(Str { text: folder, ..*file })))
}

fn to_path<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [file] = arguments(eval, args)?;
    Ok(eval.string_of(absolute(eval, eval.force(file)?)?, &[], None))
}

/// A copy in the store holds what the original does, so the original stands for it.
fn original<'a>(eval: &Eval<'a>, value: Value<'a>) -> Outcome<'a> {
    Ok(eval.string_of(absolute(eval, value)?, &[], None))
}

fn store_path_of<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [description] = arguments(eval, args)?;
    let description = Value::Attrs(eval.force_attrs(description)?);
    original(eval, eval.select_name(description, Symbol::new("path"), None)?)
}

fn filter_source<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [_, folder] = arguments(eval, args)?;
    original(eval, eval.force(folder)?)
}
