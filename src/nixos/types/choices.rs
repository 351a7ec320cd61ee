//! Types that take one of several things: `enum`, `either`, `coercedTo`, `attrTag`, `addCheck`.

use super::plain::of_lib;
use super::shape::{Functor, Payload, Shape, attribute, checking, merged, option_type, phrase};
use crate::nix::Symbol;
use crate::nix::eval::Eval;
use crate::nix::lib::calling::{builtin, call, throw};
use crate::nix::value::{Attr, Outcome, Thunk, Value};
use crate::nixos::types::accepts;
use crate::nixos::world::World;

/// `addCheck`.
pub fn add_check<'a>(eval: &Eval<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let &[kind, more] = arguments else { return eval.fail("two arguments") };
    let check = eval.native("check", 1, move |eval, arguments| {
        let &[value] = arguments else { return eval.fail("one argument") };
        if !accepts(eval, kind, value)? {
            return Ok(Value::Bool(false));
        }
        call(eval, more, &[value])
    });
    eval.update(eval.force(kind)?, eval.attrs(vec![eval.attr("check", eval.done(check))]))
}

/// `enum`.
pub fn enumeration<'a>(eval: &Eval<'a>, world: &'a World<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let &[values] = arguments else { return eval.fail("one argument") };
    let class = eval.lazy(move |eval| {
        let few = eval.force_list(values)?.items.len() < 2;
        Ok(eval.string(if few { "noun" } else { "conjunction" }))
    });
    let join = eval.native("binOp", 2, |eval, arguments| {
        let &[left, right] = arguments else { return eval.fail("two arguments") };
        let [left, right] =
            [eval.force_list(attribute(eval, left, "values"))?, eval.force_list(attribute(eval, right, "values"))?];
        let mut all: Vec<&'a Thunk<'a>> = Vec::new();
        for &value in left.items.iter().chain(right.items) {
            if !holds(eval, &all, eval.force(value)?)? {
                all.push(value);
            }
        }
        Ok(eval.attrs(vec![eval.attr("values", eval.done(eval.list(&all)))]))
    });
    let make = eval.native("enum", 1, move |eval, arguments| {
        let &[payload] = arguments else { return eval.fail("one argument") };
        enumeration(eval, world, &[attribute(eval, payload, "values")])
    });
    let shape = Shape {
        name: "enum",
        description: eval.lazy(move |eval| described(eval, values)),
        class: None,
        check: checking(eval, move |eval, value| {
            let list = eval.force_list(values)?;
            match (holds(eval, list.items, value)?, list.open) {
                (false, Some(why)) => Err(crate::nix::unknown::Stop::Unknown(why)),
                (answer, _) => Ok(answer),
            }
        }),
        merge: ("mergeEqualOption", &[]),
        empty: None,
        nested: Vec::new(),
        inner: None,
        functor: Functor {
            name: "enum",
            payload: Some(Payload { parameters: eval.done(eval.attrs(vec![eval.attr("values", values)])), join }),
            make: eval.done(make),
        },
    };
    eval.update(option_type(eval, world, shape), eval.attrs(vec![eval.attr("descriptionClass", class)]))
}

fn holds<'a>(eval: &Eval<'a>, values: &[&'a Thunk<'a>], wanted: Value<'a>) -> Outcome<'a, bool> {
    for value in values {
        if eval.equal(eval.force(value)?, wanted)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn described<'a>(eval: &Eval<'a>, values: &'a Thunk<'a>) -> Outcome<'a> {
    let mut shown = Vec::new();
    for item in eval.force_list(values)?.items {
        shown.push(match eval.force(item)? {
            Value::String(text) => format!("\"{}\"", text.text),
            Value::Int(number) => number.to_string(),
            Value::Bool(value) => value.to_string(),
            _ => format!("<{}>", eval.as_string(builtin(eval, "typeOf", &[item])?)?.text),
        });
    }
    let description = match shown.as_slice() {
        [] => "impossible (empty enum)".to_owned(),
        [only] => format!("value {only} (singular enum)"),
        all => format!("one of {}", all.join(", ")),
    };
    Ok(eval.string(&description))
}

