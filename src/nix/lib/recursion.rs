//! `lib.attrsets`: sets of sets, all the way down.

use super::attrsets::is_set;
use super::calling::{Verdict, arguments, call, found, holds, later, stop, verdict};
use super::gather::{Entries, Items, absence, all_entries, maybe_absent, name_of};
use crate::nix::builtins::Function;
use crate::nix::eval::Eval;
use crate::nix::symbol::Symbol;
use crate::nix::value::{Attr, Attrs, Open, Outcome, Thunk, Value};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    Function { name: "collect", arity: 2, run: collect },
    Function { name: "filterAttrsRecursive", arity: 2, run: filter_attrs_recursive },
    Function { name: "mapAttrsRecursive", arity: 2, run: map_attrs_recursive },
    Function { name: "mapAttrsRecursiveCond", arity: 3, run: map_attrs_recursive_cond },
    Function { name: "mapAttrsToListRecursive", arity: 2, run: map_attrs_to_list_recursive },
    Function { name: "mapAttrsToListRecursiveCond", arity: 3, run: map_attrs_to_list_recursive_cond },
    Function { name: "matchAttrs", arity: 2, run: match_attrs },
    Function { name: "recursiveUpdate", arity: 2, run: recursive_update },
    Function { name: "recursiveUpdateUntil", arity: 3, run: recursive_update_until },
];

/// The names that lead somewhere, outermost first.
type Names<'a> = &'a [&'a Thunk<'a>];

fn longer<'a>(eval: &Eval<'a>, path: Names<'a>, name: &'a Thunk<'a>) -> Names<'a> {
    eval.appended(path, name)
}

fn recursive_update<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [left, right] = arguments(eval, args)?;
    Merge { until: None, path: &[] }.sets(eval, eval.force(left)?, eval.force(right)?)
}

fn recursive_update_until<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [until, left, right] = arguments(eval, args)?;
    Merge { until: Some(until), path: &[] }.sets(eval, eval.force(left)?, eval.force(right)?)
}

/// A merge of two sets in depth: where it is, and the predicate that stops it there.
#[derive(Clone, Copy)]
struct Merge<'a> {
    until: Option<&'a Thunk<'a>>,
    path: Names<'a>,
}

impl<'a> Merge<'a> {
    /// Merges two sets. An unknown one counts as an open set of which nothing is known.
    fn sets(self, eval: &Eval<'a>, left: Value<'a>, right: Value<'a>) -> Outcome<'a> {
        let _depth = eval.limits.enter(eval)?;
        let (Value::Attrs(under), Value::Attrs(over)) = (as_open(eval, left), as_open(eval, right)) else {
            // Of two unknowns nothing can be said; what is no set is an error.
            eval.as_attrs(left)?;
            return eval.as_attrs(right).map(Value::Attrs);
        };
        if let (Value::Unknown(_), Value::Unknown(why)) = (left, right) {
            return stop(why);
        }
        let union = eval.as_attrs(eval.update(Value::Attrs(under), Value::Attrs(over))?)?;
        let mut entries = Vec::with_capacity(union.entries.len());
        for attr in union.entries {
            let under_it = match (under.get(attr.name), under.open) {
                (Some(attr), _) => Some(eval.value_of(attr)),
                (None, Some(open)) => Some(eval.done(Value::Unknown(eval.unknown_attribute(open.why, attr.name)))),
                (None, None) => None,
            };
            let value = match (under_it, over.get(attr.name)) {
                (Some(under), Some(over)) => {
                    let over = match absence(over) {
                        Some(why) => eval.assuming(why, over.value),
                        None => eval.value_of(over),
                    };
                    self.later(eval, name_of(eval, attr), under, over)
                }
                _ => attr.value,
            };
            entries.push(Attr { value, place: attr.place.generated(), ..*attr });
        }
        let open = union.open.map(|open| Open { absent: None, ..open });
        Ok(eval.attrs_of(Attrs { entries: eval.slice(&entries), open }))
    }

    fn later(self, eval: &Eval<'a>, name: &'a Thunk<'a>, under: &'a Thunk<'a>, over: &'a Thunk<'a>) -> &'a Thunk<'a> {
        eval.lazy(move |eval| {
            let here = Merge { path: longer(eval, self.path, name), ..self };
            if let Some(until) = self.until {
                return match holds(eval, until, &[eval.done(eval.list(here.path)), under, over])? {
                    Verdict::Yes => eval.force(over),
                    Verdict::No => here.sets(eval, eval.force(under)?, eval.force(over)?),
                    Verdict::Perhaps(why) => stop(eval.unknown_with(why, &[under, over])),
                };
            }
            match (eval.force(under)?, eval.force(over)?) {
                (under @ (Value::Attrs(_) | Value::Unknown(_)), over @ (Value::Attrs(_) | Value::Unknown(_))) => {
                    here.sets(eval, under, over)
                }
                (_, over) => Ok(over),
            }
        })
    }
}

/// Something unknown as an open set.
fn as_open<'a>(eval: &Eval<'a>, value: Value<'a>) -> Value<'a> {
    match value {
        Value::Unknown(why) => eval.attrs_of(Attrs { entries: &[], open: Some(Open { why, absent: None }) }),
        value => value,
    }
}

fn map_attrs_recursive<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [function, set] = arguments(eval, args)?;
    mapped(eval, None, function, &[], eval.force_attrs(set)?)
}

