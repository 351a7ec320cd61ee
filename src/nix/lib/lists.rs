//! `lib.lists`. What depends on an item's index, or on all items, is unknown on an open list.

use std::cmp::Ordering;

use super::calling::{Verdict, arguments, builtin, call, holds, later, stop, throw, verdict};
use super::gather::{Items, absence, all_items};
use crate::nix::builtins::Function;
use crate::nix::eval::Eval;
use crate::nix::unknown::Reason;
use crate::nix::value::{Attr, Attrs, List, Outcome, Thunk, Value};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    Function { name: "commonPrefix", arity: 2, run: common_prefix },
    Function { name: "compareLists", arity: 3, run: compare_lists },
    Function { name: "concatAttrValues", arity: 1, run: concat_attr_values },
    Function { name: "count", arity: 2, run: count },
    Function { name: "crossLists", arity: 2, run: cross_lists },
    Function { name: "drop", arity: 2, run: drop },
    Function { name: "dropEnd", arity: 2, run: drop_end },
    Function { name: "findFirst", arity: 3, run: find_first },
    Function { name: "findFirstIndex", arity: 3, run: find_first_index },
    Function { name: "findSingle", arity: 4, run: find_single },
    Function { name: "flatten", arity: 1, run: flatten },
    Function { name: "fold", arity: 3, run: foldr },
    Function { name: "foldl", arity: 3, run: foldl },
    Function { name: "foldr", arity: 3, run: foldr },
    Function { name: "forEach", arity: 2, run: for_each },
    Function { name: "groupBy'", arity: 4, run: group_by_prime },
    Function { name: "hasPrefix", arity: 2, run: has_prefix },
    Function { name: "ifilter0", arity: 2, run: ifilter0 },
    Function { name: "imap0", arity: 2, run: |eval, args| imap(eval, args, 0) },
    Function { name: "imap1", arity: 2, run: |eval, args| imap(eval, args, 1) },
    Function { name: "init", arity: 1, run: init },
    Function { name: "last", arity: 1, run: last },
    Function { name: "naturalSort", arity: 1, run: natural_sort },
    Function { name: "optional", arity: 2, run: optional },
    Function { name: "optionals", arity: 2, run: optionals },
    Function { name: "range", arity: 2, run: range },
    Function { name: "removePrefix", arity: 2, run: remove_prefix },
    Function { name: "replaceElemAt", arity: 3, run: replace_elem_at },
    Function { name: "replicate", arity: 2, run: replicate },
    Function { name: "reverseList", arity: 1, run: reverse_list },
    Function { name: "singleton", arity: 1, run: singleton },
    Function { name: "sortOn", arity: 2, run: sort_on },
    Function { name: "sublist", arity: 3, run: sublist },
    Function { name: "take", arity: 2, run: take },
    Function { name: "takeEnd", arity: 2, run: take_end },
    Function { name: "toList", arity: 1, run: to_list },
    Function { name: "zipLists", arity: 2, run: zip_lists },
    Function { name: "zipListsWith", arity: 3, run: zip_lists_with },
];

/// A longer list is not made.
pub const LONGEST_LIST: i64 = 1_000_000;

fn singleton<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    Ok(eval.list(args))
}

fn for_each<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [list, function] = arguments(eval, args)?;
    let list = eval.force_list(list)?;
    let items: Vec<_> = list.items.iter().map(|item| eval.lazy_call(function, item)).collect();
    Ok(eval.list_of(List { items: eval.slice(&items), open: list.open }))
}

/// `op a (op b (op c start))`, where each right side waits until `op` asks for it.
fn foldr<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [function, start, list] = arguments(eval, args)?;
    let mut rest = start;
    for item in all_items(eval.force_list(list)?)?.iter().rev() {
        rest = later(eval, function, [item, rest]);
    }
    eval.force(rest)
}

fn foldl<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [function, start, list] = arguments(eval, args)?;
    let items = all_items(eval.force_list(list)?)?;
    eval.force(items.iter().fold(start, |sum, item| later(eval, function, [sum, item])))
}

/// On an open list nobody knows what comes in between: then the index is what is unknown.
fn imap<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>], first: i64) -> Outcome<'a> {
    let [function, list] = arguments(eval, args)?;
    let list = eval.force_list(list)?;
    let items: Vec<_> = (first..)
        .zip(list.items)
        .map(|(index, item)| {
            let index = list.open.map_or(Value::Int(index), Value::Unknown);
            later(eval, function, [eval.done(index), item])
        })
        .collect();
    Ok(eval.list_of(List { items: eval.slice(&items), open: list.open }))
}

