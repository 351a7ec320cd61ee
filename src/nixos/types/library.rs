//! `lib.types`: sets with nixpkgs' own shape; and `lib.evalModules`.

use super::{OURS, accepts};
use crate::nix::Symbol;
use crate::nix::eval::Eval;
use crate::nix::unknown::Stop;
use crate::nix::value::{Attr, Outcome, Thunk, Value};
use crate::nixos::configuration::{Class, Configuration, Setup};
use crate::nixos::evaluated::{evaluated, roots_of};
use crate::nixos::world::World;

type Check = for<'a> fn(&Eval<'a>, Value<'a>) -> bool;

/// Types without parameters: name in `lib.types`, name of the type, what it takes.
const SIMPLE: &[(&str, &str, Check)] = &[
    ("anything", "anything", |_, _| true),
    ("raw", "raw", |_, _| true),
    ("unspecified", "unspecified", |_, _| true),
    ("attrs", "attrs", |_, value| matches!(value, Value::Attrs(_))),
    ("bool", "bool", |_, value| matches!(value, Value::Bool(_))),
    ("boolByOr", "bool", |_, value| matches!(value, Value::Bool(_))),
    ("int", "int", |_, value| matches!(value, Value::Int(_))),
    ("float", "float", |_, value| matches!(value, Value::Float(_))),
    ("number", "number", |_, value| matches!(value, Value::Int(_) | Value::Float(_))),
    ("str", "str", |_, value| matches!(value, Value::String(_))),
    ("string", "str", |_, value| matches!(value, Value::String(_))),
    ("nonEmptyStr", "nonEmptyStr", |_, value| matches!(value, Value::String(text) if !text.text.trim().is_empty())),
    (
        "singleLineStr",
        "singleLineStr",
        |_, value| matches!(value, Value::String(text) if !text.text.trim_end_matches('\n').contains('\n')),
    ),
    ("passwdEntry", "passwdEntry", |_, value| matches!(value, Value::String(_))),
    ("path", "path", is_path),
    ("externalPath", "path", is_path),
    ("pathInStore", "path", is_path),
    ("package", "package", is_package),
    ("shellPackage", "package", is_package),
    ("pkgs", "pkgs", is_package),
    ("optionType", "optionType", |_, value| matches!(value, Value::Attrs(_))),
    ("fileset", "fileset", |_, _| true),
    ("luaInline", "luaInline", |_, value| matches!(value, Value::Attrs(_))),
    ("deferredModule", "deferredModule", |_, _| true),
];

fn is_path<'a>(_: &Eval<'a>, value: Value<'a>) -> bool {
    match value {
        Value::Path(_) => true,
        Value::String(text) => text.text.starts_with('/'),
        Value::Attrs(attrs) => attrs.get(Symbol::new("outPath")).is_some(),
        _ => false,
    }
}

fn is_package<'a>(_: &Eval<'a>, value: Value<'a>) -> bool {
    matches!(value, Value::Attrs(_) | Value::Path(_))
}

/// Integer types of `types.ints`: name, least, greatest.
const INTS: &[(&str, i64, i64)] = &[
    ("unsigned", 0, i64::MAX),
    ("positive", 1, i64::MAX),
    ("u8", 0, 255),
    ("u16", 0, 65_535),
    ("u32", 0, 4_294_967_295),
    ("s8", -128, 127),
    ("s16", -32_768, 32_767),
    ("s32", -2_147_483_648, 2_147_483_647),
];

/// What the module system adds to nixpkgs' lib.
pub fn lib_entries<'a>(eval: &Eval<'a>, world: &'a World<'a>) -> Vec<Attr<'a>> {
    let types = eval.done(types_set(eval));
    vec![
        eval.attr("types", types),
        eval.attr("mkOptionType", eval.done(eval.native("mkOptionType", 1, mk_option_type))),
        eval.attr(
            "isOptionType",
            eval.done(eval.native("isOptionType", 1, |eval, arguments| {
                let [value] = arguments else { return eval.fail("one argument") };
                let value = eval.force(value)?;
                Ok(Value::Bool(crate::nixos::definition::type_tag(eval, value) == Some("option-type")))
            })),
        ),
        eval.attr(
            "evalModules",
            eval.done(eval.native("evalModules", 1, move |eval, arguments| eval_modules(eval, world, arguments))),
        ),
    ]
}

fn mk_option_type<'a>(eval: &Eval<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [given] = arguments else { return eval.fail("one argument") };
    let given = eval.force_attrs(given)?;
    let mut entries = vec![eval.attr("_type", eval.done(eval.string("option-type")))];
    if given.get(Symbol::new("check")).is_none() {
        let always = eval.native("check", 1, |_, _| Ok(Value::Bool(true)));
        entries.push(eval.attr("check", eval.done(always)));
    }
    entries.extend_from_slice(given.entries);
    Ok(eval.attrs(entries))
}

