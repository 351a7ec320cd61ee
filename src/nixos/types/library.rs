//! `lib.types`, and what else of nixpkgs' lib belongs to the module system.

use super::choices::{add_check, attr_tag, coerced_to, either, enumeration, one_of, serializable, serializable_with};
use super::containers::{
    attrs_of, attrs_with, function_to, lazy_attrs_of, list_of, non_empty_list_of, null_or, unique,
};
use super::plain::{passwd_entry, path_with, separated_string, str_matching};
use super::shape::{Make, attribute, merged, phrase, type_merge};
use super::submodules::{deferred, deferred_with, submodule, submodule_with};
use super::{numbers, plain};
use crate::nix::Symbol;
use crate::nix::eval::Eval;
use crate::nix::value::{Attr, Outcome, Thunk, Value};
use crate::nixos::definition::type_tag;
use crate::nixos::evaluated::eval_modules;
use crate::nixos::world::World;

/// What the module system adds to nixpkgs' lib.
pub fn lib_entries<'a>(eval: &Eval<'a>, world: &'a World<'a>) -> Vec<Attr<'a>> {
    let mut entries = functions(eval, world);
    entries.push(eval.attr("types", eval.lazy(move |eval| Ok(types(eval, world)))));
    entries.push(eval.attr(
        "evalModules",
        eval.done(eval.native("evalModules", 1, move |eval, arguments| eval_modules(eval, world, arguments))),
    ));
    entries
}

/// Those that are both in `lib` and in `lib.types`.
fn functions<'a>(eval: &Eval<'a>, world: &'a World<'a>) -> Vec<Attr<'a>> {
    let is_type = eval.native("isOptionType", 1, |eval, arguments| {
        let &[value] = arguments else { return eval.fail("one argument") };
        let value = eval.force(value)?;
        Ok(Value::Bool(type_tag(eval, value) == Some("option-type")))
    });
    let make = eval.native("mkOptionType", 1, move |eval, arguments| mk_option_type(eval, world, arguments));
    let mut entries =
        crate::nix::lib::of_types(eval, &["defaultFunctor", "defaultTypeMerge"], nixpkgs_lib(eval, world));
    entries.extend([eval.attr("isOptionType", eval.done(is_type)), eval.attr("mkOptionType", eval.done(make))]);
    entries
}

fn nixpkgs_lib<'a>(eval: &Eval<'a>, world: &'a World<'a>) -> &'a Thunk<'a> {
    eval.lazy(move |eval| Ok(world.lib(eval)))
}

/// `mkOptionType`: what the caller does not say is as in nixpkgs.
fn mk_option_type<'a>(eval: &Eval<'a>, world: &'a World<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let &[given] = arguments else { return eval.fail("one argument") };
    let set = eval.force_attrs(given)?;
    let unspecified = plain::of_lib(eval, world, "unspecified", &[])?;
    let name = attribute(eval, given, "name");
    let mut own = vec![eval.attr("description", name), eval.attr("descriptionClass", eval.done(Value::Null))];
    let functor = match set.get(Symbol::new("functor")) {
        Some(functor) => functor.value,
        None => {
            let join = eval.native("binOp", 2, |_, _| Ok(Value::Null));
            let functor = vec![
                eval.attr("name", name),
                eval.attr("type", eval.done(Value::Null)),
                eval.attr("payload", eval.done(Value::Null)),
                eval.attr("binOp", eval.done(join)),
            ];
            eval.done(eval.attrs(functor))
        }
    };
    own.push(eval.attr("functor", functor));
    own.push(eval.attr("typeMerge", eval.done(type_merge(eval, functor))));
    let given: Vec<_> = set
        .entries
        .iter()
        .filter(|attr| attr.name.as_str() != "description" || !is_null(eval, attr.value))
        .copied()
        .collect();
    own.extend(given);
    eval.update(unspecified, eval.attrs(own))
}

fn is_null<'a>(eval: &Eval<'a>, thunk: &'a Thunk<'a>) -> bool {
    matches!(eval.force(thunk), Ok(Value::Null))
}

/// Types with parameters: name in `lib.types`, how many parameters, the type made of them.
const PARAMETRISED: &[(&str, usize, Make)] = &[
    ("addCheck", 2, |eval, _, arguments| add_check(eval, arguments)),
    ("attrTag", 1, attr_tag),
    ("attrsOf", 1, attrs_of),
    ("attrsWith", 1, attrs_with),
    ("coercedTo", 3, coerced_to),
    ("deferredModuleWith", 1, deferred_with),
    ("either", 2, either),
    ("enum", 1, enumeration),
    ("functionTo", 1, function_to),
    ("lazyAttrsOf", 1, lazy_attrs_of),
    ("listOf", 1, list_of),
    ("mergeTypes", 2, merge_types),
    ("nonEmptyListOf", 1, non_empty_list_of),
    ("nullOr", 1, null_or),
    ("oneOf", 1, one_of),
    ("optionDescriptionPhrase", 2, option_description_phrase),
    ("passwdEntry", 1, passwd_entry),
    ("pathWith", 1, path_with),
    ("separatedString", 1, separated_string),
    ("serializableValueWith", 1, serializable_with),
    ("strMatching", 1, str_matching),
    ("submodule", 1, submodule),
    ("submoduleWith", 1, submodule_with),
    ("unique", 2, unique),
];