fn ifilter0<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [predicate, list] = arguments(eval, args)?;
    let mut kept = Items::default();
    for (index, item) in (0..).zip(all_items(eval.force_list(list)?)?) {
        let says = holds(eval, predicate, &[eval.done(Value::Int(index)), item])?;
        kept.push_if(eval, says, item);
    }
    Ok(kept.list(eval))
}

fn flatten<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [value] = arguments(eval, args)?;
    let mut flat = Items::default();
    flatten_into(eval, value, &mut flat)?;
    Ok(flat.list(eval))
}

/// Something unknown may be a list or an item: it is kept as an item of a list that is open.
fn flatten_into<'a>(eval: &Eval<'a>, thunk: &'a Thunk<'a>, flat: &mut Items<'a>) -> Outcome<'a, ()> {
    let _depth = eval.limits.enter(eval)?;
    match eval.force(thunk)? {
        Value::List(list) => {
            for item in list.items {
                flatten_into(eval, item, flat)?;
            }
            flat.open(list.open);
        }
        Value::Unknown(why) => flat.doubtful(eval, why, thunk),
        _ => flat.items.push(thunk),
    }
    Ok(())
}

fn find_single<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [predicate, none, several, list] = arguments(eval, args)?;
    let mut found = None;
    for item in all_items(eval.force_list(list)?)? {
        match holds(eval, predicate, &[item])? {
            Verdict::Yes if found.is_some() => return eval.force(several),
            Verdict::Yes => found = Some(item),
            Verdict::No => {}
            Verdict::Perhaps(why) => return stop(why),
        }
    }
    eval.force(found.unwrap_or(&none))
}

/// The first item that a predicate holds for, with its index; what comes after it is not asked.
fn first_that_holds<'a>(
    eval: &Eval<'a>,
    predicate: &'a Thunk<'a>,
    list: &'a Thunk<'a>,
) -> Outcome<'a, Option<(i64, &'a Thunk<'a>)>> {
    for (index, item) in (0..).zip(all_items(eval.force_list(list)?)?) {
        match holds(eval, predicate, &[item])? {
            Verdict::Yes => return Ok(Some((index, item))),
            Verdict::No => {}
            Verdict::Perhaps(why) => return stop(why),
        }
    }
    Ok(None)
}

fn find_first<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [predicate, default, list] = arguments(eval, args)?;
    let found = first_that_holds(eval, predicate, list)?;
    eval.force(found.map_or(default, |(_, item)| item))
}

fn find_first_index<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [predicate, default, list] = arguments(eval, args)?;
    match first_that_holds(eval, predicate, list)? {
        Some((index, _)) => Ok(Value::Int(index)),
        None => eval.force(default),
    }
}

fn count<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [predicate, list] = arguments(eval, args)?;
    let mut count = 0;
    for item in all_items(eval.force_list(list)?)? {
        count += i64::from(eval.as_bool(call(eval, predicate, &[item])?)?);
    }
    Ok(Value::Int(count))
}

fn optional<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [condition, item] = arguments(eval, args)?;
    let mut list = Items::default();
    list.push_if(eval, verdict(eval, eval.force(condition))?, item);
    Ok(list.list(eval))
}

fn optionals<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [condition, list] = arguments(eval, args)?;
    match verdict(eval, eval.force(condition))? {
        Verdict::Yes => eval.force(list),
        Verdict::No => Ok(eval.list(&[])),
        Verdict::Perhaps(why) => {
            let open = Some(eval.unknown_with(why, &[list]));
            Ok(eval.list_of(List { items: &[], open }))
        }
    }
}

fn to_list<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [value] = arguments(eval, args)?;
    match eval.force(value)? {
        Value::Unknown(why) => Ok(eval.list_of(List { items: &[], open: Some(eval.unknown_with(why, &[value])) })),
        list @ Value::List(_) => Ok(list),
        _ => Ok(eval.list(&[value])),
    }
}

/// Refuses to make a list that is too long.
fn bounded<'a>(eval: &Eval<'a>, length: i64) -> Outcome<'a, usize> {
    match usize::try_from(length) {
        Ok(length) if length <= LONGEST_LIST as usize => Ok(length),
        Ok(_) => stop(eval.unknown(Reason::Limit("size"), None)),
        Err(_) => eval.fail("a list cannot have a negative length"),
    }
}

fn range<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [first, last] = arguments(eval, args)?;
    let (first, last) = (eval.force_int(first)?, eval.force_int(last)?);
    let length = last.saturating_sub(first).saturating_add(1).max(0);
    bounded(eval, length)?;
    let items: Vec<_> = (first..=last).map(|number| eval.done(Value::Int(number))).collect();
    Ok(eval.list(&items))
}

