//! Types that hold another: sets, lists, functions, and what may be null.

use super::shape::{Functor, Inner, Payload, Shape, attribute, checking, merged, option_type, phrase};
use crate::nix::Symbol;
use crate::nix::eval::Eval;
use crate::nix::lib::calling::call;
use crate::nix::value::{Attr, Outcome, Thunk, Value};
use crate::nixos::types::accepts;
use crate::nixos::world::World;

/// `attrsOf`.
pub fn attrs_of<'a>(eval: &Eval<'a>, world: &'a World<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let &[element] = arguments else { return eval.fail("one argument") };
    Ok(attributes(eval, world, element, false, "name"))
}

/// `lazyAttrsOf`.
pub fn lazy_attrs_of<'a>(eval: &Eval<'a>, world: &'a World<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let &[element] = arguments else { return eval.fail("one argument") };
    Ok(attributes(eval, world, element, true, "name"))
}

/// `attrsWith`.
pub fn attrs_with<'a>(eval: &Eval<'a>, world: &'a World<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let &[given] = arguments else { return eval.fail("one argument") };
    let set = eval.force_attrs(given)?;
    let field = |name: &str| set.get(Symbol::new(name)).map(|attr| attr.value);
    let Some(element) = field("elemType") else { return eval.fail("attrsWith needs elemType") };
    let lazy = field("lazy").map_or(Ok(false), |lazy| eval.force_bool(lazy))?;
    let placeholder = field("placeholder").map_or(Ok("name"), |text| Ok(eval.force_string(text)?.text))?;
    Ok(attributes(eval, world, element, lazy, placeholder))
}

fn attributes<'a>(
    eval: &Eval<'a>,
    world: &'a World<'a>,
    element: &'a Thunk<'a>,
    lazy: bool,
    placeholder: &'a str,
) -> Value<'a> {
    let (name, merge, what) = match lazy {
        false => ("attrsOf", "merge attrsOf", "attribute set of"),
        true => ("lazyAttrsOf", "merge lazyAttrsOf", "lazy attribute set of"),
    };
    let parameters = eval.attrs(vec![
        eval.attr("elemType", element),
        eval.attr("lazy", eval.done(Value::Bool(lazy))),
        eval.attr("placeholder", eval.done(eval.string(placeholder))),
    ]);
    let make = eval.native("attrsWith", 1, move |eval, arguments| attrs_with(eval, world, arguments));
    let wrap = eval.native(name, 1, move |eval, arguments| {
        let &[element] = arguments else { return eval.fail("one argument") };
        Ok(attributes(eval, world, element, lazy, placeholder))
    });
    let step = eval.text(&format!("<{placeholder}>"));
    option_type(
        eval,
        world,
        Shape {
            name,
            description: composite(eval, what, element),
            class: Some("composite"),
            check: checking(eval, |_, value| Ok(matches!(value, Value::Attrs(_)))),
            merge: (merge, eval.slice(&[element])),
            empty: Some(eval.done(eval.attrs(Vec::new()))),
            nested: vec![eval.attr("elemType", element)],
            inner: Some(Inner { kind: element, step: Some(step), wrap: eval.done(wrap) }),
            functor: Functor {
                name: "attrsWith",
                payload: Some(Payload { parameters: eval.done(parameters), join: join_attributes(eval) }),
                make: eval.done(make),
            },
        },
    )
}

fn composite<'a>(eval: &Eval<'a>, what: &'static str, element: &'a Thunk<'a>) -> &'a Thunk<'a> {
    eval.lazy(move |eval| Ok(eval.string(&format!("{what} {}", phrase(eval, element, &["noun", "composite"])?))))
}

/// Both hold the same kind of element and are equally lazy; a placeholder other than the usual one wins.
fn join_attributes<'a>(eval: &Eval<'a>) -> Value<'a> {
    eval.native("binOp", 2, |eval, arguments| {
        let &[left, right] = arguments else { return eval.fail("two arguments") };
        let of = |payload: &'a Thunk<'a>, name: &'static str| attribute(eval, payload, name);
        let element = merged(eval, of(left, "elemType"), of(right, "elemType"))?;
        let lazy = eval.force_bool(of(left, "lazy"))?;
        let [a, b] = [eval.force_string(of(left, "placeholder"))?, eval.force_string(of(right, "placeholder"))?];
        let placeholder = match (a.text, b.text) {
            (a, b) if a == b || b == "name" => a,
            ("name", b) => b,
            _ => return Ok(Value::Null),
        };
        if matches!(element, Value::Null) || lazy != eval.force_bool(of(right, "lazy"))? {
            return Ok(Value::Null);
        }
        Ok(eval.attrs(vec![
            eval.attr("elemType", eval.done(element)),
            eval.attr("lazy", eval.done(Value::Bool(lazy))),
            eval.attr("placeholder", eval.done(eval.string(placeholder))),
        ]))
    })
}

