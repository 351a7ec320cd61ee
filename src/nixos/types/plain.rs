//! Types without parameters, strings and paths.

use super::shape::{Functor, Payload, Shape, checking, option_type, phrase};
use crate::nix::Symbol;
use crate::nix::eval::{Coercion, Eval};
use crate::nix::lib::calling::{builtin, call};
use crate::nix::path::parent;
use crate::nix::value::{Attr, Outcome, Thunk, Value};
use crate::nixos::definition::type_tag;
use crate::nixos::world::World;

/// Whether a value is of a type; it is known, what is in it may not be.
type Check = for<'a> fn(&Eval<'a>, Value<'a>) -> Outcome<'a, bool>;

/// A type without parameters.
struct Plain {
    name: &'static str,
    description: &'static str,
    merge: &'static str,
    check: Check,
}

const fn plain(name: &'static str, description: &'static str, merge: &'static str, check: Check) -> Plain {
    Plain { name, description, merge, check }
}

const PLAIN: &[Plain] = &[
    plain("anything", "anything", "merge anything", |_, _| Ok(true)),
    plain("attrs", "attribute set", "merge attrs", |_, value| Ok(matches!(value, Value::Attrs(_)))),
    plain("bool", "boolean", "mergeEqualOption", |_, value| Ok(matches!(value, Value::Bool(_)))),
    plain("boolByOr", "boolean (merged using or)", "merge boolByOr", |_, value| Ok(matches!(value, Value::Bool(_)))),
    plain("fileset", "fileset", "mergeOneOption", |eval, value| Ok(type_tag(eval, value) == Some("fileset"))),
    plain("float", "floating point number", "mergeEqualOption", |_, value| Ok(matches!(value, Value::Float(_)))),
    plain("int", "signed integer", "mergeEqualOption", |_, value| Ok(matches!(value, Value::Int(_)))),
    plain("luaInline", "inline lua", "mergeEqualOption", |eval, value| Ok(type_tag(eval, value) == Some("lua-inline"))),
    plain("nonEmptyStr", "non-empty string", "mergeEqualOption", |_, value| {
        Ok(matches!(value, Value::String(text) if text.text.contains(|letter| !" \t\n".contains(letter))))
    }),
    plain("optionDeclaration", "option declaration", "mergeDefaultOption", |eval, value| {
        Ok(type_tag(eval, value) == Some("option") && !eval.has_name(value, Symbol::new("value"))?)
    }),
    plain("optionType", "optionType", "merge optionType", |eval, value| {
        Ok(type_tag(eval, value) == Some("option-type"))
    }),
    plain("package", "package", "mergeOneOption", is_package),
    plain("raw", "raw value", "mergeOneOption", |_, _| Ok(true)),
    plain("shellPackage", "package", "mergeOneOption", |eval, value| {
        Ok(is_derivation(eval, value)? && eval.has_name(value, Symbol::new("shellPath"))?)
    }),
    plain("singleLineStr", "(optionally newline-terminated) single-line string", "merge singleLineStr", |_, value| {
        let line = |text: &str| !text.strip_suffix('\n').unwrap_or(text).contains(['\n', '\r']);
        Ok(matches!(value, Value::String(text) if line(text.text)))
    }),
    plain("str", "string", "mergeEqualOption", |_, value| Ok(matches!(value, Value::String(_)))),
    plain("unspecified", "unspecified value", "mergeDefaultOption", |_, _| Ok(true)),
];

/// The types of this file that have no parameters, by their names in `lib.types`.
pub fn types<'a>(eval: &Eval<'a>, world: &'a World<'a>) -> Vec<Attr<'a>> {
    let plain = PLAIN.iter().map(|plain| eval.attr(plain.name, eval.lazy(move |eval| Ok(made(eval, world, plain)))));
    let separated = [("lines", "\n"), ("commas", ","), ("envVar", ":")].map(|(name, separator)| {
        eval.attr(name, eval.lazy(move |eval| separated_string(eval, world, &[eval.done(eval.string(separator))])))
    });
    let paths =
        PATHS.iter().map(|&(name, demands)| eval.attr(name, eval.lazy(move |eval| Ok(path(eval, world, demands)))));
    plain.chain(separated).chain(paths).collect()
}

fn made<'a>(eval: &Eval<'a>, world: &'a World<'a>, plain: &'static Plain) -> Value<'a> {
    // Made of `package` by `//`, so it is called that.
    let name = if plain.name == "shellPackage" { "package" } else { plain.name };
    let class = (name != "attrs").then_some("noun");
    let empty = (name == "attrs").then(|| eval.done(eval.attrs(Vec::new())));
    let itself = eval.lazy(move |eval| Ok(made(eval, world, plain)));
    option_type(
        eval,
        world,
        Shape {
            name,
            description: eval.done(eval.string(plain.description)),
            class,
            check: checking(eval, plain.check),
            merge: (plain.merge, &[]),
            empty,
            nested: Vec::new(),
            inner: None,
            functor: Functor { name, payload: None, make: itself },
        },
    )
}