fn replicate<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [times, item] = arguments(eval, args)?;
    let times = bounded(eval, eval.force_int(times)?)?;
    Ok(eval.list(&vec![item; times]))
}

fn group_by_prime<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [function, start, key, list] = arguments(eval, args)?;
    let groups = eval.as_attrs(builtin(eval, "groupBy", &[key, list])?)?;
    let folded = |attr: &Attr<'a>| {
        let group = attr.value;
        Attr { value: eval.lazy(move |eval| foldl(eval, &[function, start, group])), ..*attr }
    };
    let entries: Vec<_> = groups.entries.iter().map(folded).collect();
    Ok(eval.attrs_of(Attrs { entries: eval.slice(&entries), open: groups.open }))
}

fn zip_lists_with<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [function, left, right] = arguments(eval, args)?;
    let (left, right) = (all_items(eval.force_list(left)?)?, all_items(eval.force_list(right)?)?);
    let items: Vec<_> = left.iter().zip(right).map(|(&a, &b)| later(eval, function, [a, b])).collect();
    Ok(eval.list(&items))
}

fn zip_lists<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [left, right] = arguments(eval, args)?;
    let (left, right) = (all_items(eval.force_list(left)?)?, all_items(eval.force_list(right)?)?);
    let both = |a, b| eval.done(eval.attrs(vec![eval.attr("fst", a), eval.attr("snd", b)]));
    let items: Vec<_> = left.iter().zip(right).map(|(&a, &b)| both(a, b)).collect();
    Ok(eval.list(&items))
}

fn reverse_list<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [list] = arguments(eval, args)?;
    let list = eval.force_list(list)?;
    let items: Vec<_> = list.items.iter().rev().copied().collect();
    Ok(eval.list_of(List { items: eval.slice(&items), open: list.open }))
}

fn sort_on<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [key, list] = arguments(eval, args)?;
    let items = all_items(eval.force_list(list)?)?;
    let keyed = items.iter().map(|&item| Ok((call(eval, key, &[item])?, item))).collect::<Outcome<'a, Vec<_>>>()?;
    sorted_by(eval, keyed, |eval, a, b| eval.order(*a, *b))
}

/// Sorts what has a key. The first comparison that fails is what comes of it.
pub fn sorted_by<'a, K>(
    eval: &Eval<'a>,
    mut keyed: Vec<(K, &'a Thunk<'a>)>,
    order: impl Fn(&Eval<'a>, &K, &K) -> Outcome<'a, Ordering>,
) -> Outcome<'a> {
    let mut failed = None;
    keyed.sort_by(|(a, _), (b, _)| match order(eval, a, b) {
        Ok(order) => order,
        Err(stop) => {
            failed = failed.or(Some(stop));
            Ordering::Equal
        }
    });
    match failed {
        Some(stop) => Err(stop),
        None => Ok(eval.list(&keyed.into_iter().map(|(_, item)| item).collect::<Vec<_>>())),
    }
}

/// A piece of a text as `naturalSort` compares it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Piece<'a> {
    Text(&'a str),
    Number(i64),
}

fn natural_sort<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [list] = arguments(eval, args)?;
    let items = all_items(eval.force_list(list)?)?;
    let keyed = items.iter().map(|&item| Ok((pieces(eval.force_string(item)?.text), item)));
    sorted_by(eval, keyed.collect::<Outcome<'a, Vec<_>>>()?, |_, a, b| Ok(a.cmp(b)))
}

/// Texts and whole numbers in turn, beginning and ending with a text; a zero stands for itself.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, number) = rest.split_at(start);
        let length = match number.strip_prefix('0') {
            Some(_) => 1,
            None => number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len()),
        };
        let (number, after) = number.split_at(length);
        pieces.extend([Piece::Text(before), Piece::Number(number.parse().unwrap_or(i64::MAX))]);
        rest = after;
    }
    pieces.push(Piece::Text(rest));
    pieces
}

fn compare_lists<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [compare, left, right] = arguments(eval, args)?;
    let (left, right) = (all_items(eval.force_list(left)?)?, all_items(eval.force_list(right)?)?);
    for (a, b) in left.iter().zip(right) {
        match call(eval, compare, &[a, b])? {
            Value::Int(0) => {}
            Value::Unknown(why) => return stop(why),
            other => return Ok(other),
        }
    }
    Ok(Value::Int(left.len().cmp(&right.len()) as i64))
}