fn eval_modules<'a>(eval: &Eval<'a>, world: &'a World<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [given] = arguments else { return eval.fail("one argument") };
    let given = eval.force_attrs(given)?;
    let field = |name: &str| given.get(Symbol::new(name)).map(|attr| attr.value);
    let Some(modules) = field("modules") else { return eval.fail("evalModules needs modules") };
    let special = match field("specialArgs") {
        Some(special) => eval.force_attrs(special)?.entries,
        None => &[],
    };
    let roots = roots_of(eval, modules, "")?;
    let setup = Setup { class: Class::Plain, roots: eval.slice(&roots), special, prefix: &[], open: None };
    Ok(evaluated(eval, Configuration::new(eval, world, setup)))
}

fn types_set<'a>(eval: &Eval<'a>) -> Value<'a> {
    let mut entries: Vec<Attr<'a>> = SIMPLE
        .iter()
        .map(|&(name, type_name, check)| {
            let lazy = eval.lazy(move |eval| Ok(plain_type(eval, type_name, check)));
            eval.attr(name, lazy)
        })
        .collect();
    for (name, separator) in [("lines", "\n"), ("commas", ","), ("envVar", ":")] {
        entries
            .push(eval.attr(name, eval.lazy(move |eval| Ok(separated_type(eval, eval.done(eval.string(separator)))))));
    }
    entries.push(eval.attr("ints", eval.lazy(|eval| Ok(int_types(eval)))));
    entries.push(eval.attr("numbers", eval.lazy(|eval| Ok(number_types(eval)))));
    let parametrised =
        |&(name, arity, make): &(&'static str, usize, Make)| eval.attr(name, eval.done(eval.native(name, arity, make)));
    entries.extend(PARAMETRISED.iter().map(parametrised));
    eval.attrs(entries)
}

fn int_types<'a>(eval: &Eval<'a>) -> Value<'a> {
    let ranged = |eval: &Eval<'a>, least: i64, greatest: i64| {
        option_type(eval, "int", Vec::new(), Vec::new(), move |_, value| {
            Ok(matches!(value, Value::Int(number) if (least..=greatest).contains(&number)))
        })
    };
    let mut entries: Vec<_> =
        INTS.iter().map(|&(name, least, greatest)| eval.attr(name, eval.done(ranged(eval, least, greatest)))).collect();
    let between = eval.native("between", 2, move |eval, arguments| {
        let [least, greatest] = arguments else { return eval.fail("two arguments") };
        Ok(ranged(eval, eval.force_int(least)?, eval.force_int(greatest)?))
    });
    entries.push(eval.attr("between", eval.done(between)));
    eval.attrs(entries)
}

fn number_types<'a>(eval: &Eval<'a>) -> Value<'a> {
    let number = |eval: &Eval<'a>| {
        option_type(eval, "number", Vec::new(), Vec::new(), |_, value| {
            Ok(matches!(value, Value::Int(_) | Value::Float(_)))
        })
    };
    let between = eval.native("between", 2, move |eval, _| Ok(number(eval)));
    eval.attrs(vec![
        eval.attr("between", eval.done(between)),
        eval.attr("positive", eval.done(number(eval))),
        eval.attr("nonnegative", eval.done(number(eval))),
    ])
}

type Make = for<'a> fn(&Eval<'a>, &[&'a Thunk<'a>]) -> Outcome<'a>;

/// Types with parameters: name in `lib.types`, how many parameters, the type made of them.
const PARAMETRISED: &[(&str, usize, Make)] = &[
    ("attrsOf", 1, |eval, arguments| container(eval, "attrsOf", arguments, is_set)),
    ("lazyAttrsOf", 1, |eval, arguments| container(eval, "lazyAttrsOf", arguments, is_set)),
    ("attrsWith", 1, attrs_with),
    ("listOf", 1, |eval, arguments| container(eval, "listOf", arguments, |value| matches!(value, Value::List(_)))),
    ("nonEmptyListOf", 1, |eval, arguments| container(eval, "listOf", arguments, is_filled_list)),
    ("functionTo", 1, |eval, arguments| container(eval, "functionTo", arguments, is_function)),
    ("nullOr", 1, null_or),
    ("uniq", 1, |eval, arguments| same(eval, arguments, 0)),
    ("unique", 2, |eval, arguments| same(eval, arguments, 1)),
    ("addCheck", 2, add_check),
    ("enum", 1, enumeration),
    ("strMatching", 1, |eval, _| Ok(plain_type(eval, "strMatching", |_, value| matches!(value, Value::String(_))))),
    ("separatedString", 1, separated_string),
    ("pathWith", 1, |eval, _| Ok(plain_type(eval, "path", is_path))),
    ("either", 2, |eval, arguments| either(eval, eval.done(eval.list(arguments)))),
    ("oneOf", 1, one_of),
    ("coercedTo", 3, coerced_to),
    ("submodule", 1, submodule),
    ("submoduleWith", 1, submodule_with),
    ("deferredModuleWith", 1, deferred_module_with),
];