fn is_derivation<'a>(eval: &Eval<'a>, value: Value<'a>) -> Outcome<'a, bool> {
    let Value::Attrs(attrs) = value else { return Ok(false) };
    match attrs.get(Symbol::new("type")) {
        Some(kind) => eval.equal(eval.force(kind.value)?, eval.string("derivation")),
        None => Ok(false),
    }
}

/// A derivation, or something that stands for a path right in the store.
fn is_package<'a>(eval: &Eval<'a>, value: Value<'a>) -> Outcome<'a, bool> {
    if is_derivation(eval, value)? {
        return Ok(true);
    }
    Ok(is_like_string(value) && parent(eval.coerce(value, Coercion::Plain)?.text) == "/nix/store")
}

/// nixpkgs: `isStringLike`.
fn is_like_string(value: Value<'_>) -> bool {
    match value {
        Value::String(_) | Value::Path(_) => true,
        Value::Attrs(attrs) => ["outPath", "__toString"].iter().any(|name| attrs.get(Symbol::new(name)).is_some()),
        _ => false,
    }
}

/// What a path must be; none: either.
#[derive(Clone, Copy, PartialEq)]
struct PathDemands {
    absolute: Option<bool>,
    in_store: Option<bool>,
}

const PATHS: &[(&str, PathDemands)] = &[
    ("path", PathDemands { absolute: Some(true), in_store: None }),
    ("pathInStore", PathDemands { absolute: None, in_store: Some(true) }),
    ("externalPath", PathDemands { absolute: Some(true), in_store: Some(false) }),
];

/// `pathWith`.
pub fn path_with<'a>(eval: &Eval<'a>, world: &'a World<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let &[demands] = arguments else { return eval.fail("one argument") };
    let demands = eval.force_attrs(demands)?;
    let demand = |name: &str| match demands.get(Symbol::new(name)) {
        Some(attr) => match eval.force(attr.value)? {
            Value::Null => Ok(None),
            value => eval.as_bool(value).map(Some),
        },
        None => Ok(None),
    };
    let demands = PathDemands { absolute: demand("absolute")?, in_store: demand("inStore")? };
    if demands == (PathDemands { absolute: Some(false), in_store: Some(true) }) {
        return crate::nix::lib::calling::throw(eval, "a path in the store is absolute");
    }
    Ok(path(eval, world, demands))
}

fn path<'a>(eval: &Eval<'a>, world: &'a World<'a>, demands: PathDemands) -> Value<'a> {
    let which = match demands.absolute {
        None => "",
        Some(true) => "absolute ",
        Some(false) => "relative ",
    };
    let place = match demands.in_store {
        None => "",
        Some(true) => " in the Nix store",
        Some(false) => " not in the Nix store",
    };
    let given = |demand: Option<bool>| eval.done(demand.map_or(Value::Null, Value::Bool));
    let parameters =
        eval.attrs(vec![eval.attr("absolute", given(demands.absolute)), eval.attr("inStore", given(demands.in_store))]);
    let make = eval.native("pathWith", 1, move |eval, arguments| path_with(eval, world, arguments));
    option_type(
        eval,
        world,
        Shape {
            name: "path",
            description: eval.done(eval.string(&format!("{which}path{place}"))),
            class: Some("noun"),
            check: checking(eval, move |eval, value| is_path(eval, world, demands, value)),
            merge: ("mergeEqualOption", &[]),
            empty: None,
            nested: Vec::new(),
            inner: None,
            functor: Functor {
                name: "path",
                payload: Some(Payload { parameters: eval.done(parameters), join: same_only(eval) }),
                make: eval.done(make),
            },
        },
    )
}

fn is_path<'a>(eval: &Eval<'a>, world: &'a World<'a>, demands: PathDemands, value: Value<'a>) -> Outcome<'a, bool> {
    // A path value would be copied to the store later.
    let right_type =
        if demands.in_store == Some(false) { matches!(value, Value::String(_)) } else { is_like_string(value) };
    if !right_type {
        return Ok(false);
    }
    let text = eval.coerce(value, Coercion::Plain)?.text;
    let absolute = text.starts_with('/');
    if demands.absolute.is_some_and(|demanded| demanded != absolute) {
        return Ok(false);
    }
    let Some(in_store) = demands.in_store else { return Ok(true) };
    let lib = eval.select_name(world.lib(eval), Symbol::new("path"), None)?;
    let has_prefix = eval.select_name(lib, Symbol::new("hasStorePathPrefix"), None)?;
    let path = eval.done(eval.path(&format!("/{text}")));
    Ok(eval.as_bool(eval.call(has_prefix, path)?)? == in_store)
}

