//! `lib.lists`: which items a list holds, and once or more.

use std::collections::HashSet;

use super::calling::{Verdict, arguments, stop, verdict};
use super::gather::Items;
use super::lists::sorted_by;
use crate::nix::builtins::Function;
use crate::nix::eval::Eval;
use crate::nix::unknown::Unknown;
use crate::nix::value::{List, Outcome, Thunk, Value};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    Function { name: "allUnique", arity: 1, run: all_unique },
    Function { name: "intersectLists", arity: 2, run: |eval, args| by_membership(eval, args, true) },
    Function { name: "mutuallyExclusive", arity: 2, run: mutually_exclusive },
    Function { name: "remove", arity: 2, run: remove },
    Function { name: "subtractLists", arity: 2, run: |eval, args| by_membership(eval, args, false) },
    Function { name: "unique", arity: 1, run: unique },
    Function { name: "uniqueStrings", arity: 1, run: unique_strings },
];

fn remove<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [unwanted, list] = arguments(eval, args)?;
    let list = eval.force_list(list)?;
    let mut kept = Items { items: Vec::new(), open: list.open };
    for item in list.items {
        let equal = eval.equal(eval.force(item)?, eval.force(unwanted)?);
        let differs = verdict(eval, equal.map(|equal| Value::Bool(!equal)))?;
        kept.push_if(eval, differs, item);
    }
    Ok(kept.list(eval))
}

/// Whether a list holds a value; unknown where only unknown items may be equal to it.
fn member<'a>(eval: &Eval<'a>, value: &'a Thunk<'a>, list: &[&'a Thunk<'a>]) -> Outcome<'a, Verdict<'a>> {
    let mut perhaps = None;
    for item in list {
        match verdict(eval, eval.equal(eval.force(value)?, eval.force(item)?).map(Value::Bool))? {
            Verdict::Yes => return Ok(Verdict::Yes),
            Verdict::No => {}
            Verdict::Perhaps(why) => perhaps = Some(why),
        }
    }
    Ok(perhaps.map_or(Verdict::No, Verdict::Perhaps))
}

/// A list with further items unknown cannot say that it lacks something.
fn or_open<'a>(verdict: Verdict<'a>, open: Option<&'a Unknown<'a>>) -> Verdict<'a> {
    match (verdict, open) {
        (Verdict::No, Some(why)) => Verdict::Perhaps(why),
        (verdict, _) => verdict,
    }
}

/// Of the second list what the first holds, or what it lacks.
fn by_membership<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>], wanted: bool) -> Outcome<'a> {
    let [filter, list] = arguments(eval, args)?;
    let (filter, list) = (eval.force_list(filter)?, eval.force_list(list)?);
    let mut kept = Items { items: Vec::new(), open: list.open };
    for item in list.items {
        let kept_if = match (or_open(member(eval, item, filter.items)?, filter.open), wanted) {
            (Verdict::Yes, true) | (Verdict::No, false) => Verdict::Yes,
            (Verdict::Perhaps(why), _) => Verdict::Perhaps(why),
            _ => Verdict::No,
        };
        kept.push_if(eval, kept_if, item);
    }
    Ok(kept.list(eval))
}

fn mutually_exclusive<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [left, right] = arguments(eval, args)?;
    let (left, right) = (eval.force_list(left)?, eval.force_list(right)?);
    let mut perhaps = left.open.or(right.open);
    for item in right.items {
        match member(eval, item, left.items)? {
            Verdict::Yes => return Ok(Value::Bool(false)),
            Verdict::No => {}
            Verdict::Perhaps(why) => perhaps = Some(why),
        }
    }
    perhaps.map_or(Ok(Value::Bool(true)), stop)
}

/// The items of which no equal one came before; known ones are compared by text first.
fn distinct<'a>(eval: &Eval<'a>, items: &[&'a Thunk<'a>]) -> Outcome<'a, Items<'a>> {
    let mut kept = Items::default();
    let mut texts = HashSet::new();
    for &item in items {
        let new = match eval.force(item)? {
            Value::String(text) => {
                if texts.insert(text.text) {
                    Verdict::Yes
                } else {
                    Verdict::No
                }
            }
            _ => match member(eval, item, &kept.items)? {
                Verdict::Yes => Verdict::No,
                Verdict::No => Verdict::Yes,
                perhaps => perhaps,
            },
        };
        kept.push_if(eval, new, item);
    }
    Ok(kept)
}

fn unique<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [list] = arguments(eval, args)?;
    let list = eval.force_list(list)?;
    let mut kept = distinct(eval, list.items)?;
    kept.open(list.open);
    Ok(kept.list(eval))
}

fn all_unique<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [list] = arguments(eval, args)?;
    let list = eval.force_list(list)?;
    let kept = distinct(eval, list.items)?;
    match kept.open.or(list.open) {
        Some(why) => stop(why),
        None => Ok(Value::Bool(kept.items.len() == list.items.len())),
    }
}

fn unique_strings<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [list] = arguments(eval, args)?;
    let list = eval.force_list(list)?;
    let kept = distinct(eval, list.items)?;
    let keyed = kept.items.iter().map(|&item| Ok((eval.force_string(item)?.text, item)));
    let sorted = sorted_by(eval, keyed.collect::<Outcome<'a, Vec<_>>>()?, |_, a, b| Ok(a.cmp(b)))?;
    let items = eval.as_list(sorted)?.items;
    Ok(eval.list_of(List { items, open: kept.open.or(list.open) }))
}