/// What the functor of a type with one element type goes by.
fn element_functor<'a>(
    eval: &Eval<'a>,
    name: &'static str,
    element: &'a Thunk<'a>,
    wrap: &'a Thunk<'a>,
) -> Functor<'a> {
    let of_element = |eval: &Eval<'a>, element: Value<'a>| eval.attrs(vec![eval.attr("elemType", eval.done(element))]);
    let join = eval.native("binOp", 2, move |eval, arguments| {
        let &[left, right] = arguments else { return eval.fail("two arguments") };
        let merged = merged(eval, attribute(eval, left, "elemType"), attribute(eval, right, "elemType"))?;
        Ok(if matches!(merged, Value::Null) { Value::Null } else { of_element(eval, merged) })
    });
    let make = eval.native(name, 1, move |eval, arguments| {
        let &[payload] = arguments else { return eval.fail("one argument") };
        call(eval, wrap, &[attribute(eval, payload, "elemType")])
    });
    let parameters = eval.done(eval.attrs(vec![eval.attr("elemType", element)]));
    Functor { name, payload: Some(Payload { parameters, join }), make: eval.done(make) }
}

/// `listOf`.
pub fn list_of<'a>(eval: &Eval<'a>, world: &'a World<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let &[element] = arguments else { return eval.fail("one argument") };
    let wrap = eval.done(eval.native("listOf", 1, move |eval, arguments| list_of(eval, world, arguments)));
    Ok(option_type(
        eval,
        world,
        Shape {
            name: "listOf",
            description: composite(eval, "list of", element),
            class: Some("composite"),
            check: checking(eval, |_, value| Ok(matches!(value, Value::List(_)))),
            merge: ("merge listOf", eval.slice(&[element])),
            empty: Some(eval.done(eval.list(&[]))),
            nested: vec![eval.attr("elemType", element)],
            inner: Some(Inner { kind: element, step: Some("*"), wrap }),
            functor: element_functor(eval, "listOf", element, wrap),
        },
    ))
}

/// `nonEmptyListOf`.
pub fn non_empty_list_of<'a>(eval: &Eval<'a>, world: &'a World<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let filled = checking(eval, |_, value| {
        Ok(matches!(value, Value::List(list) if !list.items.is_empty() || list.open.is_some()))
    });
    let list = eval.done(list_of(eval, world, arguments)?);
    let list = eval.done(super::choices::add_check(eval, &[list, eval.done(filled)])?);
    let description = eval.lazy(move |eval| Ok(eval.string(&format!("non-empty {}", phrase(eval, list, &["noun"])?))));
    let more = vec![eval.attr("description", description), eval.attr("emptyValue", eval.done(eval.attrs(Vec::new())))];
    eval.update(eval.force(list)?, eval.attrs(more))
}

/// `functionTo`.
pub fn function_to<'a>(eval: &Eval<'a>, world: &'a World<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let &[result] = arguments else { return eval.fail("one argument") };
    let wrap = eval.done(eval.native("functionTo", 1, move |eval, arguments| function_to(eval, world, arguments)));
    Ok(option_type(
        eval,
        world,
        Shape {
            name: "functionTo",
            description: composite(eval, "function that evaluates to a(n)", result),
            class: Some("composite"),
            check: checking(eval, |_, value| Ok(is_function(value))),
            merge: ("merge functionTo", eval.slice(&[result])),
            empty: None,
            nested: vec![eval.attr("elemType", result)],
            inner: Some(Inner { kind: result, step: Some("<function body>"), wrap }),
            functor: element_functor(eval, "functionTo", result, wrap),
        },
    ))
}

/// Whether a value can be called.
pub fn is_function(value: Value<'_>) -> bool {
    match value {
        Value::Closure(_) | Value::Native(_) => true,
        Value::Attrs(attrs) => attrs.get(Symbol::new("__functor")).is_some(),
        _ => false,
    }
}

/// `nullOr`.
pub fn null_or<'a>(eval: &Eval<'a>, world: &'a World<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let &[element] = arguments else { return eval.fail("one argument") };
    let wrap = eval.done(eval.native("nullOr", 1, move |eval, arguments| null_or(eval, world, arguments)));
    let description = eval
        .lazy(move |eval| Ok(eval.string(&format!("null or {}", phrase(eval, element, &["noun", "conjunction"])?))));
    Ok(option_type(
        eval,
        world,
        Shape {
            name: "nullOr",
            description,
            class: Some("conjunction"),
            check: checking(eval, move |eval, value| {
                Ok(matches!(value, Value::Null) || accepts(eval, element, eval.done(value))?)
            }),
            merge: ("merge nullOr", eval.slice(&[element])),
            empty: Some(eval.done(Value::Null)),
            nested: vec![eval.attr("elemType", element)],
            inner: Some(Inner { kind: element, step: None, wrap }),
            functor: element_functor(eval, "nullOr", element, wrap),
        },
    ))
}

/// `unique`, given what it says where there are several definitions, and the type.
pub fn unique<'a>(eval: &Eval<'a>, world: &'a World<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let &[message, inner] = arguments else { return eval.fail("two arguments") };
    let wrap = eval.native("unique", 1, move |eval, arguments| {
        let &[inner] = arguments else { return eval.fail("one argument") };
        unique(eval, world, &[message, inner])
    });
    let wrap = eval.done(wrap);
    let shape = Shape {
        name: "unique",
        description: attribute(eval, inner, "description"),
        class: None,
        check: Value::Null,
        merge: ("merge unique", eval.slice(&[inner])),
        empty: None,
        nested: vec![eval.attr("elemType", inner)],
        inner: Some(Inner { kind: inner, step: None, wrap }),
        functor: element_functor(eval, "unique", inner, wrap),
    };
    let own: Vec<Attr<'a>> =
        ["check", "descriptionClass", "emptyValue"].map(|name| eval.attr(name, attribute(eval, inner, name))).to_vec();
    eval.update(option_type(eval, world, shape), eval.attrs(own))
}
