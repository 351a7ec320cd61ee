//! Lists. Of an open list the known items come first wherever a position is asked for: that is an
//! assumption, and noted as one.

use std::cmp::Ordering;
use std::collections::{BTreeMap, VecDeque};

use super::{Function, Opening, arguments, known};
use crate::nix::eval::limits::MAX_SIZE;
use crate::nix::eval::{Eval, Folded};
use crate::nix::symbol::Symbol;
use crate::nix::unknown::{Stop, Unknown};
use crate::nix::value::{Attr, Attrs, List, Outcome, Str, Thunk, Value};

pub const FUNCTIONS: &[Function] = &[
    Function { name: "all", arity: 2, run: all },
    Function { name: "any", arity: 2, run: any },
    Function { name: "concatLists", arity: 1, run: concat_lists },
    Function { name: "concatMap", arity: 2, run: concat_map },
    Function { name: "elem", arity: 2, run: elem },
    Function { name: "elemAt", arity: 2, run: elem_at },
    Function { name: "filter", arity: 2, run: filter },
    Function { name: "foldl'", arity: 3, run: fold_left },
    Function { name: "genList", arity: 2, run: gen_list },
    Function { name: "genericClosure", arity: 1, run: generic_closure },
    Function { name: "groupBy", arity: 2, run: group_by },
    Function { name: "head", arity: 1, run: head },
    Function { name: "length", arity: 1, run: length },
    Function { name: "map", arity: 2, run: map },
    Function { name: "partition", arity: 2, run: partition },
    Function { name: "sort", arity: 2, run: sort },
    Function { name: "tail", arity: 1, run: tail },
];

/// Whether one item decides: a known answer `decisive` does, whatever the others are.
fn some_item<'a>(
    list: &'a List<'a>,
    decisive: bool,
    mut test: impl FnMut(&'a Thunk<'a>) -> Outcome<'a, bool>,
) -> Outcome<'a> {
    let mut undecided = list.open;
    for &item in list.items {
        match test(item) {
            Ok(answer) if answer == decisive => return Ok(Value::Bool(decisive)),
            Ok(_) => {}
            Err(Stop::Unknown(why)) if !why.is_limit() => undecided = Some(why),
            // An earlier item may have decided before Nix came here.
            Err(stop) => return Err(undecided.map_or(stop, Stop::Unknown)),
        }
    }
    undecided.map_or(Ok(Value::Bool(!decisive)), |why| Err(Stop::Unknown(why)))
}

fn test<'a>(eval: &Eval<'a>, predicate: &'a Thunk<'a>, item: &'a Thunk<'a>) -> Outcome<'a, bool> {
    eval.as_bool(eval.call(eval.force(predicate)?, item)?)
}

fn all<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [predicate, list] = arguments(eval, args)?;
    some_item(eval.force_list(list)?, false, |item| test(eval, predicate, item))
}

fn any<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [predicate, list] = arguments(eval, args)?;
    some_item(eval.force_list(list)?, true, |item| test(eval, predicate, item))
}

fn elem<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [wanted, list] = arguments(eval, args)?;
    some_item(eval.force_list(list)?, true, |item| {
        Ok(std::ptr::eq(wanted, item) || eval.equal(eval.force(wanted)?, eval.force(item)?)?)
    })
}

/// Joins the lists that `lists` gives, each with the item that it came from.
fn join<'a>(
    eval: &Eval<'a>,
    list: &'a List<'a>,
    mut part: impl FnMut(&'a Thunk<'a>) -> Outcome<'a, &'a List<'a>>,
) -> Outcome<'a> {
    let mut opening = Opening::of(list.open);
    let mut items = Vec::new();
    for &item in list.items {
        match known(part(item))? {
            Ok(part) => {
                opening.pass(part.open);
                items.extend_from_slice(part.items);
                eval.limits.size(eval, items.len())?;
            }
            Err(why) => opening.meet(why, item),
        }
    }
    Ok(eval.list_of(List { items: eval.slice(&items), open: opening.close(eval) }))
}

fn concat_lists<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [lists] = arguments(eval, args)?;
    join(eval, eval.force_list(lists)?, |item| eval.force_list(item))
}

fn concat_map<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [function, list] = arguments(eval, args)?;
    join(eval, eval.force_list(list)?, |item| eval.as_list(eval.call(eval.force(function)?, item)?))
}

