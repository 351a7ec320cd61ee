//! `lib.strings`: lists of strings joined, and strings split.

use super::calling::{arguments, builtin, call, later, reworked, shown, text, throw};
use super::gather::{all_entries, all_items, name_of, symbol};
use super::outputs::output_of;
use crate::nix::builtins::Function;
use crate::nix::eval::Eval;
use crate::nix::symbol::Symbol;
use crate::nix::unknown::{Stop, Unknown};
use crate::nix::value::{List, Outcome, Str, Thunk, Value};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    Function { name: "concatImapStrings", arity: 2, run: concat_imap_strings },
    Function { name: "concatImapStringsSep", arity: 3, run: concat_imap_strings_sep },
    Function { name: "concatLines", arity: 1, run: concat_lines },
    Function { name: "concatMapAttrsStringSep", arity: 3, run: concat_map_attrs_string_sep },
    Function { name: "concatMapStrings", arity: 2, run: concat_map_strings },
    Function { name: "concatMapStringsSep", arity: 3, run: concat_map_strings_sep },
    Function { name: "concatStrings", arity: 1, run: concat_strings },
    Function { name: "intersperse", arity: 2, run: intersperse },
    Function { name: "join", arity: 2, run: |eval, args| builtin(eval, "concatStringsSep", args) },
    Function { name: "makeBinPath", arity: 1, run: |eval, args| output_paths(eval, args, "bin", "bin") },
    Function { name: "makeIncludePath", arity: 1, run: |eval, args| output_paths(eval, args, "dev", "include") },
    Function { name: "makeLibraryPath", arity: 1, run: |eval, args| output_paths(eval, args, "lib", "lib") },
    Function { name: "makeSearchPath", arity: 2, run: make_search_path },
    Function { name: "makeSearchPathOutput", arity: 3, run: make_search_path_output },
    Function { name: "nameFromURL", arity: 2, run: name_from_url },
    Function { name: "replicate", arity: 2, run: replicate },
    Function { name: "splitString", arity: 2, run: split_string },
    Function { name: "splitStringBy", arity: 3, run: split_string_by },
];

/// Strings with something between them. It holds what is inside of each, and counts as written
/// where the first of them is. Where one is unknown, so is the whole; all of them went into it.
pub fn joined<'a>(eval: &Eval<'a>, between: &Str<'a>, items: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let mut all = String::new();
    let mut contexts = vec![between.context];
    let mut origin = None;
    let mut unknown: Option<&'a Unknown<'a>> = None;
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            all.push_str(between.text);
        }
        match text(eval, item) {
            Ok(part) => {
                all.push_str(part.text);
                eval.limits.size(eval, all.len())?;
                contexts.push(part.context);
                origin = origin.or(part.origin);
            }
            Err(Stop::Unknown(why)) if !why.is_limit() => unknown = unknown.or(Some(why)),
            Err(stop) => return Err(stop),
        }
    }
    match unknown {
        Some(why) => Ok(Value::Unknown(eval.unknown_with(why, items))),
        None => Ok(eval.string_of(eval.text(&all), eval.join_contexts(&contexts), origin)),
    }
}

/// The same of a list. An open one gives something unknown that its known items went into.
fn joined_list<'a>(eval: &Eval<'a>, between: &Str<'a>, list: &List<'a>) -> Outcome<'a> {
    match list.open {
        Some(why) => Ok(Value::Unknown(eval.unknown_with(why, list.items))),
        None => joined(eval, between, list.items),
    }
}

/// Nothing between.
pub const NOTHING: Str<'static> = Str { text: "", context: &[], origin: None };

/// A separator of ours.
pub fn separator(text: &'static str) -> Str<'static> {
    Str { text, context: &[], origin: None }
}

fn concat_strings<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [list] = arguments(eval, args)?;
    joined_list(eval, &NOTHING, eval.force_list(list)?)
}

/// What a function makes of each item.
fn mapped<'a>(eval: &Eval<'a>, function: &'a Thunk<'a>, list: &'a Thunk<'a>) -> Outcome<'a, List<'a>> {
    let list = eval.force_list(list)?;
    let items: Vec<_> = list.items.iter().map(|item| eval.lazy_call(function, item)).collect();
    Ok(List { items: eval.slice(&items), open: list.open })
}

fn concat_map_strings<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [function, list] = arguments(eval, args)?;
    joined_list(eval, &NOTHING, &mapped(eval, function, list)?)
}

fn concat_map_strings_sep<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [between, function, list] = arguments(eval, args)?;
    joined_list(eval, text(eval, between)?, &mapped(eval, function, list)?)
}

fn indexed<'a>(eval: &Eval<'a>, function: &'a Thunk<'a>, list: &'a Thunk<'a>) -> Outcome<'a, Vec<&'a Thunk<'a>>> {
    let items = all_items(eval.force_list(list)?)?;
    Ok((1..).zip(items).map(|(index, item)| later(eval, function, [eval.done(Value::Int(index)), item])).collect())
}

