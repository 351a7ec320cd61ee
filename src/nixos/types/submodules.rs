//! `submodule`, `submoduleWith` and `deferredModule`.

use super::Submodule;
use super::containers::is_function;
use super::shape::{Functor, Payload, Shape, attribute, checking, option_type, phrase};
use crate::nix::Symbol;
use crate::nix::eval::{Coercion, Eval};
use crate::nix::lib::calling::throw;
use crate::nix::value::{Outcome, Thunk, Value};
use crate::nixos::configuration::{Class, Configuration};
use crate::nixos::merge;
use crate::nixos::world::World;

/// `submodule`.
pub fn submodule<'a>(eval: &Eval<'a>, world: &'a World<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let &[module] = arguments else { return eval.fail("one argument") };
    // `submodule [ a b ]` is taken as a list of modules.
    let modules = eval.lazy(move |eval| match eval.force(module)? {
        list @ Value::List(_) => Ok(list),
        _ => Ok(eval.list(&[module])),
    });
    let shorthand = eval.attr("shorthandOnlyDefinesConfig", eval.done(Value::Bool(true)));
    Ok(of_payload(eval, world, eval.attrs(vec![eval.attr("modules", modules), shorthand])))
}

/// `submoduleWith`.
pub fn submodule_with<'a>(eval: &Eval<'a>, world: &'a World<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let &[given] = arguments else { return eval.fail("one argument") };
    let given = eval.force_attrs(given)?;
    if given.get(Symbol::new("modules")).is_none() {
        return eval.fail("submoduleWith needs modules");
    }
    Ok(of_payload(eval, world, Value::Attrs(given)))
}

/// A submodule of this module, to be merged with a type of the same lib: what it does not say agrees
/// with anything.
pub fn submodule_of<'a>(eval: &Eval<'a>, kind: &'a Thunk<'a>, module: &'a Thunk<'a>) -> Outcome<'a> {
    let make = eval.force(attribute(eval, attribute(eval, kind, "functor"), "type"))?;
    let modules = eval.attr("modules", eval.done(eval.list(&[module])));
    let payload = vec![modules, eval.attr("shorthandOnlyDefinesConfig", eval.done(Value::Null))];
    eval.call(make, eval.done(eval.attrs(payload)))
}

/// The type with these parameters, missing ones as `submoduleWith` has them.
fn of_payload<'a>(eval: &Eval<'a>, world: &'a World<'a>, given: Value<'a>) -> Value<'a> {
    let defaults = eval.attrs(vec![
        eval.attr("specialArgs", eval.done(eval.attrs(Vec::new()))),
        eval.attr("shorthandOnlyDefinesConfig", eval.done(Value::Bool(false))),
        eval.attr("description", eval.done(Value::Null)),
        eval.attr("class", eval.done(Value::Null)),
    ]);
    let payload = eval.lazy(move |eval| eval.update(defaults, given));
    let modules = attribute(eval, payload, "modules");
    let base = eval.lazy(move |eval| base(eval, world, payload));
    let make = eval.native("submoduleWith", 1, move |eval, arguments| submodule_with(eval, world, arguments));
    let shape = Shape {
        name: "submodule",
        description: eval.lazy(move |eval| described(eval, world, payload)),
        class: None,
        check: checking(eval, |eval, value| is_module(eval, value)),
        merge: ("merge submodule", eval.slice(&[payload])),
        empty: Some(base),
        nested: Vec::new(),
        inner: None,
        functor: Functor {
            name: "submodule",
            payload: Some(Payload { parameters: payload, join: eval.native("binOp", 2, join) }),
            make: eval.done(make),
        },
    };
    let options = eval.native("getSubOptions", 1, move |eval, arguments| {
        let &[prefix] = arguments else { return eval.fail("one argument") };
        let prefix = eval.slice(&crate::nix::lib::gather::path_of(eval, prefix)?);
        eval.force(documented(eval, world, payload, prefix)?.options(eval))
    });
    let replaced = eval.native("substSubModules", 1, move |eval, arguments| {
        let &[modules] = arguments else { return eval.fail("one argument") };
        let payload = eval.update(eval.force(payload)?, eval.attrs(vec![eval.attr("modules", modules)]))?;
        Ok(of_payload(eval, world, payload))
    });
    let nested = eval.lazy(move |eval| {
        let freeform = documented(eval, world, payload, &[])?.freeform(eval)?;
        Ok(eval.attrs(freeform.map(|kind| eval.attr("freeformType", kind)).into_iter().collect()))
    });
    let mut entries = match option_type(eval, world, shape) {
        Value::Attrs(attrs) => attrs.entries.to_vec(),
        _ => Vec::new(),
    };
    entries.push(eval.attr("getSubOptions", eval.done(options)));
    entries.push(eval.attr("getSubModules", modules));
    entries.push(eval.attr("substSubModules", eval.done(replaced)));
    entries.push(eval.attr("nestedTypes", nested));
    eval.attrs(entries)
}

/// The submodule without definitions, as it is documented.
fn documented<'a>(
    eval: &Eval<'a>,
    world: &'a World<'a>,
    payload: &'a Thunk<'a>,
    prefix: &'a [Symbol],
) -> Outcome<'a, &'a Configuration<'a>> {
    let parameters = parameters(eval, payload)?;
    Ok(merge::submodule_configuration(
        eval,
        Configuration::empty(eval, world, prefix),
        &[],
        parameters,
        merge::Definitions::default(),
    ))
}

fn base<'a>(eval: &Eval<'a>, world: &'a World<'a>, payload: &'a Thunk<'a>) -> Outcome<'a> {
    documented(eval, world, payload, &[])?.result(eval)
}