fn elem_at<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [list, index] = arguments(eval, args)?;
    let list = eval.force_list(list)?;
    let index = eval.force_int(index)?;
    item_at(eval, list, index)
}

fn item_at<'a>(eval: &Eval<'a>, list: &'a List<'a>, index: i64) -> Outcome<'a> {
    let item = usize::try_from(index).ok().and_then(|index| list.items.get(index));
    match (item, list.open) {
        (Some(item), open) => {
            if let Some(why) = open {
                eval.assume(why);
            }
            eval.force(item)
        }
        (None, Some(why)) if index >= 0 => Err(Stop::Unknown(why)),
        (None, _) => eval.fail(&format!("list index {index} is out of bounds in a list of {} items", list.items.len())),
    }
}

fn head<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [list] = arguments(eval, args)?;
    item_at(eval, eval.force_list(list)?, 0)
}

fn tail<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [list] = arguments(eval, args)?;
    let list = eval.force_list(list)?;
    match (list.items.split_first(), list.open) {
        (Some((_, items)), open) => Ok(eval.list_of(List { items, open })),
        (None, Some(why)) => Err(Stop::Unknown(why)),
        (None, None) => eval.fail("'tail' called on an empty list"),
    }
}

fn length<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [list] = arguments(eval, args)?;
    let list = eval.force_list(list)?;
    match list.open {
        Some(why) => Err(Stop::Unknown(why)),
        None => Ok(Value::Int(list.items.len() as i64)),
    }
}

fn map<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [function, list] = arguments(eval, args)?;
    let list = eval.force_list(list)?;
    let items: Vec<_> = list.items.iter().map(|item| eval.lazy_call(function, item)).collect();
    let open = list.open.map(|why| eval.unknown_with(why, &[function]));
    Ok(eval.list_of(List { items: eval.slice(&items), open }))
}

/// The items for which the predicate holds, those for which it does not, and what leaves both open.
fn split<'a>(
    eval: &Eval<'a>,
    predicate: &'a Thunk<'a>,
    list: &'a List<'a>,
) -> Outcome<'a, (Vec<&'a Thunk<'a>>, Vec<&'a Thunk<'a>>, Option<&'a Unknown<'a>>)> {
    let mut opening = Opening::of(list.open);
    let (mut right, mut wrong) = (Vec::new(), Vec::new());
    for &item in list.items {
        match known(test(eval, predicate, item))? {
            Ok(true) => right.push(item),
            Ok(false) => wrong.push(item),
            Err(why) => opening.meet(why, item),
        }
    }
    Ok((right, wrong, opening.close(eval)))
}

fn filter<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [predicate, list] = arguments(eval, args)?;
    let (right, _, open) = split(eval, predicate, eval.force_list(list)?)?;
    Ok(eval.list_of(List { items: eval.slice(&right), open }))
}

fn partition<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [predicate, list] = arguments(eval, args)?;
    let (right, wrong, open) = split(eval, predicate, eval.force_list(list)?)?;
    let half = |items: &[&'a Thunk<'a>]| eval.done(eval.list_of(List { items: eval.slice(items), open }));
    Ok(eval.attrs(vec![eval.attr("right", half(&right)), eval.attr("wrong", half(&wrong))]))
}

/// An unknown accumulator is handed on: a step may not need it.
fn fold_left<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [function, start, list] = arguments(eval, args)?;
    let list = eval.force_list(list)?;
    if let Some(why) = list.open {
        return Err(Stop::Unknown(why));
    }
    let mut folded = Folded::plain(start);
    for &item in list.items {
        folded = eval.fold(eval.force(function)?, &folded, item)?;
    }
    eval.force(folded.set)
}

fn gen_list<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [function, count] = arguments(eval, args)?;
    let count = eval.force_int(count)?;
    let Ok(length) = usize::try_from(count) else {
        return eval.fail(&format!("cannot create a list of {count} items"));
    };
    eval.limits.size(eval, length)?;
    let items: Vec<_> = (0..count).map(|index| eval.lazy_call(function, eval.done(Value::Int(index)))).collect();
    Ok(eval.list(&items))
}

