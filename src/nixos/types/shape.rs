//! An option type as nixpkgs shapes it: a set with `name`, `check`, `merge`, … (lib/types.nix:
//! mkOptionType). What our own types merge by is said by their `merge`: a function of ours, applied to
//! the type's parameters; so `type // { … }`, `addCheck` and `mkOptionType { inherit (type) merge; … }`
//! still merge as the type does.

use crate::nix::Symbol;
use crate::nix::eval::Eval;
use crate::nix::lib::calling::{call, throw};
use crate::nix::unknown::Stop;
use crate::nix::value::{Attr, Native, Outcome, Thunk, Value};
use crate::nixos::merge;
use crate::nixos::world::World;

/// What makes a type of its parameters.
pub type Make = for<'a> fn(&Eval<'a>, &'a World<'a>, &[&'a Thunk<'a>]) -> Outcome<'a>;

/// What a description is as part of another's (nixpkgs: `descriptionClass`).
pub type PhraseClass = Option<&'static str>;

/// A type to be made.
pub struct Shape<'a> {
    /// Its `name`.
    pub name: &'a str,
    /// Its `description`, a string.
    pub description: &'a Thunk<'a>,
    /// Its `descriptionClass`.
    pub class: PhraseClass,
    /// Its `check`.
    pub check: Value<'a>,
    /// The name and the parameters of its `merge`; see [`super::kind`].
    pub merge: (&'static str, &'a [&'a Thunk<'a>]),
    /// What an option of this type is that nothing defines.
    pub empty: Option<&'a Thunk<'a>>,
    /// Its `nestedTypes`.
    pub nested: Vec<Attr<'a>>,
    /// The type whose submodules are its own, and how a type like this one is made of another.
    pub inner: Option<Inner<'a>>,
    /// How two declarations of such a type are one.
    pub functor: Functor<'a>,
}

/// A type that another one wraps.
#[derive(Clone, Copy)]
pub struct Inner<'a> {
    /// The wrapped type.
    pub kind: &'a Thunk<'a>,
    /// What stands for any element in an option's path.
    pub step: Option<&'a str>,
    /// Wraps another type in the same way.
    pub wrap: &'a Thunk<'a>,
}

/// What `typeMerge` goes by.
pub struct Functor<'a> {
    /// Types of different names do not merge.
    pub name: &'static str,
    /// The parameters, and what makes one of two; none where there are no parameters.
    pub payload: Option<Payload<'a>>,
    /// Of the payload makes the type; a type without parameters itself.
    pub make: &'a Thunk<'a>,
}

/// Parameters of a type.
pub struct Payload<'a> {
    /// A set.
    pub parameters: &'a Thunk<'a>,
    /// Of two payloads makes one, or null.
    pub join: Value<'a>,
}

/// A type of this shape.
pub fn option_type<'a>(eval: &Eval<'a>, world: &'a World<'a>, shape: Shape<'a>) -> Value<'a> {
    let (merge_name, parameters) = shape.merge;
    let merge = merging(eval, world, merge_name, parameters);
    let text = |text: &str| eval.done(eval.string(text));
    let functor = eval.done(functor(eval, shape.functor));
    let empty = shape.empty.map(|value| eval.attr("value", value)).into_iter().collect();
    let class = shape.class.map_or(Value::Null, |class| eval.string(class));
    let [options, modules, substituted] = submodules(eval, shape.inner);
    // Sorted by name already, so that sorting them is cheap.
    eval.attrs(vec![
        eval.attr("_type", text("option-type")),
        eval.attr("check", eval.done(shape.check)),
        eval.attr("deprecationMessage", eval.done(Value::Null)),
        eval.attr("description", shape.description),
        eval.attr("descriptionClass", eval.done(class)),
        eval.attr("emptyValue", eval.done(eval.attrs(empty))),
        eval.attr("functor", functor),
        modules,
        options,
        eval.attr("merge", eval.done(merge)),
        eval.attr("name", text(shape.name)),
        eval.attr("nestedTypes", eval.done(eval.attrs(shape.nested))),
        substituted,
        eval.attr("typeMerge", eval.done(type_merge(eval, functor))),
    ])
}

/// A `merge` of ours.
fn merging<'a>(
    eval: &Eval<'a>,
    world: &'a World<'a>,
    name: &'static str,
    parameters: &'a [&'a Thunk<'a>],
) -> Value<'a> {
    let arity = parameters.len() + 2;
    let run = eval.alloc(move |eval: &Eval<'a>, arguments: &[&'a Thunk<'a>]| {
        let Some(&[location, definitions]) = arguments.last_chunk::<2>() else { return eval.fail("two arguments") };
        let kind = super::kind_of_merge(eval, name, parameters)?;
        merge::by_hand(eval, world, kind, location, definitions)
    });
    Value::Native(eval.alloc(Native { name, arity, applied: parameters, run, formals: &[] }))
}