fn map_attrs_recursive_cond<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [condition, function, set] = arguments(eval, args)?;
    mapped(eval, Some(condition), function, &[], eval.force_attrs(set)?)
}

fn mapped<'a>(
    eval: &Eval<'a>,
    condition: Option<&'a Thunk<'a>>,
    function: &'a Thunk<'a>,
    path: Names<'a>,
    attrs: &Attrs<'a>,
) -> Outcome<'a> {
    let entry = |attr: &Attr<'a>| {
        let (name, inner) = (name_of(eval, attr), attr.value);
        let value = eval.lazy(move |eval| {
            let path = longer(eval, path, name);
            let value = eval.force(inner)?;
            let deeper = is_set(value)?
                && match condition {
                    None => true,
                    Some(condition) => eval.as_bool(call(eval, condition, &[inner])?)?,
                };
            if deeper {
                mapped(eval, condition, function, path, eval.as_attrs(value)?)
            } else {
                call(eval, function, &[eval.done(eval.list(path)), inner])
            }
        });
        Attr { value, ..*attr }
    };
    let entries: Vec<_> = attrs.entries.iter().map(entry).collect();
    let open = attrs.open.map(|open| Open { absent: None, ..open });
    Ok(eval.attrs_of(Attrs { entries: eval.slice(&entries), open }))
}

fn map_attrs_to_list_recursive<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [function, set] = arguments(eval, args)?;
    let mut found = Items::default();
    leaves(eval, None, function, &[], eval.force_attrs(set)?, &mut found)?;
    Ok(found.list(eval))
}

fn map_attrs_to_list_recursive_cond<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [condition, function, set] = arguments(eval, args)?;
    let mut found = Items::default();
    leaves(eval, Some(condition), function, &[], eval.force_attrs(set)?, &mut found)?;
    Ok(found.list(eval))
}

fn leaves<'a>(
    eval: &Eval<'a>,
    condition: Option<&'a Thunk<'a>>,
    function: &'a Thunk<'a>,
    path: Names<'a>,
    attrs: &Attrs<'a>,
    found: &mut Items<'a>,
) -> Outcome<'a, ()> {
    let _depth = eval.limits.enter(eval)?;
    for attr in attrs.entries {
        let path = longer(eval, path, name_of(eval, attr));
        let shown = eval.done(eval.list(path));
        let leaf = later(eval, function, [shown, eval.value_of(attr)]);
        if let Some(why) = absence(attr) {
            found.doubtful(eval, why, leaf);
            continue;
        }
        let value = eval.value_of(attr);
        let deeper = match (eval.force(value)?, condition) {
            (Value::Attrs(_), None) => Verdict::Yes,
            (Value::Attrs(_), Some(condition)) => holds(eval, condition, &[shown, value])?,
            (Value::Unknown(why), _) => Verdict::Perhaps(why),
            _ => Verdict::No,
        };
        match deeper {
            Verdict::Yes => leaves(eval, condition, function, path, eval.force_attrs(value)?, found)?,
            Verdict::No => found.items.push(leaf),
            Verdict::Perhaps(why) => found.doubtful(eval, why, leaf),
        }
    }
    found.open(attrs.open.map(|open| open.why));
    Ok(())
}