fn group_by<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [function, list] = arguments(eval, args)?;
    let list = eval.force_list(list)?;
    let mut opening = Opening::of(list.open);
    let mut groups: BTreeMap<&str, (&'a Str<'a>, Vec<&'a Thunk<'a>>)> = BTreeMap::new();
    for &item in list.items {
        let name = eval.call(eval.force(function)?, item).and_then(|name| eval.as_string(name));
        match known(name)? {
            Ok(name) => groups.entry(name.text).or_insert((name, Vec::new())).1.push(item),
            Err(why) => opening.meet(why, item),
        }
    }
    let open = opening.close(eval);
    let group = |items: &[&'a Thunk<'a>]| eval.done(eval.list_of(List { items: eval.slice(items), open }));
    let entries: Vec<Attr<'a>> =
        groups.into_values().map(|(name, items)| eval.generated_attr(name, group(&items))).collect();
    Ok(eval.attrs_of(Attrs { entries: eval.slice(&entries), open: opening.close_set(eval) }))
}

/// Everything that `operator` leads to from `startSet`, each `key` once, breadth first.
fn generic_closure<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [description] = arguments(eval, args)?;
    let description = Value::Attrs(eval.force_attrs(description)?);
    let start = eval.as_list(eval.select_name(description, Symbol::new("startSet"), None)?)?;
    let mut opening = Opening::of(start.open);
    let mut waiting: VecDeque<&'a Thunk<'a>> = start.items.iter().copied().collect();
    if waiting.is_empty() {
        return Ok(eval.list_of(*start));
    }
    let operator = eval.select_name(description, Symbol::new("operator"), None)?;
    let mut keys: Vec<Value<'a>> = Vec::new();
    let mut items = Vec::new();
    while let Some(item) = waiting.pop_front() {
        let key = eval.select_name(Value::Attrs(eval.force_attrs(item)?), Symbol::new("key"), None)?;
        let Some(place) = place_of_new(eval, &keys, key)? else { continue };
        keys.insert(place, key);
        items.push(item);
        eval.limits.size(eval, items.len())?;
        match known(eval.call(operator, item).and_then(|next| eval.as_list(next)))? {
            Ok(next) => {
                opening.pass(next.open);
                waiting.extend(next.items);
            }
            Err(why) => opening.meet(why, item),
        }
    }
    Ok(eval.list_of(List { items: eval.slice(&items), open: opening.close(eval) }))
}

/// Where a key belongs among sorted ones; none if it is among them.
fn place_of_new<'a>(eval: &Eval<'a>, keys: &[Value<'a>], key: Value<'a>) -> Outcome<'a, Option<usize>> {
    if keys.is_empty() {
        // Refuses what has no order.
        eval.order(key, key)?;
    }
    let (mut low, mut high) = (0, keys.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let Some(&other) = keys.get(middle) else { break };
        match eval.order(key, other)? {
            Ordering::Less => high = middle,
            Ordering::Equal => return Ok(None),
            Ordering::Greater => low = middle + 1,
        }
    }
    Ok(Some(low))
}

fn sort<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [less, list] = arguments(eval, args)?;
    let list = eval.force_list(list)?;
    if let Some(why) = list.open {
        return Err(Stop::Unknown(why));
    }
    let mut items = list.items.to_vec();
    let mut width = 1;
    while width < items.len().min(MAX_SIZE) {
        let mut merged = Vec::with_capacity(items.len());
        for pair in items.chunks(width * 2) {
            let (left, right) = pair.split_at(width.min(pair.len()));
            merge(eval, less, left, right, &mut merged)?;
        }
        items = merged;
        width *= 2;
    }
    Ok(eval.list(&items))
}

/// Our own merge sort: the comparison is the repository's, may fail and need not be an order.
fn merge<'a>(
    eval: &Eval<'a>,
    less: &'a Thunk<'a>,
    mut left: &[&'a Thunk<'a>],
    mut right: &[&'a Thunk<'a>],
    merged: &mut Vec<&'a Thunk<'a>>,
) -> Outcome<'a, ()> {
    while let (Some((&first, rest_left)), Some((&second, rest_right))) = (left.split_first(), right.split_first()) {
        if eval.as_bool(eval.call_with(eval.force(less)?, &[second, first])?)? {
            merged.push(second);
            right = rest_right;
        } else {
            merged.push(first);
            left = rest_left;
        }
    }
    merged.extend_from_slice(left);
    merged.extend_from_slice(right);
    Ok(())
}
