//! `lib.options`: option declarations, plain data that the module system reads.

use super::attrsets::value_or;
use super::calling::{arguments, call, found, stop, text, throw};
use super::escapes::identifier;
use super::gather::{Items, all_items};
use crate::nix::builtins::Function;
use crate::nix::eval::Eval;
use crate::nix::symbol::{self, Symbol};
use crate::nix::value::{Attr, List, Outcome, Thunk, Value};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    Function { name: "getFiles", arity: 1, run: |eval, args| selected(eval, args, "file") },
    Function { name: "getValues", arity: 1, run: |eval, args| selected(eval, args, "value") },
    Function { name: "isOption", arity: 1, run: is_option },
    Function { name: "literalCode", arity: 2, run: literal_code },
    Function { name: "literalExample", arity: 1, run: |eval, args| literal(eval, args, "literalExpression") },
    Function { name: "literalExpression", arity: 1, run: |eval, args| literal(eval, args, "literalExpression") },
    Function { name: "literalMD", arity: 1, run: |eval, args| literal(eval, args, "literalMD") },
    Function { name: "mdDoc", arity: 1, run: md_doc },
    Function { name: "mergeEqualOption", arity: 2, run: merge_equal_option },
    Function { name: "mergeOneOption", arity: 2, run: merge_one_option },
    Function { name: "mergeUniqueOption", arity: 3, run: merge_unique_option },
    Function { name: "mkOption", arity: 1, run: mk_option },
    Function { name: "showFiles", arity: 1, run: show_files },
    Function { name: "showOption", arity: 1, run: show_option },
];

/// What needs `lib.types`, and what is no function.
pub fn values<'a>(eval: &Eval<'a>, types: &'a Thunk<'a>) -> Vec<Attr<'a>> {
    let function = |name, arity, run: fn(&Eval<'a>, &'a Thunk<'a>, &[&'a Thunk<'a>]) -> Outcome<'a>| {
        eval.attr(name, eval.done(eval.native(name, arity, move |eval, args| run(eval, types, args))))
    };
    vec![
        function("mkEnableOption", 1, mk_enable_option),
        function("mkPackageOption", 3, mk_package_option),
        function("mkPackageOptionMD", 3, mk_package_option),
        function("mkSinkUndeclaredOptions", 1, mk_sink_undeclared_options),
        eval.attr("unknownModule", eval.done(eval.string("<unknown-file>"))),
    ]
}

/// A set with `_type`; `entries` have none.
pub fn typed<'a>(eval: &Eval<'a>, kind: &str, entries: Vec<Attr<'a>>) -> Value<'a> {
    let mut all = Vec::with_capacity(entries.len() + 1);
    all.push(eval.attr("_type", eval.done(eval.string(kind))));
    all.extend(entries);
    eval.attrs(all)
}

fn mk_option<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [declaration] = arguments(eval, args)?;
    eval.update(eval.force(declaration)?, typed(eval, "option", Vec::new()))
}

fn mk_enable_option<'a>(eval: &Eval<'a>, types: &'a Thunk<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [name] = arguments(eval, args)?;
    let description = eval.lazy(move |eval| Ok(eval.string(&format!("Whether to enable {}.", text(eval, name)?.text))));
    Ok(typed(
        eval,
        "option",
        vec![
            eval.attr("default", eval.done(Value::Bool(false))),
            eval.attr("example", eval.done(Value::Bool(true))),
            eval.attr("description", description),
            eval.attr("type", of_types(eval, types, "bool")),
        ],
    ))
}

/// `types.name`.
fn of_types<'a>(eval: &Eval<'a>, types: &'a Thunk<'a>, name: &'static str) -> &'a Thunk<'a> {
    eval.lazy(move |eval| eval.select_name(eval.force(types)?, Symbol::new(name), None))
}

fn mk_package_option<'a>(eval: &Eval<'a>, types: &'a Thunk<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [packages, name, settings] = arguments(eval, args)?;
    let setting = |attribute, default| value_or(eval, settings, Symbol::new(attribute), default);
    let nullable = setting("nullable", eval.done(Value::Bool(false)));
    let path = setting("default", name);
    let package = of_types(eval, types, "package");
    let kind = eval.lazy(move |eval| {
        if !eval.force_bool(nullable)? {
            return eval.force(package);
        }
        call(eval, of_types(eval, types, "nullOr"), &[package])
    });
    let description = eval.lazy(move |eval| {
        let name = match eval.force(name)? {
            Value::List(list) => names(eval, list)?.pop().unwrap_or_default(),
            value => eval.as_string(value)?.text,
        };
        Ok(eval.string(&format!("The {name} package to use.")))
    });
    let mut entries = vec![eval.attr("type", kind), eval.attr("description", description)];
    match eval.force(path)? {
        Value::Null if eval.force_bool(nullable)? => entries.push(eval.attr("default", eval.done(Value::Null))),
        Value::Null => {}
        _ => entries.push(eval.attr("default", eval.lazy(move |eval| package_at(eval, packages, path)))),
    }
    if let Some(example @ (Value::String(_) | Value::List(_))) =
        found(eval, eval.force(settings)?, Symbol::new("example"))?
    {
        entries.push(eval.attr("example", eval.done(example)));
    }
    Ok(typed(eval, "option", entries))
}