fn is_set(value: &Value<'_>) -> bool {
    matches!(value, Value::Attrs(_))
}

fn is_filled_list(value: &Value<'_>) -> bool {
    matches!(value, Value::List(list) if !list.items.is_empty())
}

fn is_function(value: &Value<'_>) -> bool {
    matches!(value, Value::Closure(_) | Value::Native(_))
}

/// A type without parameters.
fn plain_type<'a>(eval: &Eval<'a>, name: &'a str, check: Check) -> Value<'a> {
    option_type(eval, name, Vec::new(), Vec::new(), move |eval, value| Ok(check(eval, value)))
}

fn attrs_with<'a>(eval: &Eval<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [given] = arguments else { return eval.fail("one argument") };
    let given = eval.force(given)?;
    let element = eval.lazy(move |eval| eval.select_name(given, Symbol::new("elemType"), None));
    container(eval, "attrsOf", &[element], is_set)
}

fn separated_string<'a>(eval: &Eval<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [separator] = arguments else { return eval.fail("one argument") };
    Ok(separated_type(eval, separator))
}

fn one_of<'a>(eval: &Eval<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [alternatives] = arguments else { return eval.fail("one argument") };
    either(eval, alternatives)
}

fn submodule<'a>(eval: &Eval<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let &[module] = arguments else { return eval.fail("one argument") };
    // `submodule [ a b ]` is taken as a list of modules.
    let modules = eval.lazy(move |eval| match eval.force(module)? {
        list @ Value::List(_) => Ok(list),
        _ => Ok(eval.list(&[module])),
    });
    Ok(submodule_type(eval, modules, &[], None, true))
}

fn submodule_with<'a>(eval: &Eval<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [given] = arguments else { return eval.fail("one argument") };
    let given = eval.force_attrs(given)?;
    let field = |name: &str| given.get(Symbol::new(name)).map(|attr| attr.value);
    let Some(modules) = field("modules") else { return eval.fail("submoduleWith needs modules") };
    let special = match field("specialArgs") {
        Some(special) => eval.force_attrs(special)?.entries,
        None => &[],
    };
    let shorthand = match field("shorthandOnlyDefinesConfig") {
        Some(shorthand) => eval.force_bool(shorthand)?,
        None => false,
    };
    Ok(submodule_type(eval, modules, special, field("class"), shorthand))
}

fn deferred_module_with<'a>(eval: &Eval<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [given] = arguments else { return eval.fail("one argument") };
    let modules = eval.force_attrs(given)?.get(Symbol::new("staticModules"));
    let payload = modules.map(|modules| eval.attr("staticModules", modules.value));
    Ok(option_type(eval, "deferredModule", Vec::new(), payload.into_iter().collect(), |_, _| Ok(true)))
}

/// A type as nixpkgs shapes it: its parameters under `functor.payload`.
fn option_type<'a>(
    eval: &Eval<'a>,
    name: &'a str,
    nested: Vec<Attr<'a>>,
    mut payload: Vec<Attr<'a>>,
    check: impl Fn(&Eval<'a>, Value<'a>) -> Outcome<'a, bool> + 'a,
) -> Value<'a> {
    let check = eval.native("check", 1, move |eval, arguments| {
        let [value] = arguments else { return eval.fail("one argument") };
        match eval.settle(eval.force(value))? {
            Value::Unknown(unknown) => Err(Stop::Unknown(unknown)),
            value => Ok(Value::Bool(check(eval, value)?)),
        }
    });
    payload.push(eval.attr(OURS, eval.done(Value::Bool(true))));
    let payload = eval.done(eval.attrs(payload));
    let functor = vec![eval.attr("name", eval.done(eval.string(name))), eval.attr("payload", payload)];
    let merge = eval.native("merge", 2, merge_by_hand);
    let empty = |eval: &Eval<'a>, _: &[&'a Thunk<'a>]| Ok(eval.attrs(Vec::new()));
    eval.attrs(vec![
        eval.attr("_type", eval.done(eval.string("option-type"))),
        eval.attr("name", eval.done(eval.string(name))),
        eval.attr("description", eval.done(eval.string(name))),
        eval.attr("check", eval.done(check)),
        eval.attr("merge", eval.done(merge)),
        eval.attr("nestedTypes", eval.done(eval.attrs(nested))),
        eval.attr("functor", eval.done(eval.attrs(functor))),
        eval.attr("getSubOptions", eval.done(eval.native("getSubOptions", 1, empty))),
    ])
}