/// Joins two payloads that are the same.
fn same_only<'a>(eval: &Eval<'a>) -> Value<'a> {
    eval.native("binOp", 2, |eval, arguments| {
        let &[left, right] = arguments else { return eval.fail("two arguments") };
        let left = eval.force(left)?;
        Ok(if eval.equal(left, eval.force(right)?)? { left } else { Value::Null })
    })
}

/// The sole parameter in a payload.
fn parameter<'a>(eval: &Eval<'a>, payload: &'a Thunk<'a>, name: &'static str) -> &'a Thunk<'a> {
    super::shape::attribute(eval, payload, name)
}

/// `separatedString`.
pub fn separated_string<'a>(eval: &Eval<'a>, world: &'a World<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let &[separator] = arguments else { return eval.fail("one argument") };
    let description = eval.lazy(move |eval| {
        let shown = eval.as_string(builtin(eval, "toJSON", &[separator])?)?.text;
        Ok(eval.string(&format!("strings concatenated with {shown}")))
    });
    let make = eval.native("separatedString", 1, move |eval, arguments| {
        let &[payload] = arguments else { return eval.fail("one argument") };
        separated_string(eval, world, &[parameter(eval, payload, "sep")])
    });
    Ok(option_type(
        eval,
        world,
        Shape {
            name: "separatedString",
            description,
            class: Some("noun"),
            check: checking(eval, |_, value| Ok(matches!(value, Value::String(_)))),
            merge: ("merge separatedString", eval.slice(&[separator])),
            empty: None,
            nested: Vec::new(),
            inner: None,
            functor: Functor {
                name: "separatedString",
                payload: Some(Payload {
                    parameters: eval.done(eval.attrs(vec![eval.attr("sep", separator)])),
                    join: same_only(eval),
                }),
                make: eval.done(make),
            },
        },
    ))
}

/// `strMatching`.
pub fn str_matching<'a>(eval: &Eval<'a>, world: &'a World<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let &[pattern] = arguments else { return eval.fail("one argument") };
    let text = eval.force_string(pattern)?.text;
    let make = eval.native("strMatching", 1, move |eval, arguments| {
        let &[payload] = arguments else { return eval.fail("one argument") };
        str_matching(eval, world, &[parameter(eval, payload, "pattern")])
    });
    let name = eval.text(&format!("strMatching {}", crate::nix::lib::escapes::nix_string(text)));
    Ok(option_type(
        eval,
        world,
        Shape {
            name,
            description: eval.done(eval.string(&format!("string matching the pattern {text}"))),
            class: Some("noun"),
            check: checking(eval, move |eval, value| {
                let matches = || builtin(eval, "match", &[pattern, eval.done(value)]);
                Ok(matches!(value, Value::String(_)) && !matches!(matches()?, Value::Null))
            }),
            merge: ("mergeEqualOption", &[]),
            empty: None,
            nested: Vec::new(),
            inner: None,
            functor: Functor {
                name: "strMatching",
                payload: Some(Payload {
                    parameters: eval.done(eval.attrs(vec![eval.attr("pattern", pattern)])),
                    join: same_only(eval),
                }),
                make: eval.done(make),
            },
        },
    ))
}

/// `passwdEntry`: text that fits into a field of /etc/passwd.
pub fn passwd_entry<'a>(eval: &Eval<'a>, _: &'a World<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let &[entry] = arguments else { return eval.fail("one argument") };
    let fits = checking(eval, |eval, value| {
        let text = eval.coerce(value, Coercion::Plain)?.text;
        Ok(!text.contains([':', '\n']))
    });
    let name = eval.lazy(move |eval| {
        let inner = eval.force_string(super::shape::attribute(eval, entry, "name"))?;
        Ok(eval.string(&format!("passwdEntry {}", inner.text)))
    });
    let description = eval.lazy(move |eval| {
        Ok(eval.string(&format!("{}, not containing newlines or colons", phrase(eval, entry, &["noun"])?)))
    });
    let checked = super::choices::add_check(eval, &[entry, eval.done(fits)])?;
    let more = vec![
        eval.attr("name", name),
        eval.attr("description", description),
        eval.attr("descriptionClass", eval.done(eval.string("nonRestrictiveClause"))),
    ];
    eval.update(checked, eval.attrs(more))
}

/// Calls a type's maker through `lib.types`, which may be the repository's own.
pub fn of_lib<'a>(eval: &Eval<'a>, world: &'a World<'a>, name: &'static str, given: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let types = eval.select_name(world.lib(eval), Symbol::new("types"), None)?;
    let make = eval.lazy(move |eval| eval.select_name(types, Symbol::new(name), None));
    call(eval, make, given)
}