/// `either`.
pub fn either<'a>(eval: &Eval<'a>, world: &'a World<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let &[left, right] = arguments else { return eval.fail("two arguments") };
    let description = eval.lazy(move |eval| {
        let class = eval.settle(eval.force(attribute(eval, left, "descriptionClass")))?;
        // A clause that began with a comma ends with one.
        let description = if matches!(class, Value::String(text) if text.text == "nonRestrictiveClause") {
            let first = eval.force_string(attribute(eval, left, "description"))?;
            format!("{}, or {}", first.text, phrase(eval, right, &["noun", "conjunction"])?)
        } else {
            let first = phrase(eval, left, &["noun", "conjunction"])?;
            format!("{first} or {}", phrase(eval, right, &["noun", "conjunction", "composite"])?)
        };
        Ok(eval.string(&description))
    });
    // Each side merges with the same side of the other.
    let join = eval.native("binOp", 2, |eval, arguments| {
        let &[one, other] = arguments else { return eval.fail("two arguments") };
        let sides = |payload: &'a Thunk<'a>| Ok(eval.force_list(attribute(eval, payload, "elemType"))?.items);
        let (&[a, b], &[c, d]) = (sides(one)?, sides(other)?) else { return eval.fail("two types") };
        let [left, right] = [merged(eval, a, c)?, merged(eval, b, d)?];
        if matches!(left, Value::Null) || matches!(right, Value::Null) {
            return Ok(Value::Null);
        }
        let both = eval.list(&[eval.done(left), eval.done(right)]);
        Ok(eval.attrs(vec![eval.attr("elemType", eval.done(both))]))
    });
    let make = eval.native("either", 1, move |eval, arguments| {
        let &[payload] = arguments else { return eval.fail("one argument") };
        either(eval, world, eval.force_list(attribute(eval, payload, "elemType"))?.items)
    });
    let both = eval.done(eval.list(&[left, right]));
    Ok(option_type(
        eval,
        world,
        Shape {
            name: "either",
            description,
            class: Some("conjunction"),
            check: checking(eval, move |eval, value| {
                let value = eval.done(value);
                Ok(accepts(eval, left, value)? || accepts(eval, right, value)?)
            }),
            merge: ("merge either", eval.slice(&[left, right])),
            empty: None,
            nested: vec![eval.attr("left", left), eval.attr("right", right)],
            inner: None,
            functor: Functor {
                name: "either",
                payload: Some(Payload { parameters: eval.done(eval.attrs(vec![eval.attr("elemType", both)])), join }),
                make: eval.done(make),
            },
        },
    ))
}

/// `oneOf`: `either` of the first two, then of that and the third, and so on.
pub fn one_of<'a>(eval: &Eval<'a>, world: &'a World<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let &[alternatives] = arguments else { return eval.fail("one argument") };
    let Some((first, others)) = eval.force_list(alternatives)?.items.split_first() else {
        return throw(eval, "types.oneOf needs a type");
    };
    let pair = |all: &'a Thunk<'a>, other: &&'a Thunk<'a>| {
        let other = *other;
        eval.lazy(move |eval| either(eval, world, &[all, other]))
    };
    eval.force(others.iter().fold(*first, pair))
}

/// `coercedTo`.
pub fn coerced_to<'a>(eval: &Eval<'a>, world: &'a World<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let &[from, function, to] = arguments else { return eval.fail("three arguments") };
    if !matches!(eval.settle(eval.force(attribute(eval, from, "getSubModules")))?, Value::Null | Value::Unknown(_)) {
        return throw(eval, "coercedTo takes no type that has submodules");
    }
    let description = eval.lazy(move |eval| {
        let [to, from] = [phrase(eval, to, &["noun"])?, phrase(eval, from, &["noun"])?];
        Ok(eval.string(&format!("{to} or {from} convertible to it")))
    });
    let itself = eval.lazy(|_| Ok(Value::Null));
    let shape = Shape {
        name: "coercedTo",
        description,
        class: None,
        check: checking(eval, move |eval, value| {
            let value = eval.done(value);
            let coerced = eval.lazy_call(function, value);
            Ok(accepts(eval, from, value)? && accepts(eval, to, coerced)? || accepts(eval, to, value)?)
        }),
        merge: ("merge coercedTo", eval.slice(&[from, function, to])),
        empty: None,
        nested: vec![eval.attr("coercedType", from), eval.attr("finalType", to)],
        inner: None,
        functor: Functor { name: "coercedTo", payload: None, make: itself },
    };
    let replaced = eval.native("substSubModules", 1, move |eval, arguments| {
        let replaced = call(eval, attribute(eval, to, "substSubModules"), arguments)?;
        coerced_to(eval, world, &[from, function, eval.done(replaced)])
    });
    let never = eval.native("typeMerge", 1, |_, _| Ok(Value::Null));
    let mut own: Vec<Attr<'a>> = ["emptyValue", "getSubOptions", "getSubModules"]
        .map(|name| eval.attr(name, attribute(eval, to, name)))
        .to_vec();
    own.push(eval.attr("substSubModules", eval.done(replaced)));
    own.push(eval.attr("typeMerge", eval.done(never)));
    eval.update(option_type(eval, world, shape), eval.attrs(own))
}

