//! Definitions of options that no module declares: an error, or what the freeform type merges
//! (nixpkgs, lib/modules.nix: `unmatchedDefns`).

use std::collections::BTreeMap;

use super::configuration::{Child, Configuration};
use super::declaration::{self, Declared, Option_};
use super::definition::{Definition, Live, Resolved, push_down};
use super::merge;
use super::types;
use crate::nix::Symbol;
use crate::nix::eval::Eval;
use crate::nix::value::{Attr, Attrs, Outcome, Thunk, Value};

/// A definition of something that is not declared.
#[derive(Clone, Copy)]
pub struct Undeclared<'a> {
    /// The option's path.
    pub path: &'a [Symbol],
    /// The definition.
    pub definition: Definition<'a>,
}

/// Collects the definitions below a path that nothing declares; where something unknown may declare
/// them, none.
pub fn collect<'a>(
    eval: &Eval<'a>,
    path: &'a [Symbol],
    declared: &[Declared<'a>],
    definitions: &[Definition<'a>],
    into: &mut Vec<Undeclared<'a>>,
) -> Outcome<'a, ()> {
    let _depth = eval.limits.enter(eval)?;
    let mut children: BTreeMap<Symbol, Child<'a>> = BTreeMap::new();
    for declared in declared {
        if declaration::children(eval, *declared, path, &mut children)?.is_some() {
            return Ok(());
        }
    }
    for (definition, value) in push_down(eval, definitions)?.definitions {
        match value {
            Value::Attrs(attrs) => {
                for attr in attrs.entries {
                    children.entry(attr.name).or_default().definitions.push(definition.child(attr));
                }
            }
            Value::Unknown(_) => {}
            other => return merge::refuse(eval, path, &format!("holds options and is defined as {}", other.kind())),
        }
    }
    for (name, child) in children {
        let path = eval.appended(path, name);
        match declaration::at(eval, &child.declared, path)? {
            Option_::Declared(_) => {}
            // Without definitions what is declared is not looked at.
            Option_::Branch if child.definitions.is_empty() => {}
            Option_::Branch => collect(eval, path, &child.declared, &child.definitions, into)?,
            Option_::Undeclared => {
                into.extend(child.definitions.into_iter().map(|definition| Undeclared { path, definition }));
            }
        }
    }
    Ok(())
}

/// What the freeform type makes of the definitions.
pub fn freeform<'a>(
    eval: &Eval<'a>,
    configuration: &'a Configuration<'a>,
    kind: &'a Thunk<'a>,
    undeclared: &[Undeclared<'a>],
) -> Outcome<'a> {
    if undeclared.is_empty() {
        return Ok(eval.attrs(Vec::new()));
    }
    let lives = undeclared.iter().filter_map(|Undeclared { path, definition }| {
        let (last, above) = path.split_last()?;
        let innermost = Attr { name: *last, value: definition.value, place: definition.place, doubt: None };
        let set = above.iter().rev().fold(eval.attrs(vec![innermost]), |set, name| {
            eval.attrs(vec![Attr { name: *name, value: eval.done(set), place: definition.place, doubt: None }])
        });
        Some(Live { definition: Definition { value: eval.done(set), ..*definition }, value: set })
    });
    let (perhaps, certain): (Vec<_>, Vec<_>) = lives.partition(|live| live.doubt().is_some());
    let resolved = Resolved { certain: eval.slice(&certain), perhaps: eval.slice(&perhaps), open: None };
    merge::typed(eval, configuration, &[], types::kind(eval, kind)?, resolved)
}

/// One set over another, at every depth where both are sets.
pub fn overlaid<'a>(eval: &Eval<'a>, under: Value<'a>, over: Value<'a>) -> Outcome<'a> {
    let (Value::Attrs(below), Value::Attrs(above)) = (under, over) else { return Ok(over) };
    let shared = |attr: &Attr<'a>| match below.get(attr.name) {
        Some(other) => {
            let (under, over) = (eval.value_of(other), eval.value_of(attr));
            let value = eval.lazy(move |eval| overlaid(eval, eval.force(under)?, eval.force(over)?));
            Attr { value, ..*attr }
        }
        None => *attr,
    };
    let entries: Vec<_> = above.entries.iter().map(shared).collect();
    let above = eval.attrs_of(Attrs { entries: eval.slice(&entries), open: above.open });
    eval.update(Value::Attrs(below), above)
}
