//! home-manager's `lib.hm`: entries of an order (`dag`), names, booleans.

use super::calling::{arguments, text};
use super::gather::{all_entries, name_of};
use crate::nix::builtins::Function;
use crate::nix::eval::Eval;
use crate::nix::symbol::Symbol;
use crate::nix::unknown::{Reason, Stop};
use crate::nix::value::{Attr, Outcome, Thunk, Value};

const DAG: &[Function] = &[
    Function { name: "entriesAfter", arity: 3, run: |eval, args| entries(eval, args, Side::After) },
    Function { name: "entriesAnywhere", arity: 2, run: entries_anywhere },
    Function { name: "entriesBefore", arity: 3, run: |eval, args| entries(eval, args, Side::Before) },
    Function { name: "entryAfter", arity: 2, run: entry_after },
    Function { name: "entryAnywhere", arity: 1, run: entry_anywhere },
    Function { name: "entryBefore", arity: 2, run: entry_before },
    Function { name: "entryBetween", arity: 3, run: entry_between },
    Function { name: "isDag", arity: 1, run: is_dag },
    Function { name: "isEntry", arity: 1, run: is_entry },
    Function { name: "map", arity: 2, run: map },
];

const STRINGS: &[Function] = &[
    Function { name: "isPathLike", arity: 1, run: is_path_like },
    Function { name: "storeFileName", arity: 1, run: store_file_name },
];

const BOOLEANS: &[Function] = &[Function { name: "yesNo", arity: 1, run: yes_no }];

/// What home-manager has and is not written here, by the set it stands in.
const UNWRITTEN: &[(&str, &[&str])] = &[
    ("assertions", &["assertPlatform"]),
    ("darwin", &["intervals", "mkCalendarInterval"]),
    ("deprecations", &["mkSettingsRenamedOptionModules", "mkStateVersionOptionDefault", "remapAttrsRecursive"]),
    ("generators", &["toHyprconf", "toKDL", "toSCFG", "toSwayConf"]),
    ("gvariant", super::namespaces::GVARIANT),
    ("maintainers", &[]),
    ("shell", &["export", "exportAll", "prependToVar"]),
    ("types", &[]),
    ("zsh", &["define", "export", "exportAll"]),
];

/// `lib.hm`. Further sets that home-manager may have are unknown.
pub fn hm<'a>(eval: &Eval<'a>) -> Value<'a> {
    let mut entries = vec![
        eval.attr("dag", set(eval, DAG, &["topoSort", "types"])),
        eval.attr("strings", set(eval, STRINGS, &[])),
        eval.attr("booleans", set(eval, BOOLEANS, &[])),
    ];
    for (name, unwritten) in UNWRITTEN {
        entries.push(eval.attr(name, set(eval, &[], unwritten)));
    }
    eval.attrs(entries)
}

/// A set of functions; any other name in it is unknown.
fn set<'a>(eval: &Eval<'a>, functions: &[Function], unwritten: &[&'static str]) -> &'a Thunk<'a> {
    let mut entries: Vec<Attr<'a>> = Vec::new();
    for function in functions {
        entries.push(eval.attr(function.name, eval.done(eval.native(function.name, function.arity, function.run))));
    }
    for &name in unwritten {
        let path = eval.text(&format!("lib.hm.{name}"));
        let run = move |eval: &Eval<'a>, _: &[&'a Thunk<'a>]| {
            Err(Stop::Unknown(eval.unknown(Reason::NotWritten(path), None)))
        };
        entries.push(eval.attr(name, eval.done(eval.native(name, 1, run))));
    }
    eval.done(super::constants::open_set(eval, entries, Reason::NotWritten("lib.hm")))
}

/// On which side of its neighbours an entry stands.
#[derive(Clone, Copy)]
enum Side {
    Before,
    After,
}

fn entry<'a>(eval: &Eval<'a>, before: &'a Thunk<'a>, after: &'a Thunk<'a>, data: &'a Thunk<'a>) -> Value<'a> {
    eval.attrs(vec![eval.attr("data", data), eval.attr("before", before), eval.attr("after", after)])
}

fn nothing<'a>(eval: &Eval<'a>) -> &'a Thunk<'a> {
    eval.done(eval.list(&[]))
}

fn entry_between<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [before, after, data] = arguments(eval, args)?;
    Ok(entry(eval, before, after, data))
}