/// `attrTag`: a set of one attribute, each with an option of its own.
pub fn attr_tag<'a>(eval: &Eval<'a>, world: &'a World<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let &[tags] = arguments else { return eval.fail("one argument") };
    let entries = eval.force_attrs(tags)?.entries;
    let names: Vec<_> = entries.iter().map(|tag| crate::nix::lib::escapes::identifier(tag.name.as_str())).collect();
    let description = format!("attribute-tagged union with choices: {}", names.join(", "));
    let join = eval.native("binOp", 2, |eval, arguments| {
        let &[left, right] = arguments else { return eval.fail("two arguments") };
        let of = |payload: &'a Thunk<'a>| eval.force(attribute(eval, payload, "tags"));
        Ok(eval.attrs(vec![eval.attr("tags", eval.done(eval.update(of(right)?, of(left)?)?))]))
    });
    let make = eval.native("attrTag", 1, move |eval, arguments| {
        let &[payload] = arguments else { return eval.fail("one argument") };
        attr_tag(eval, world, &[attribute(eval, payload, "tags")])
    });
    let options = eval.native("getSubOptions", 1, move |eval, arguments| {
        let &[prefix] = arguments else { return eval.fail("one argument") };
        let prefix = eval.force_list(prefix)?.items;
        let tag = |tag: &Attr<'a>| {
            let (option, name) = (tag.value, eval.done(eval.string(tag.name.as_str())));
            let location = eval.attr("loc", eval.done(eval.list(&[prefix, &[name]].concat())));
            let option = eval.lazy(move |eval| eval.update(eval.force(option)?, eval.attrs(vec![location])));
            eval.attr(tag.name.as_str(), option)
        };
        Ok(eval.attrs(entries.iter().map(tag).collect()))
    });
    let tagged = option_type(
        eval,
        world,
        Shape {
            name: "attrTag",
            description: eval.done(eval.string(&description)),
            class: Some("noun"),
            check: checking(eval, |_, value| {
                let Value::Attrs(attrs) = value else { return Ok(false) };
                Ok(matches!(attrs.entries, [only] if entries.iter().any(|tag| tag.name == only.name)))
            }),
            merge: ("merge attrTag", eval.slice(&[tags])),
            empty: None,
            nested: entries.to_vec(),
            inner: None,
            functor: Functor {
                name: "attrTag",
                payload: Some(Payload { parameters: eval.done(eval.attrs(vec![eval.attr("tags", tags)])), join }),
                make: eval.done(make),
            },
        },
    );
    eval.update(tagged, eval.attrs(vec![eval.attr("getSubOptions", eval.done(options))]))
}

/// `json`, `toml` and their like: the values that a format of data can hold.
pub fn serializable<'a>(eval: &Eval<'a>, world: &'a World<'a>, format: &'a str, nullable: bool) -> Outcome<'a> {
    let itself = eval.lazy(move |eval| serializable(eval, world, format, nullable));
    let simple =
        ["bool", "int", "float", "str", "path"].map(|name| eval.lazy(move |eval| of_lib(eval, world, name, &[])));
    let held = ["attrsOf", "listOf"].map(|name| eval.lazy(move |eval| of_lib(eval, world, name, &[itself])));
    let all = eval.done(eval.list(&[simple.as_slice(), held.as_slice()].concat()));
    let base = eval.done(one_of(eval, world, &[all])?);
    let value = if nullable { super::containers::null_or(eval, world, &[base])? } else { eval.force(base)? };
    let description = eval.done(eval.string(&format!("{format} value")));
    eval.update(value, eval.attrs(vec![eval.attr("description", description)]))
}

/// `serializableValueWith`.
pub fn serializable_with<'a>(eval: &Eval<'a>, world: &'a World<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let &[given] = arguments else { return eval.fail("one argument") };
    let nullable = match eval.force_attrs(given)?.get(Symbol::new("nullable")) {
        Some(attr) => eval.force_bool(attr.value)?,
        None => true,
    };
    serializable(eval, world, eval.force_string(attribute(eval, given, "typeName"))?.text, nullable)
}
