//! `lib.attrsets`: sets of attributes, one level deep.

use super::calling::{Verdict, arguments, builtin, call, found, holds, later, stop, verdict};
use super::gather::{Entries, Items, absence, all_entries, all_items, maybe_absent, name_of, symbol};
use crate::nix::builtins::Function;
use crate::nix::eval::Eval;
use crate::nix::symbol::Symbol;
use crate::nix::unknown::{Reason, Stop};
use crate::nix::value::{Attr, Attrs, Doubt, Open, Outcome, Thunk, Value};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    Function { name: "attrVals", arity: 2, run: attr_vals },
    Function { name: "attrsToList", arity: 1, run: attrs_to_list },
    Function { name: "cartesianProduct", arity: 1, run: cartesian_product },
    Function { name: "cartesianProductOfSets", arity: 1, run: cartesian_product },
    Function { name: "concatMapAttrs", arity: 2, run: concat_map_attrs },
    Function { name: "filterAttrs", arity: 2, run: filter_attrs },
    Function { name: "foldAttrs", arity: 3, run: fold_attrs },
    Function { name: "foldlAttrs", arity: 3, run: foldl_attrs },
    Function { name: "genAttrs", arity: 2, run: gen_attrs },
    Function { name: "genAttrs'", arity: 2, run: gen_attrs_prime },
    Function { name: "getAttrs", arity: 2, run: get_attrs },
    Function { name: "mapAttrs'", arity: 2, run: map_attrs_prime },
    Function { name: "mapAttrsFlatten", arity: 2, run: map_attrs_to_list },
    Function { name: "mapAttrsToList", arity: 2, run: map_attrs_to_list },
    Function { name: "mapCartesianProduct", arity: 2, run: map_cartesian_product },
    Function { name: "mergeAttrsList", arity: 1, run: merge_attrs_list },
    Function { name: "nameValuePair", arity: 2, run: name_value_pair },
    Function { name: "optionalAttrs", arity: 2, run: optional_attrs },
    Function { name: "overrideExisting", arity: 2, run: override_existing },
    Function { name: "unionOfDisjoint", arity: 2, run: union_of_disjoint },
    Function { name: "zipAttrs", arity: 1, run: zip_attrs },
    Function { name: "zip", arity: 2, run: |eval, args| builtin(eval, "zipAttrsWith", args) },
    Function { name: "zipAttrsWithNames", arity: 3, run: zip_attrs_with_names },
    Function { name: "zipWithNames", arity: 3, run: zip_attrs_with_names },
];

/// A product with more members is not made.
const LARGEST_PRODUCT: usize = 100_000;

/// `{ name, value }`.
pub fn pair<'a>(eval: &Eval<'a>, name: &'a Thunk<'a>, value: &'a Thunk<'a>) -> Value<'a> {
    eval.attrs(vec![eval.attr("name", name), eval.attr("value", value)])
}

fn name_value_pair<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [name, value] = arguments(eval, args)?;
    Ok(pair(eval, name, value))
}

fn attr_vals<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [names, set] = arguments(eval, args)?;
    let names = eval.force_list(names)?;
    let select =
        |&name: &&'a Thunk<'a>| eval.lazy(move |eval| eval.select_name(eval.force(set)?, symbol(eval, name)?, None));
    let items = names.items.iter().map(select).collect();
    Ok(Items { items, open: names.open }.list(eval))
}

/// The results of a function over names and values, in a list. What may be absent leaves it open.
fn to_list<'a>(
    eval: &Eval<'a>,
    attrs: &Attrs<'a>,
    make: impl Fn(&'a Thunk<'a>, &'a Thunk<'a>) -> &'a Thunk<'a>,
) -> Items<'a> {
    let mut made = Items { items: Vec::new(), open: attrs.open.map(|open| open.why) };
    for attr in attrs.entries {
        let item = make(name_of(eval, attr), eval.value_of(attr));
        match absence(attr) {
            Some(why) => made.doubtful(eval, why, item),
            None => made.items.push(item),
        }
    }
    made
}

fn map_attrs_to_list<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [function, set] = arguments(eval, args)?;
    let attrs = eval.force_attrs(set)?;
    Ok(to_list(eval, attrs, |name, value| later(eval, function, [name, value])).list(eval))
}

fn attrs_to_list<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [set] = arguments(eval, args)?;
    let attrs = eval.force_attrs(set)?;
    Ok(to_list(eval, attrs, |name, value| eval.done(pair(eval, name, value))).list(eval))
}