fn types<'a>(eval: &Eval<'a>, world: &'a World<'a>) -> Value<'a> {
    let mut entries = plain::types(eval, world);
    entries.extend(PARAMETRISED.iter().map(|&(name, arity, make)| {
        eval.attr(name, eval.done(eval.native(name, arity, move |eval, arguments| make(eval, world, arguments))))
    }));
    entries.extend(functions(eval, world));
    let of_lib = move |name: &'static str| eval.lazy(move |eval| plain::of_lib(eval, world, name, &[]));
    let of_nixpkgs =
        move |name: &'static str| eval.lazy(move |eval| eval.select_name(world.lib(eval), Symbol::new(name), None));
    let numbers = [of_lib("int"), of_lib("float")];
    let port = eval.lazy(move |eval| eval.select_name(numbers::ints(eval, world), Symbol::new("u16"), None));
    let uniq = eval.native("uniq", 1, move |eval, arguments| {
        let &[kind] = arguments else { return eval.fail("one argument") };
        unique(eval, world, &[eval.done(Value::Null), kind])
    });
    entries.extend([
        eval.attr("deferredModule", eval.lazy(move |eval| Ok(deferred(eval, world)))),
        eval.attr("ints", eval.lazy(move |eval| Ok(numbers::ints(eval, world)))),
        eval.attr("json", eval.lazy(move |eval| serializable(eval, world, "JSON", true))),
        eval.attr("number", eval.lazy(move |eval| either(eval, world, &numbers))),
        eval.attr("numbers", eval.lazy(move |eval| Ok(numbers::numbers(eval, world)))),
        eval.attr("pkgs", eval.lazy(move |eval| package_set(eval, world))),
        eval.attr("port", port),
        // Gone from nixpkgs, where old code may still name it.
        eval.attr("string", of_lib("str")),
        eval.attr("toml", eval.lazy(move |eval| serializable(eval, world, "TOML", false))),
        eval.attr("types", eval.lazy(move |eval| eval.select_name(world.lib(eval), Symbol::new("types"), None))),
        eval.attr("uniq", eval.done(uniq)),
        eval.attr("isType", of_nixpkgs("isType")),
        eval.attr("setType", of_nixpkgs("setType")),
        eval.attr("loaOf", of_lib("attrsOf")),
    ]);
    let in_nix = ["attrListOf", "attrListWith", "noCheckForDocsModule"];
    entries.extend(crate::nix::lib::of_types(eval, &in_nix, nixpkgs_lib(eval, world)));
    eval.attrs(entries)
}

/// `types.pkgs`: one package set.
fn package_set<'a>(eval: &Eval<'a>, world: &'a World<'a>) -> Outcome<'a> {
    let tagged = super::shape::checking(eval, |eval, value| Ok(type_tag(eval, value) == Some("pkgs")));
    let sets = eval.lazy(move |eval| plain::of_lib(eval, world, "attrs", &[]));
    let once = eval.done(unique(eval, world, &[eval.done(Value::Null), sets])?);
    let text = |text: &str| eval.done(eval.string(text));
    let more = vec![
        eval.attr("name", text("pkgs")),
        eval.attr("description", text("Nixpkgs package set")),
        eval.attr("descriptionClass", text("noun")),
    ];
    eval.update(add_check(eval, &[once, eval.done(tagged)])?, eval.attrs(more))
}

fn merge_types<'a>(eval: &Eval<'a>, _: &'a World<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let &[first, second] = arguments else { return eval.fail("two arguments") };
    match merged(eval, first, second)? {
        Value::Null => Ok(eval.attrs(vec![
            eval.attr("_type", eval.done(eval.string("merge-error"))),
            eval.attr("error", eval.done(eval.string("Cannot merge types"))),
        ])),
        merged => Ok(merged),
    }
}

fn option_description_phrase<'a>(eval: &Eval<'a>, _: &'a World<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let &[plain, kind] = arguments else { return eval.fail("two arguments") };
    let class = attribute(eval, kind, "descriptionClass");
    let classes: &[&str] = match eval.force(class)? {
        Value::String(text) if eval.as_bool(eval.call(eval.force(plain)?, class)?)? => &[text.text],
        _ => &[],
    };
    Ok(eval.string(&phrase(eval, kind, classes)?))
}