/// The package that a name, or a path of names, leads to.
fn package_at<'a>(eval: &Eval<'a>, packages: &'a Thunk<'a>, path: &'a Thunk<'a>) -> Outcome<'a> {
    let mut value = eval.force(packages)?;
    let path = match eval.force(path)? {
        Value::List(list) => names(eval, list)?,
        name => vec![eval.as_string(name)?.text],
    };
    for name in path {
        value = eval.settle(eval.select_name(value, Symbol::new(name), None))?;
    }
    Ok(value)
}

fn names<'a>(eval: &Eval<'a>, list: &List<'a>) -> Outcome<'a, Vec<&'a str>> {
    all_items(list)?.iter().map(|name| Ok(eval.force_string(name)?.text)).collect()
}

fn mk_sink_undeclared_options<'a>(eval: &Eval<'a>, types: &'a Thunk<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [declaration] = arguments(eval, args)?;
    let unreadable = eval.native("apply", 1, |eval, _| throw(eval, "this option is not declared: it has no value"));
    let sink = typed(
        eval,
        "option",
        vec![
            eval.attr("internal", eval.done(Value::Bool(true))),
            eval.attr("visible", eval.done(Value::Bool(false))),
            eval.attr("default", eval.done(Value::Bool(false))),
            eval.attr("description", eval.done(eval.string("Takes definitions of options that are not declared."))),
            eval.attr("type", of_types(eval, types, "unspecified")),
            eval.attr("apply", eval.done(unreadable)),
        ],
    );
    eval.update(sink, eval.force(declaration)?)
}

fn literal<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>], kind: &str) -> Outcome<'a> {
    let [text] = arguments(eval, args)?;
    match eval.force(text)? {
        Value::String(_) => Ok(typed(eval, kind, vec![eval.attr("text", text)])),
        Value::Unknown(why) => stop(why),
        _ => throw(eval, "literalExpression and its like expect a string"),
    }
}

fn literal_code<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [language, code] = arguments(eval, args)?;
    let fenced = format!("```{}\n{}\n```\n", text(eval, language)?.text, text(eval, code)?.text);
    literal(eval, &[eval.done(eval.string(&fenced))], "literalMD")
}

/// Gone from nixpkgs since 24.11, where every description is Markdown; what it was given is the text.
fn md_doc<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [text] = arguments(eval, args)?;
    eval.force(text)
}

fn is_option<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [value] = arguments(eval, args)?;
    has_type(eval, "option", value).map(Value::Bool)
}

/// Whether a value is a set of this `_type`.
pub fn has_type<'a>(eval: &Eval<'a>, kind: &str, value: &'a Thunk<'a>) -> Outcome<'a, bool> {
    match found(eval, eval.force(value)?, symbol::TYPE)? {
        Some(found) => eval.equal(found, eval.string(kind)),
        None => Ok(false),
    }
}

fn selected<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>], name: &'static str) -> Outcome<'a> {
    let [definitions] = arguments(eval, args)?;
    let list = eval.force_list(definitions)?;
    let select =
        |&item: &&'a Thunk<'a>| eval.lazy(move |eval| eval.select_name(eval.force(item)?, Symbol::new(name), None));
    Ok(Items { items: list.items.iter().map(select).collect(), open: list.open }.list(eval))
}

/// The values of definitions.
fn defined<'a>(eval: &Eval<'a>, definitions: &'a Thunk<'a>) -> Outcome<'a, &'a [&'a Thunk<'a>]> {
    all_items(eval.as_list(selected(eval, &[definitions], "value")?)?)
}

fn merge_one_option<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [_location, definitions] = arguments(eval, args)?;
    match defined(eval, definitions)? {
        [only] => eval.force(only),
        _ => throw(eval, "an option is defined more than once that can be defined only once"),
    }
}

fn merge_unique_option<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [settings, location, definitions] = arguments(eval, args)?;
    match (defined(eval, definitions)?, found(eval, eval.force(settings)?, Symbol::new("merge"))?) {
        ([_], Some(merge)) => eval.call_with(merge, &[location, definitions]),
        _ => merge_one_option(eval, &[location, definitions]),
    }
}

fn merge_equal_option<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [_location, definitions] = arguments(eval, args)?;
    let Some((first, rest)) = defined(eval, definitions)?.split_first() else {
        return eval.fail("mergeEqualOption needs a definition");
    };
    for other in rest {
        if !eval.equal(eval.force(other)?, eval.force(first)?)? {
            return throw(eval, "the definitions of an option differ");
        }
    }
    eval.force(first)
}

fn show_option<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [location] = arguments(eval, args)?;
    let name = option_name(eval, location)?;
    Ok(eval.string(&name))
}

/// An option's name as a person writes it; `*` and `<name>` stand for any name.
pub fn option_name<'a>(eval: &Eval<'a>, location: &'a Thunk<'a>) -> Outcome<'a, String> {
    let wildcard = |part: &str| part == "*" || part.starts_with('<') && part.ends_with('>');
    let parts = names(eval, eval.force_list(location)?)?;
    let parts = parts.into_iter().map(|part| if wildcard(part) { part.to_owned() } else { identifier(part) });
    Ok(parts.collect::<Vec<_>>().join("."))
}

fn show_files<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [files] = arguments(eval, args)?;
    let mut shown = Vec::new();
    for file in all_items(eval.force_list(files)?)? {
        shown.push(format!("`{}'", text(eval, file)?.text));
    }
    Ok(eval.string(&shown.join(" and ")))
}