fn map_attrs_prime<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [function, set] = arguments(eval, args)?;
    let attrs = eval.force_attrs(set)?;
    let mut made = Entries::default();
    for attr in attrs.entries {
        let pair = eval.settle(call(eval, function, &[name_of(eval, attr), attr.value]))?;
        made.push_pair(eval, pair, attr.doubt)?;
    }
    made.open(attrs.open.map(|open| open.why));
    Ok(made.set(eval))
}

fn gen_attrs<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [names, function] = arguments(eval, args)?;
    from_names(eval, names, |name| eval.lazy_call(function, name))
}

/// The set of these names, each with the value that `make` gives it.
fn from_names<'a>(eval: &Eval<'a>, names: &'a Thunk<'a>, make: impl Fn(&'a Thunk<'a>) -> &'a Thunk<'a>) -> Outcome<'a> {
    let names = eval.force_list(names)?;
    let mut made = Entries::default();
    for name in names.items {
        match eval.force(name)? {
            Value::Unknown(why) => made.open(Some(eval.unknown_with(why, &[make(name)]))),
            value => made.entries.push(eval.generated_attr(eval.as_string(value)?, make(name))),
        }
    }
    made.open(names.open);
    Ok(made.set(eval))
}

fn gen_attrs_prime<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [items, function] = arguments(eval, args)?;
    let items = eval.force_list(items)?;
    let mut made = Entries::default();
    for item in items.items {
        let pair = eval.settle(call(eval, function, &[item]))?;
        made.push_pair(eval, pair, None)?;
    }
    made.open(items.open);
    Ok(made.set(eval))
}

fn get_attrs<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [names, set] = arguments(eval, args)?;
    from_names(eval, names, |name| eval.lazy(move |eval| eval.select_name(eval.force(set)?, symbol(eval, name)?, None)))
}

fn filter_attrs<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [predicate, set] = arguments(eval, args)?;
    let attrs = eval.force_attrs(set)?;
    let mut kept = Vec::with_capacity(attrs.entries.len());
    for attr in attrs.entries {
        match holds(eval, predicate, &[name_of(eval, attr), attr.value])? {
            Verdict::Yes => kept.push(*attr),
            Verdict::No => {}
            Verdict::Perhaps(why) => kept.push(maybe_absent(eval, attr, why)),
        }
    }
    Ok(eval.attrs_of(Attrs { entries: eval.slice(&kept), open: attrs.open }))
}

/// An unknown condition leaves each attribute perhaps absent: what is not in the set is surely not there.
fn optional_attrs<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [condition, set] = arguments(eval, args)?;
    match verdict(eval, eval.force(condition))? {
        Verdict::Yes => eval.force(set),
        Verdict::No => Ok(eval.attrs(Vec::new())),
        Verdict::Perhaps(why) => {
            let attrs = eval.force_attrs(set)?;
            Ok(eval.attrs_of(perhaps(eval, attrs, why)))
        }
    }
}

fn perhaps<'a>(eval: &Eval<'a>, attrs: &Attrs<'a>, why: &'a crate::nix::unknown::Unknown<'a>) -> Attrs<'a> {
    let doubted: Vec<_> = attrs.entries.iter().map(|attr| maybe_absent(eval, attr, why)).collect();
    // What an absent name gives holds only if the set is there at all.
    let open = attrs.open.map(|open| Open { absent: None, ..open });
    Attrs { entries: eval.slice(&doubted), open }
}

/// One set over another. What is perhaps not there as a whole puts doubt on its attributes only.
fn merged<'a>(eval: &Eval<'a>, under: Value<'a>, over: Value<'a>, doubt: Option<Doubt<'a>>) -> Outcome<'a> {
    let over = match (over, doubt) {
        (Value::Attrs(attrs), Some(Doubt::MaybeAbsent(why))) => eval.attrs_of(perhaps(eval, attrs, why)),
        (over, _) => over,
    };
    eval.settle(eval.update(under, over))
}

fn concat_map_attrs<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [function, set] = arguments(eval, args)?;
    let attrs = eval.force_attrs(set)?;
    let mut all = eval.attrs(Vec::new());
    for attr in attrs.entries {
        let part = eval.settle(call(eval, function, &[name_of(eval, attr), eval.value_of(attr)]))?;
        all = merged(eval, all, part, attr.doubt)?;
    }
    match attrs.open {
        Some(open) => eval.update(all, Value::Unknown(open.why)),
        None => Ok(all),
    }
}

fn merge_attrs_list<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [list] = arguments(eval, args)?;
    let list = eval.force_list(list)?;
    let mut all = eval.attrs(Vec::new());
    for item in list.items {
        all = eval.settle(eval.update(all, eval.force(item)?))?;
    }
    match list.open {
        Some(why) => eval.update(all, Value::Unknown(why)),
        None => Ok(all),
    }
}