fn described<'a>(eval: &Eval<'a>, world: &'a World<'a>, payload: &'a Thunk<'a>) -> Outcome<'a> {
    let given = eval.force(attribute(eval, payload, "description"))?;
    if !matches!(given, Value::Null) {
        return Ok(given);
    }
    match documented(eval, world, payload, &[])?.freeform(eval)? {
        Some(kind) => {
            let of = phrase(eval, kind, &["noun", "composite"])?;
            Ok(eval.string(&format!("open submodule of {of}")))
        }
        None => Ok(eval.string("submodule")),
    }
}

/// What `submoduleWith` was given.
pub fn parameters<'a>(eval: &Eval<'a>, payload: &'a Thunk<'a>) -> Outcome<'a, Submodule<'a>> {
    let field = |name: &'static str| eval.settle(eval.force(attribute(eval, payload, name)));
    let modules = eval.as_list(field("modules")?)?.items;
    let special = match field("specialArgs")? {
        Value::Attrs(special) => special.entries,
        _ => &[],
    };
    let class_name = match field("class")? {
        Value::String(text) => Some(text.text),
        _ => None,
    };
    let class = match class_name {
        Some("nixos") => Class::Nixos,
        Some("darwin") => Class::Darwin,
        Some("homeManager") => Class::Home,
        _ => Class::Plain,
    };
    let shorthand = matches!(field("shorthandOnlyDefinesConfig")?, Value::Bool(true));
    Ok(Submodule { modules, special, class, class_name, shorthand })
}

/// Two declarations of a submodule: all their modules; what else is said must agree.
fn join<'a>(eval: &Eval<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let &[left, right] = arguments else { return eval.fail("two arguments") };
    let both = |name: &'static str| [left, right].map(|payload| attribute(eval, payload, name));
    let agreed = |name: &'static str| {
        let [left, right] = both(name);
        let value = eval.lazy(move |eval| match (eval.force(left)?, eval.force(right)?) {
            (Value::Null, other) | (other, Value::Null) => Ok(other),
            (left, right) if eval.equal(left, right)? => Ok(left),
            _ => throw(eval, "a submodule is declared twice, in ways that do not agree"),
        });
        eval.attr(name, value)
    };
    let [first, second] = both("modules");
    let modules = eval.lazy(move |eval| eval.concat(eval.force(first)?, eval.force(second)?));
    let [first, second] = [eval.force_attrs(both("specialArgs")[0])?, eval.force_attrs(both("specialArgs")[1])?];
    if first.entries.iter().any(|attr| second.get(attr.name).is_some()) {
        return throw(eval, "a submodule is declared twice with the same special argument");
    }
    let special = eval.update(Value::Attrs(first), Value::Attrs(second))?;
    Ok(eval.attrs(vec![
        eval.attr("modules", modules),
        eval.attr("specialArgs", eval.done(special)),
        agreed("class"),
        agreed("shorthandOnlyDefinesConfig"),
        agreed("description"),
    ]))
}

/// Whether a value can be a module: a set, a function or an absolute path.
fn is_module<'a>(eval: &Eval<'a>, value: Value<'a>) -> Outcome<'a, bool> {
    Ok(match value {
        Value::Attrs(_) | Value::Path(_) => true,
        Value::String(_) => eval.coerce(value, Coercion::Plain)?.text.starts_with('/'),
        value => is_function(value),
    })
}

/// `deferredModule`.
pub fn deferred<'a>(eval: &Eval<'a>, world: &'a World<'a>) -> Value<'a> {
    deferred_of(eval, world, eval.done(eval.list(&[])))
}

/// `deferredModuleWith`.
pub fn deferred_with<'a>(eval: &Eval<'a>, world: &'a World<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let &[given] = arguments else { return eval.fail("one argument") };
    let none = eval.done(eval.list(&[]));
    let modules = eval.force_attrs(given)?.get(Symbol::new("staticModules")).map_or(none, |attr| attr.value);
    Ok(deferred_of(eval, world, modules))
}

fn deferred_of<'a>(eval: &Eval<'a>, world: &'a World<'a>, modules: &'a Thunk<'a>) -> Value<'a> {
    let join = eval.native("binOp", 2, |eval, arguments| {
        let &[left, right] = arguments else { return eval.fail("two arguments") };
        let of = |payload: &'a Thunk<'a>| eval.force(attribute(eval, payload, "staticModules"));
        let all = eval.concat(of(left)?, of(right)?)?;
        Ok(eval.attrs(vec![eval.attr("staticModules", eval.done(all))]))
    });
    let make = eval.native("deferredModuleWith", 1, move |eval, arguments| deferred_with(eval, world, arguments));
    let parameters = eval.done(eval.attrs(vec![eval.attr("staticModules", modules)]));
    let shape = Shape {
        name: "deferredModule",
        description: eval.done(eval.string("module")),
        class: Some("noun"),
        check: checking(eval, |eval, value| is_module(eval, value)),
        merge: ("merge deferredModule", eval.slice(&[modules])),
        empty: None,
        nested: Vec::new(),
        inner: None,
        functor: Functor {
            name: "deferredModuleWith",
            payload: Some(Payload { parameters, join }),
            make: eval.done(make),
        },
    };
    let mut entries = match option_type(eval, world, shape) {
        Value::Attrs(attrs) => attrs.entries.to_vec(),
        _ => Vec::new(),
    };
    let replaced = eval.native("substSubModules", 1, move |eval, arguments| {
        let &[modules] = arguments else { return eval.fail("one argument") };
        Ok(deferred_of(eval, world, modules))
    });
    entries.push(eval.attr("getSubModules", modules));
    entries.push(eval.attr("substSubModules", eval.done(replaced)));
    eval.attrs(entries)
}