/// The part of a list from `start` on, no longer than `length`.
fn part<'a>(eval: &Eval<'a>, list: &'a Thunk<'a>, start: i64, length: i64) -> Outcome<'a> {
    let items = all_items(eval.force_list(list)?)?;
    let start = usize::try_from(start).or_else(|_| eval.fail("a list has no items before its first"))?;
    let length = bounded(eval, length.min(LONGEST_LIST))?;
    let items: Vec<_> = items.iter().skip(start).take(length).copied().collect();
    Ok(eval.list(&items))
}

fn sublist<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [start, length, list] = arguments(eval, args)?;
    part(eval, list, eval.force_int(start)?, eval.force_int(length)?)
}

fn take<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [length, list] = arguments(eval, args)?;
    part(eval, list, 0, eval.force_int(length)?)
}

fn drop<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [start, list] = arguments(eval, args)?;
    part(eval, list, eval.force_int(start)?, LONGEST_LIST)
}

/// How many items are left of a list without `number` of them.
fn left_of<'a>(eval: &Eval<'a>, number: &'a Thunk<'a>, list: &'a Thunk<'a>) -> Outcome<'a, i64> {
    let length = all_items(eval.force_list(list)?)?.len() as i64;
    Ok(length.saturating_sub(eval.force_int(number)?).max(0))
}

fn take_end<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [number, list] = arguments(eval, args)?;
    part(eval, list, left_of(eval, number, list)?, LONGEST_LIST)
}

fn drop_end<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [number, list] = arguments(eval, args)?;
    part(eval, list, 0, left_of(eval, number, list)?)
}

fn init<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [list] = arguments(eval, args)?;
    match all_items(eval.force_list(list)?)?.split_last() {
        Some((_, init)) => Ok(eval.list(init)),
        None => throw(eval, "lists.init of an empty list"),
    }
}

fn last<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [list] = arguments(eval, args)?;
    match all_items(eval.force_list(list)?)?.last() {
        Some(last) => eval.force(last),
        None => throw(eval, "lists.last of an empty list"),
    }
}

fn replace_elem_at<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [list, index, item] = arguments(eval, args)?;
    let mut items = all_items(eval.force_list(list)?)?.to_vec();
    let index = eval.force_int(index)?;
    match usize::try_from(index).ok().and_then(|index| items.get_mut(index)) {
        Some(place) => *place = item,
        None => return throw(eval, "lists.replaceElemAt: the list has no such item"),
    }
    Ok(eval.list(&items))
}

/// How many of the first items of both lists are equal.
fn common<'a>(eval: &Eval<'a>, left: &[&'a Thunk<'a>], right: &[&'a Thunk<'a>]) -> Outcome<'a, usize> {
    for (index, (a, b)) in left.iter().zip(right).enumerate() {
        if !eval.equal(eval.force(a)?, eval.force(b)?)? {
            return Ok(index);
        }
    }
    Ok(left.len().min(right.len()))
}

fn common_prefix<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [left, right] = arguments(eval, args)?;
    let (left, right) = (all_items(eval.force_list(left)?)?, all_items(eval.force_list(right)?)?);
    let length = common(eval, left, right)?;
    Ok(eval.list(left.get(..length).unwrap_or_default()))
}

fn has_prefix<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [prefix, list] = arguments(eval, args)?;
    let (prefix, list) = (all_items(eval.force_list(prefix)?)?, all_items(eval.force_list(list)?)?);
    Ok(Value::Bool(common(eval, prefix, list)? == prefix.len()))
}

fn remove_prefix<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [prefix, list] = arguments(eval, args)?;
    let (prefix, list) = (all_items(eval.force_list(prefix)?)?, all_items(eval.force_list(list)?)?);
    match list.get(prefix.len()..) {
        Some(rest) if common(eval, prefix, list)? == prefix.len() => Ok(eval.list(rest)),
        _ => throw(eval, "lists.removePrefix: the second list does not begin with the first"),
    }
}

fn concat_attr_values<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [set] = arguments(eval, args)?;
    let attrs = eval.force_attrs(set)?;
    let mut all = Items { items: Vec::new(), open: attrs.open.map(|open| open.why) };
    for attr in attrs.entries {
        match absence(attr) {
            Some(why) => all.doubtful(eval, why, attr.value),
            None => all.append(eval, eval.force(attr.value)?)?,
        }
    }
    Ok(all.list(eval))
}

fn cross_lists<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [function, lists] = arguments(eval, args)?;
    let mut results = vec![function];
    for list in all_items(eval.force_list(lists)?)? {
        let choices = all_items(eval.force_list(list)?)?;
        bounded(eval, (results.len() as i64).saturating_mul(choices.len() as i64))?;
        let called = |&function: &&'a Thunk<'a>| choices.iter().map(move |item| eval.lazy_call(function, item));
        results = results.iter().flat_map(called).collect();
    }
    Ok(eval.list(&results))
}