fn foldl_attrs<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [function, start, set] = arguments(eval, args)?;
    let mut value = eval.force(start)?;
    for attr in all_entries(eval.force_attrs(set)?)? {
        value = eval.settle(call(eval, function, &[eval.done(value), name_of(eval, attr), eval.value_of(attr)]))?;
    }
    Ok(value)
}

fn fold_attrs<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [function, start, list] = arguments(eval, args)?;
    let mut folded: Vec<Attr<'a>> = Vec::new();
    for item in all_items(eval.force_list(list)?)?.iter().rev() {
        for attr in all_entries(eval.force_attrs(item)?)? {
            let _ = eval.limits.enter(eval)?;
            match folded.binary_search_by(|known| known.name.cmp(&attr.name)) {
                Ok(index) => {
                    if let Some(known) = folded.get_mut(index) {
                        *known = Attr { value: later(eval, function, [attr.value, known.value]), ..*known };
                    }
                }
                Err(index) => {
                    let value = later(eval, function, [attr.value, start]);
                    folded.insert(index, Attr { value, place: attr.place.generated(), ..*attr });
                }
            }
        }
    }
    Ok(eval.attrs(folded))
}

fn cartesian_product<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [set] = arguments(eval, args)?;
    let mut product: Vec<Vec<Attr<'a>>> = vec![Vec::new()];
    for attr in all_entries(eval.force_attrs(set)?)? {
        let choices = all_items(eval.force_list(attr.value)?)?;
        if product.len().saturating_mul(choices.len()) > LARGEST_PRODUCT {
            return stop(eval.unknown(Reason::Limit("size"), None));
        }
        product = product
            .iter()
            .flat_map(|chosen| {
                choices.iter().map(|&value| {
                    let next = Attr { value, place: attr.place.generated(), ..*attr };
                    chosen.iter().copied().chain([next]).collect()
                })
            })
            .collect();
    }
    let items: Vec<_> = product.into_iter().map(|entries| eval.done(eval.attrs(entries))).collect();
    Ok(eval.list(&items))
}

fn map_cartesian_product<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [function, set] = arguments(eval, args)?;
    let product = eval.as_list(cartesian_product(eval, &[set])?)?;
    let items: Vec<_> = product.items.iter().map(|item| eval.lazy_call(function, item)).collect();
    Ok(eval.list(&items))
}

fn override_existing<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [old, new] = arguments(eval, args)?;
    let old = eval.force_attrs(old)?;
    let entries: Vec<_> =
        (old.entries.iter()).map(|attr| Attr { value: value_or(eval, new, attr.name, attr.value), ..*attr }).collect();
    Ok(eval.attrs_of(Attrs { entries: eval.slice(&entries), open: old.open }))
}

/// `set.name or default`.
pub fn value_or<'a>(eval: &Eval<'a>, set: &'a Thunk<'a>, name: Symbol, default: &'a Thunk<'a>) -> &'a Thunk<'a> {
    eval.lazy(move |eval| match found(eval, eval.force(set)?, name)? {
        Some(value) => Ok(value),
        None => eval.force(default),
    })
}

fn union_of_disjoint<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [left, right] = arguments(eval, args)?;
    let (left, right) = (eval.force_attrs(left)?, eval.force_attrs(right)?);
    let union = eval.as_attrs(eval.update(Value::Attrs(left), Value::Attrs(right))?)?;
    let entries: Vec<_> = (union.entries.iter())
        .map(|attr| match (left.get(attr.name), right.get(attr.name)) {
            (Some(_), Some(_)) => {
                let collision = eval.lazy(|eval| super::calling::throw(eval, "both sets have the same name"));
                Attr { value: collision, ..*attr }
            }
            _ => *attr,
        })
        .collect();
    Ok(eval.attrs_of(Attrs { entries: eval.slice(&entries), open: union.open }))
}

fn zip_attrs<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [sets] = arguments(eval, args)?;
    let second = eval.done(eval.native("zipAttrs", 2, |eval, args| {
        let [_, values] = arguments(eval, args)?;
        eval.force(values)
    }));
    builtin(eval, "zipAttrsWith", &[second, sets])
}

fn zip_attrs_with_names<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [names, function, sets] = arguments(eval, args)?;
    from_names(eval, names, |name| {
        let values = eval.lazy(move |eval| builtin(eval, "catAttrs", &[name, sets]));
        later(eval, function, [name, values])
    })
}

/// Whether a value is surely a set; something unknown may be one.
pub fn is_set<'a>(value: Value<'a>) -> Outcome<'a, bool> {
    match value {
        Value::Unknown(why) => Err(Stop::Unknown(why)),
        value => Ok(matches!(value, Value::Attrs(_))),
    }
}
