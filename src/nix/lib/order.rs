//! What comes before what: `lists.toposort`, and `lib.stringsWithDeps`, texts that name the texts
//! they need.

use std::collections::HashSet;

use super::calling::{arguments, builtin_thunk, call};
use super::gather::{all_items, symbol};
use crate::nix::builtins::Function;
use crate::nix::eval::Eval;
use crate::nix::symbol::Symbol;
use crate::nix::value::{Outcome, Thunk, Value};

/// The functions that `lib.lists` has.
pub const LISTS: &[Function] =
    &[Function { name: "listDfs", arity: 3, run: list_dfs }, Function { name: "toposort", arity: 2, run: toposort }];

/// The functions of `lib.stringsWithDeps`.
pub const TEXTS: &[Function] = &[
    Function { name: "fullDepEntry", arity: 2, run: full_dep_entry },
    Function { name: "noDepEntry", arity: 1, run: no_dep_entry },
    Function { name: "packEntry", arity: 1, run: pack_entry },
    Function { name: "stringAfter", arity: 2, run: string_after },
    Function { name: "textClosureList", arity: 2, run: text_closure_list },
    Function { name: "textClosureMap", arity: 3, run: text_closure_map },
];

/// A walk from the first item to one that nothing comes before, or back to where it was.
struct Walk<'a> {
    end: &'a Thunk<'a>,
    /// What comes before `end` and was met on the way to it.
    loops: Vec<&'a Thunk<'a>>,
    visited: Vec<&'a Thunk<'a>>,
    rest: Vec<&'a Thunk<'a>>,
}

fn walk<'a>(
    eval: &Eval<'a>,
    stop_on_cycles: bool,
    before: &'a Thunk<'a>,
    items: &[&'a Thunk<'a>],
) -> Outcome<'a, Option<Walk<'a>>> {
    let Some((&first, rest)) = items.split_first() else { return Ok(None) };
    let (mut end, mut visited, mut rest) = (first, Vec::new(), rest.to_vec());
    loop {
        let comes_before = |item: &'a Thunk<'a>| eval.as_bool(call(eval, before, &[item, end])?);
        let mut loops = Vec::new();
        if stop_on_cycles {
            for &item in &visited {
                if comes_before(item)? {
                    loops.push(item);
                }
            }
            if !loops.is_empty() {
                return Ok(Some(Walk { end, loops, visited, rest }));
            }
        }
        let (mut earlier, mut others) = (Vec::new(), Vec::new());
        for &item in &rest {
            if comes_before(item)? { earlier.push(item) } else { others.push(item) }
        }
        let Some((&next, more)) = earlier.split_first() else {
            return Ok(Some(Walk { end, loops, visited, rest }));
        };
        visited.insert(0, end);
        end = next;
        rest = [more, &others].concat();
    }
}

fn list_dfs<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [stop_on_cycles, before, list] = arguments(eval, args)?;
    let items = all_items(eval.force_list(list)?)?;
    let Some(walk) = walk(eval, eval.force_bool(stop_on_cycles)?, before, items)? else {
        return eval.fail("listDfs of an empty list");
    };
    let list = |name, items: &[&'a Thunk<'a>]| eval.attr(name, eval.done(eval.list(items)));
    let mut entries = vec![list("visited", &walk.visited), list("rest", &walk.rest)];
    if walk.loops.is_empty() {
        entries.push(eval.attr("minimal", walk.end));
    } else {
        entries.extend([eval.attr("cycle", walk.end), list("loops", &walk.loops)]);
    }
    Ok(eval.attrs(entries))
}

fn toposort<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [before, list] = arguments(eval, args)?;
    let mut left = all_items(eval.force_list(list)?)?.to_vec();
    let result = |items: &[&'a Thunk<'a>]| Ok(eval.attrs(vec![eval.attr("result", eval.done(eval.list(items)))]));
    let mut sorted = Vec::with_capacity(left.len());
    loop {
        if left.len() < 2 {
            sorted.extend(left);
            return result(&sorted);
        }
        let Some(walk) = walk(eval, true, before, &left)? else { return result(&sorted) };
        if !walk.loops.is_empty() {
            let cycle: Vec<_> = walk.visited.iter().rev().copied().chain([walk.end]).collect();
            let list = |name, items: &[&'a Thunk<'a>]| eval.attr(name, eval.done(eval.list(items)));
            return Ok(eval.attrs(vec![list("cycle", &cycle), list("loops", &walk.loops)]));
        }
        sorted.push(walk.end);
        left = [walk.visited, walk.rest].concat();
    }
}

fn entry<'a>(eval: &Eval<'a>, text: &'a Thunk<'a>, needs: &'a Thunk<'a>) -> Value<'a> {
    eval.attrs(vec![eval.attr("text", text), eval.attr("deps", needs)])
}

fn full_dep_entry<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [text, needs] = arguments(eval, args)?;
    Ok(entry(eval, text, needs))
}

fn no_dep_entry<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [text] = arguments(eval, args)?;
    Ok(entry(eval, text, eval.done(eval.list(&[]))))
}

fn pack_entry<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [needs] = arguments(eval, args)?;
    Ok(entry(eval, eval.done(eval.string("")), needs))
}

fn string_after<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [needs, text] = arguments(eval, args)?;
    Ok(entry(eval, text, needs))
}

/// The texts of these names, each after those it needs and once.
fn closure<'a>(eval: &Eval<'a>, known: &'a Thunk<'a>, names: &'a Thunk<'a>) -> Outcome<'a, Vec<&'a Thunk<'a>>> {
    let known = eval.force(known)?;
    let mut placed = HashSet::new();
    let mut texts = Vec::new();
    let mut waiting: Vec<(Symbol, bool)> = Vec::new();
    for name in all_items(eval.force_list(names)?)?.iter().rev() {
        waiting.push((symbol(eval, name)?, false));
    }
    while let Some((name, needs_placed)) = waiting.pop() {
        let _ = eval.limits.enter(eval)?;
        let entry = eval.settle(eval.select_name(known, name, None))?;
        if needs_placed {
            let text = match entry {
                Value::Attrs(_) => eval.lazy(move |eval| eval.select_name(entry, Symbol::new("text"), None)),
                text => eval.done(text),
            };
            texts.push(text);
        } else if placed.insert(name) {
            waiting.push((name, true));
            if let Value::Attrs(_) = entry {
                let needs = eval.as_list(eval.select_name(entry, Symbol::new("deps"), None)?)?;
                for need in all_items(needs)?.iter().rev() {
                    waiting.push((symbol(eval, need)?, false));
                }
            }
        }
    }
    Ok(texts)
}

fn text_closure_list<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [known, names] = arguments(eval, args)?;
    Ok(eval.list(&closure(eval, known, names)?))
}

fn text_closure_map<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [function, known, names] = arguments(eval, args)?;
    let texts: Vec<_> = closure(eval, known, names)?.iter().map(|text| eval.lazy_call(function, text)).collect();
    let join = eval.force(builtin_thunk(eval, "concatStringsSep"))?;
    eval.call_with(join, &[eval.done(eval.string("\n")), eval.done(eval.list(&texts))])
}