fn entry_anywhere<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [data] = arguments(eval, args)?;
    Ok(entry(eval, nothing(eval), nothing(eval), data))
}

fn entry_after<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [after, data] = arguments(eval, args)?;
    Ok(entry(eval, nothing(eval), after, data))
}

fn entry_before<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [before, data] = arguments(eval, args)?;
    Ok(entry(eval, before, nothing(eval), data))
}

/// Several entries, named `tag-0`, `tag-1`, …, each after the one before it.
fn chain<'a>(
    eval: &Eval<'a>,
    tag: &'a Thunk<'a>,
    before: &'a Thunk<'a>,
    after: &'a Thunk<'a>,
    data: &'a Thunk<'a>,
) -> Outcome<'a> {
    let tag = eval.force_string(tag)?.text;
    let items = super::gather::all_items(eval.force_list(data)?)?;
    let name = |index: usize| format!("{tag}-{index}");
    let mut entries = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let after = match index.checked_sub(1) {
            Some(earlier) => eval.done(eval.list(&[eval.done(eval.string(&name(earlier)))])),
            None => after,
        };
        let before = if index + 1 == items.len() { before } else { nothing(eval) };
        entries.push(eval.attr(&name(index), eval.done(entry(eval, before, after, item))));
    }
    Ok(eval.attrs(entries))
}

fn entries<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>], side: Side) -> Outcome<'a> {
    let [tag, neighbours, data] = arguments(eval, args)?;
    match side {
        Side::Before => chain(eval, tag, neighbours, nothing(eval), data),
        Side::After => chain(eval, tag, nothing(eval), neighbours, data),
    }
}

fn entries_anywhere<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [tag, data] = arguments(eval, args)?;
    chain(eval, tag, nothing(eval), nothing(eval), data)
}

fn has_entry_fields<'a>(eval: &Eval<'a>, value: Value<'a>) -> Outcome<'a, bool> {
    let has = |name| eval.has_name(value, Symbol::new(name));
    Ok(has("data")? && has("after")? && has("before")?)
}

fn is_entry<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [value] = arguments(eval, args)?;
    has_entry_fields(eval, eval.force(value)?).map(Value::Bool)
}

fn is_dag<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [value] = arguments(eval, args)?;
    let Value::Attrs(attrs) = eval.force(value)? else { return Ok(Value::Bool(false)) };
    for attr in all_entries(attrs)? {
        if !has_entry_fields(eval, eval.force(attr.value)?)? {
            return Ok(Value::Bool(false));
        }
    }
    Ok(Value::Bool(true))
}

fn map<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [function, dag] = arguments(eval, args)?;
    let dag = eval.force_attrs(dag)?;
    let mapped = |attr: &Attr<'a>| {
        let (name, inner) = (name_of(eval, attr), attr.value);
        let value = eval.lazy(move |eval| {
            let whole = eval.force(inner)?;
            let data = eval.lazy(move |eval| eval.select_name(whole, Symbol::new("data"), None));
            let data = super::calling::later(eval, function, [name, data]);
            eval.update(whole, eval.attrs(vec![eval.attr("data", data)]))
        });
        Attr { value, ..*attr }
    };
    let entries: Vec<_> = dag.entries.iter().map(mapped).collect();
    Ok(eval.attrs_of(crate::nix::value::Attrs { entries: eval.slice(&entries), open: dag.open }))
}

fn is_path_like<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [value] = arguments(eval, args)?;
    Ok(Value::Bool(match eval.force(value)? {
        Value::Path(_) => true,
        Value::String(text) => text.text.starts_with("/nix/store"),
        Value::Unknown(why) => return Err(Stop::Unknown(why)),
        _ => false,
    }))
}

/// A path's name in the store, under home-manager's prefix.
fn store_file_name<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [path] = arguments(eval, args)?;
    let path = text(eval, path)?.text;
    let name = path.rsplit('/').next().unwrap_or(path);
    let valid = |c: char| c.is_ascii_alphanumeric() || "+-._?=".contains(c);
    let clean: String = name.chars().filter(|&c| valid(c)).collect();
    Ok(eval.string(&format!("hm_{clean}")))
}

fn yes_no<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [value] = arguments(eval, args)?;
    Ok(eval.string(if eval.force_bool(value)? { "yes" } else { "no" }))
}