fn functor<'a>(eval: &Eval<'a>, functor: Functor<'a>) -> Value<'a> {
    let (payload, join) = match functor.payload {
        Some(payload) => (payload.parameters, payload.join),
        None => (eval.done(Value::Null), eval.native("binOp", 2, |_, _| Ok(Value::Null))),
    };
    eval.attrs(vec![
        eval.attr("name", eval.done(eval.string(functor.name))),
        eval.attr("type", functor.make),
        eval.attr("payload", payload),
        eval.attr("binOp", eval.done(join)),
    ])
}

/// `typeMerge` of a type with this functor (nixpkgs: `defaultTypeMerge`): null where the two are not one.
pub fn type_merge<'a>(eval: &Eval<'a>, functor: &'a Thunk<'a>) -> Value<'a> {
    let of = |eval: &Eval<'a>, set: &'a Thunk<'a>, name: &str| {
        eval.settle(eval.select_name(eval.force(set)?, Symbol::new(name), None))
    };
    eval.native("typeMerge", 1, move |eval, arguments| {
        let &[other] = arguments else { return eval.fail("one argument") };
        if !eval.equal(of(eval, functor, "name")?, of(eval, other, "name")?)? {
            return Ok(Value::Null);
        }
        let payloads = [of(eval, functor, "payload")?, of(eval, other, "payload")?];
        let make = of(eval, functor, "type")?;
        if payloads.iter().all(|payload| matches!(payload, Value::Null)) {
            return Ok(make);
        }
        let joined = eval.call_with(of(eval, functor, "binOp")?, &payloads.map(|payload| eval.done(payload)))?;
        if matches!(joined, Value::Null) { Ok(Value::Null) } else { eval.call(make, eval.done(joined)) }
    })
}

/// The submodules of a type: those of the type that it wraps.
fn submodules<'a>(eval: &Eval<'a>, inner: Option<Inner<'a>>) -> [Attr<'a>; 3] {
    let Some(Inner { kind, step, wrap }) = inner else {
        return [
            eval.attr("getSubOptions", eval.done(eval.native("getSubOptions", 1, |eval, _| Ok(eval.attrs(vec![]))))),
            eval.attr("getSubModules", eval.done(Value::Null)),
            eval.attr("substSubModules", eval.done(eval.native("substSubModules", 1, |_, _| Ok(Value::Null)))),
        ];
    };
    let of_kind = move |eval: &Eval<'a>, name: &str| eval.select_name(eval.force(kind)?, Symbol::new(name), None);
    let options = eval.native("getSubOptions", 1, move |eval, arguments| {
        let &[prefix] = arguments else { return eval.fail("one argument") };
        let step: Vec<_> = step.iter().map(|step| eval.done(eval.string(step))).collect();
        let prefix = [eval.force_list(prefix)?.items, &step].concat();
        eval.call(of_kind(eval, "getSubOptions")?, eval.done(eval.list(&prefix)))
    });
    let replaced = eval.native("substSubModules", 1, move |eval, arguments| {
        let replaced = eval.call_with(of_kind(eval, "substSubModules")?, arguments)?;
        call(eval, wrap, &[eval.done(replaced)])
    });
    [
        eval.attr("getSubOptions", eval.done(options)),
        eval.attr("getSubModules", eval.lazy(move |eval| of_kind(eval, "getSubModules"))),
        eval.attr("substSubModules", eval.done(replaced)),
    ]
}

/// A `check` of ours; of something unknown it says nothing.
pub fn checking<'a>(eval: &Eval<'a>, check: impl Fn(&Eval<'a>, Value<'a>) -> Outcome<'a, bool> + 'a) -> Value<'a> {
    eval.native("check", 1, move |eval, arguments| {
        let &[value] = arguments else { return eval.fail("one argument") };
        match eval.settle(eval.force(value))? {
            Value::Unknown(unknown) => Err(Stop::Unknown(unknown)),
            value => Ok(Value::Bool(check(eval, value)?)),
        }
    })
}

/// The description of a type as part of another's: in parentheses unless its class is one of these.
pub fn phrase<'a>(eval: &Eval<'a>, kind: &'a Thunk<'a>, classes: &[&str]) -> Outcome<'a, String> {
    let kind = eval.force_attrs(kind)?;
    let text = |name: &str| match kind.get(Symbol::new(name)).map(|attr| eval.force(attr.value)) {
        Some(Ok(Value::String(text))) => Some(text.text),
        _ => None,
    };
    let Some(description) = text("description") else { return throw(eval, "an option type has no description") };
    let plain = text("descriptionClass").is_some_and(|class| classes.contains(&class));
    Ok(if plain { description.to_owned() } else { format!("({description})") })
}

/// An attribute of a type.
pub fn attribute<'a>(eval: &Eval<'a>, kind: &'a Thunk<'a>, name: &'static str) -> &'a Thunk<'a> {
    eval.lazy(move |eval| eval.select_name(eval.force(kind)?, Symbol::new(name), None))
}

/// Two types made one by the first's `typeMerge`, or null.
pub fn merged<'a>(eval: &Eval<'a>, first: &'a Thunk<'a>, second: &'a Thunk<'a>) -> Outcome<'a> {
    call(eval, attribute(eval, first, "typeMerge"), &[attribute(eval, second, "functor")])
}