fn collect<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [predicate, set] = arguments(eval, args)?;
    let mut found = Items::default();
    collect_into(eval, predicate, set, &mut found)?;
    Ok(found.list(eval))
}

fn collect_into<'a>(
    eval: &Eval<'a>,
    predicate: &'a Thunk<'a>,
    value: &'a Thunk<'a>,
    found: &mut Items<'a>,
) -> Outcome<'a, ()> {
    let _depth = eval.limits.enter(eval)?;
    match holds(eval, predicate, &[value])? {
        Verdict::Yes => found.items.push(value),
        Verdict::Perhaps(why) => found.doubtful(eval, why, value),
        Verdict::No => match eval.force(value)? {
            Value::Attrs(attrs) => {
                for attr in attrs.entries {
                    match absence(attr) {
                        Some(why) => found.doubtful(eval, why, attr.value),
                        None => collect_into(eval, predicate, eval.value_of(attr), found)?,
                    }
                }
                found.open(attrs.open.map(|open| open.why));
            }
            Value::Unknown(why) => found.open(Some(why)),
            _ => {}
        },
    }
    Ok(())
}

fn filter_attrs_recursive<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [predicate, set] = arguments(eval, args)?;
    let attrs = eval.force_attrs(set)?;
    let mut kept = Entries { entries: Vec::new(), open: attrs.open.map(|open| Open { absent: None, ..open }) };
    for attr in attrs.entries {
        let inner = attr.value;
        let value = eval.lazy(move |eval| match eval.force(inner)? {
            Value::Attrs(_) => filter_attrs_recursive(eval, &[predicate, inner]),
            value => Ok(value),
        });
        let kept_attr = Attr { value, place: attr.place.generated(), ..*attr };
        match holds(eval, predicate, &[name_of(eval, attr), eval.value_of(attr)])? {
            Verdict::Yes => kept.entries.push(kept_attr),
            Verdict::No => {}
            Verdict::Perhaps(why) => kept.entries.push(maybe_absent(eval, &kept_attr, why)),
        }
    }
    Ok(kept.set(eval))
}

fn match_attrs<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [pattern, set] = arguments(eval, args)?;
    let (pattern, set) = (eval.force_attrs(pattern)?, eval.force_attrs(set)?);
    matches(eval, pattern, set).map(Value::Bool)
}

/// A sure difference decides, whatever else is unknown.
fn matches<'a>(eval: &Eval<'a>, pattern: &Attrs<'a>, set: &'a Attrs<'a>) -> Outcome<'a, bool> {
    let _depth = eval.limits.enter(eval)?;
    let mut undecided = None;
    for attr in all_entries(pattern)? {
        match verdict(eval, matches_one(eval, attr.name, eval.value_of(attr), set).map(Value::Bool))? {
            Verdict::Yes => {}
            Verdict::No => return Ok(false),
            Verdict::Perhaps(why) => undecided = Some(why),
        }
    }
    undecided.map_or(Ok(true), stop)
}

fn matches_one<'a>(eval: &Eval<'a>, name: Symbol, wanted: &'a Thunk<'a>, set: &'a Attrs<'a>) -> Outcome<'a, bool> {
    match (found(eval, Value::Attrs(set), name)?, eval.force(wanted)?) {
        (None, _) => Ok(false),
        (Some(Value::Attrs(found)), Value::Attrs(wanted)) => matches(eval, wanted, found),
        (Some(found), wanted) => eval.equal(wanted, found),
    }
}