/// `type.merge loc defs` called by the repository's own types: one definition is its value.
fn merge_by_hand<'a>(eval: &Eval<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [_, definitions] = arguments else { return eval.fail("two arguments") };
    let definitions = eval.force_list(definitions)?;
    let Some(last) = definitions.items.last() else { return eval.fail("no definition") };
    let last = eval.force(last)?;
    eval.select_name(last, Symbol::new("value"), None)
}

fn container<'a>(
    eval: &Eval<'a>,
    name: &'a str,
    arguments: &[&'a Thunk<'a>],
    check: fn(&Value<'_>) -> bool,
) -> Outcome<'a> {
    let [element] = arguments else { return eval.fail("one argument") };
    Ok(option_type(eval, name, vec![eval.attr("elemType", element)], Vec::new(), move |_, value| Ok(check(&value))))
}

fn null_or<'a>(eval: &Eval<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [element] = arguments else { return eval.fail("one argument") };
    let element = *element;
    Ok(option_type(eval, "nullOr", vec![eval.attr("elemType", element)], Vec::new(), move |eval, value| {
        if matches!(value, Value::Null) { Ok(true) } else { accepts(eval, element, eval.done(value)) }
    }))
}

fn same<'a>(eval: &Eval<'a>, arguments: &[&'a Thunk<'a>], index: usize) -> Outcome<'a> {
    match arguments.get(index) {
        Some(kind) => eval.force(kind),
        None => eval.fail("a type is missing"),
    }
}

fn add_check<'a>(eval: &Eval<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [kind, check] = arguments else { return eval.fail("two arguments") };
    let kind = eval.force_attrs(kind)?;
    let mut entries = kind.entries.to_vec();
    entries.push(eval.attr("check", check));
    Ok(eval.attrs(entries))
}

fn enumeration<'a>(eval: &Eval<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [values] = arguments else { return eval.fail("one argument") };
    let values = *values;
    Ok(option_type(eval, "enum", Vec::new(), vec![eval.attr("values", values)], move |eval, value| {
        for item in eval.force_list(values)?.items {
            if eval.equal(eval.force(item)?, value)? {
                return Ok(true);
            }
        }
        Ok(false)
    }))
}

fn separated_type<'a>(eval: &Eval<'a>, separator: &'a Thunk<'a>) -> Value<'a> {
    option_type(eval, "separatedString", Vec::new(), vec![eval.attr("sep", separator)], |_, value| {
        Ok(matches!(value, Value::String(_)))
    })
}

fn either<'a>(eval: &Eval<'a>, alternatives: &'a Thunk<'a>) -> Outcome<'a> {
    Ok(option_type(eval, "either", Vec::new(), vec![eval.attr("alternatives", alternatives)], move |eval, value| {
        for alternative in eval.force_list(alternatives)?.items {
            if accepts(eval, alternative, eval.done(value))? {
                return Ok(true);
            }
        }
        Ok(false)
    }))
}

fn coerced_to<'a>(eval: &Eval<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let &[from, function, to] = arguments else { return eval.fail("three arguments") };
    let payload = vec![eval.attr("from", from), eval.attr("function", function), eval.attr("to", to)];
    Ok(option_type(eval, "coercedTo", Vec::new(), payload, move |eval, value| {
        let value = eval.done(value);
        Ok(accepts(eval, from, value)? || accepts(eval, to, value)?)
    }))
}

/// The type of a submodule of these modules.
pub fn submodule_type<'a>(
    eval: &Eval<'a>,
    modules: &'a Thunk<'a>,
    special: &'a [Attr<'a>],
    class: Option<&'a Thunk<'a>>,
    shorthand: bool,
) -> Value<'a> {
    let special = eval.done(eval.attrs(special.to_vec()));
    let mut payload = vec![
        eval.attr("modules", modules),
        eval.attr("specialArgs", special),
        eval.attr("shorthandOnlyDefinesConfig", eval.done(Value::Bool(shorthand))),
    ];
    payload.extend(class.map(|class| eval.attr("class", class)));
    option_type(eval, "submodule", Vec::new(), payload, |_, value| {
        Ok(matches!(value, Value::Attrs(_) | Value::Closure(_) | Value::Native(_) | Value::Path(_)))
    })
}