fn concat_imap_strings<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [function, list] = arguments(eval, args)?;
    joined(eval, &NOTHING, &indexed(eval, function, list)?)
}

fn concat_imap_strings_sep<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [between, function, list] = arguments(eval, args)?;
    joined(eval, text(eval, between)?, &indexed(eval, function, list)?)
}

fn concat_map_attrs_string_sep<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [between, function, set] = arguments(eval, args)?;
    let entries = all_entries(eval.force_attrs(set)?)?;
    let items: Vec<_> =
        entries.iter().map(|attr| later(eval, function, [name_of(eval, attr), eval.value_of(attr)])).collect();
    joined(eval, text(eval, between)?, &items)
}

fn concat_lines<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [list] = arguments(eval, args)?;
    let list = eval.force_list(list)?;
    let end = eval.done(eval.string("\n"));
    let items: Vec<_> = list.items.iter().flat_map(|item| [*item, end]).collect();
    joined_list(eval, &NOTHING, &List { items: eval.slice(&items), open: list.open })
}

fn intersperse<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [between, list] = arguments(eval, args)?;
    let list = eval.force_list(list)?;
    let items: Vec<_> = list.items.iter().flat_map(|item| [between, *item]).skip(1).collect();
    Ok(eval.list_of(List { items: eval.slice(&items), open: list.open }))
}

fn replicate<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [times, string] = arguments(eval, args)?;
    let times = usize::try_from(eval.force_int(times)?).or_else(|_| eval.fail("cannot repeat less than never"))?;
    let string = text(eval, string)?;
    eval.limits.size(eval, string.text.len().saturating_mul(times))?;
    Ok(reworked(eval, string, &string.text.repeat(times)))
}

fn make_search_path<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [folder, paths] = arguments(eval, args)?;
    let folder = text(eval, folder)?.text;
    search_path(eval, folder, eval.force_list(paths)?)
}

fn search_path<'a>(eval: &Eval<'a>, folder: &'a str, paths: &List<'a>) -> Outcome<'a> {
    let mut folders = Vec::with_capacity(paths.items.len());
    for &path in paths.items {
        if !matches!(eval.force(path)?, Value::Null) {
            folders.push(eval.lazy(move |eval| {
                let path = text(eval, path)?;
                Ok(reworked(eval, path, &format!("{}/{folder}", path.text)))
            }));
        }
    }
    joined_list(eval, &separator(":"), &List { items: eval.slice(&folders), open: paths.open })
}

fn make_search_path_output<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [output, folder, packages] = arguments(eval, args)?;
    outputs_in(eval, packages, symbol(eval, output)?, text(eval, folder)?.text)
}

fn output_paths<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>], output: &str, folder: &'static str) -> Outcome<'a> {
    let [packages] = arguments(eval, args)?;
    outputs_in(eval, packages, Symbol::new(output), folder)
}

fn outputs_in<'a>(eval: &Eval<'a>, packages: &'a Thunk<'a>, output: Symbol, folder: &'a str) -> Outcome<'a> {
    let packages = eval.force_list(packages)?;
    let items: Vec<_> =
        packages.items.iter().map(|&item| eval.lazy(move |eval| output_of(eval, item, output))).collect();
    search_path(eval, folder, &List { items: eval.slice(&items), open: packages.open })
}

fn split_string<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [separator, string] = arguments(eval, args)?;
    let separator = shown(eval, separator)?.text;
    let string = shown(eval, string)?;
    let parts: Vec<_> = string.text.split(separator).map(|part| eval.done(reworked(eval, string, part))).collect();
    Ok(eval.list(&parts))
}

fn split_string_by<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [predicate, keep, string] = arguments(eval, args)?;
    let string = eval.force_string(string)?;
    let mut parts = vec![String::new()];
    let mut before = String::new();
    for character in string.text.chars() {
        let now = character.to_string();
        let sides = [before.as_str(), now.as_str()].map(|side| eval.done(eval.string(side)));
        let splits = eval.as_bool(call(eval, predicate, &sides)?)?;
        if splits {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut()
            && (!splits || eval.force_bool(keep)?)
        {
            part.push(character);
        }
        before = now;
    }
    let parts: Vec<_> = parts.iter().map(|part| eval.done(reworked(eval, string, part))).collect();
    Ok(eval.list(&parts))
}

/// The last part of a URL up to a separator, which must be there.
fn name_from_url<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [url, separator] = arguments(eval, args)?;
    let url = eval.force_string(url)?;
    let separator = eval.force_string(separator)?.text;
    let file = url.text.rsplit('/').next().unwrap_or_default();
    match file.split_once(separator) {
        Some((name, _)) => Ok(reworked(eval, url, name)),
        None => throw(eval, "nameFromURL: the file name does not hold the separator"),
    }
}
