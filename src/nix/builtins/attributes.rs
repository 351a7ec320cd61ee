//! Attribute sets.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::opening::{sure, value_of};
use super::{Function, Opening, arguments, known};
use crate::nix::eval::Eval;
use crate::nix::symbol::Symbol;
use crate::nix::unknown::{Stop, Unknown};
use crate::nix::value::{Attr, Attrs, Doubt, List, Open, Outcome, Thunk, Value};

pub const FUNCTIONS: &[Function] = &[
    Function { name: "attrNames", arity: 1, run: attr_names },
    Function { name: "attrValues", arity: 1, run: attr_values },
    Function { name: "catAttrs", arity: 2, run: cat_attrs },
    Function { name: "getAttr", arity: 2, run: get_attr },
    Function { name: "hasAttr", arity: 2, run: has_attr },
    Function { name: "intersectAttrs", arity: 2, run: intersect_attrs },
    Function { name: "listToAttrs", arity: 1, run: list_to_attrs },
    Function { name: "mapAttrs", arity: 2, run: map_attrs },
    Function { name: "removeAttrs", arity: 2, run: remove_attrs },
    Function { name: "unsafeGetAttrPos", arity: 2, run: attr_position },
    Function { name: "zipAttrsWith", arity: 2, run: zip_attrs_with },
];

/// An attribute's name as a string that remembers where it is written.
pub fn name_of<'a>(eval: &Eval<'a>, attr: &Attr<'a>) -> Value<'a> {
    eval.string_of(attr.name.as_str(), &[], attr.place.of_name())
}

fn attr_names<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [set] = arguments(eval, args)?;
    let (attrs, opening) = sure(eval.force_attrs(set)?);
    let names: Vec<_> = attrs.iter().map(|attr| eval.done(name_of(eval, attr))).collect();
    Ok(eval.list_of(List { items: eval.slice(&names), open: opening.close(eval) }))
}

fn attr_values<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [set] = arguments(eval, args)?;
    let (attrs, opening) = sure(eval.force_attrs(set)?);
    let values: Vec<_> = attrs.iter().map(|attr| value_of(eval, attr)).collect();
    Ok(eval.list_of(List { items: eval.slice(&values), open: opening.close(eval) }))
}

fn cat_attrs<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [name, list] = arguments(eval, args)?;
    let name = Symbol::new(eval.force_string(name)?.text);
    let list = eval.force_list(list)?;
    let mut opening = Opening::of(list.open);
    let mut values = Vec::new();
    for &item in list.items {
        let attrs = match known(eval.force_attrs(item))? {
            Ok(attrs) => attrs,
            Err(why) => {
                opening.meet(why, item);
                continue;
            }
        };
        match (attrs.get(name), attrs.open) {
            (Some(Attr { doubt: Some(Doubt::MaybeAbsent(why)), value, .. }), _) => opening.meet(why, value),
            (Some(attr), _) => values.push(value_of(eval, attr)),
            (None, Some(open)) => opening.meet(open.why, item),
            (None, None) => {}
        }
    }
    Ok(eval.list_of(List { items: eval.slice(&values), open: opening.close(eval) }))
}

fn get_attr<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [name, set] = arguments(eval, args)?;
    let name = Symbol::new(eval.force_string(name)?.text);
    let set = eval.force_attrs(set)?;
    eval.select_name(Value::Attrs(set), name, None)
}

fn has_attr<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [name, set] = arguments(eval, args)?;
    let name = Symbol::new(eval.force_string(name)?.text);
    let set = eval.force_attrs(set)?;
    eval.has_name(Value::Attrs(set), name).map(Value::Bool)
}

/// The attributes of the second set whose names the first has.
fn intersect_attrs<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [names, set] = arguments(eval, args)?;
    let (names, set) = (eval.force_attrs(names)?, eval.force_attrs(set)?);
    let mut entries = Vec::new();
    for attr in set.entries {
        let why_absent = match (names.get(attr.name), names.open) {
            (Some(Attr { doubt: Some(Doubt::MaybeAbsent(why)), .. }), _) => Some(*why),
            (Some(_), _) => None,
            (None, Some(open)) => Some(open.why),
            (None, None) => continue,
        };
        entries.push(perhaps_absent(eval, attr, why_absent));
    }
    // Further attributes of an open set come through only where the first may name them.
    let lets_more_in = names.open.is_some() || names.entries.iter().any(|attr| set.get(attr.name).is_none());
    let open = set.open.filter(|_| lets_more_in).map(|open| Open { why: open.why, absent: None });
    Ok(eval.attrs_of(Attrs { entries: eval.slice(&entries), open }))
}

/// An attribute that may be absent for one more reason.
fn perhaps_absent<'a>(eval: &Eval<'a>, attr: &Attr<'a>, why: Option<&'a Unknown<'a>>) -> Attr<'a> {
    match why {
        // What is assumed of its value stays so.
        Some(why) => Attr { doubt: Some(Doubt::MaybeAbsent(why)), value: eval.value_of(attr), ..*attr },
        None => *attr,
    }
}

/// Of several items with one name the first wins.
fn list_to_attrs<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [list] = arguments(eval, args)?;
    let list = eval.force_list(list)?;
    let mut opening = Opening::of(list.open);
    let (mut seen, mut unnamed) = (HashSet::new(), None);
    let mut entries = Vec::with_capacity(list.items.len());
    for &item in list.items {
        match known(named_value(eval, item))? {
            Ok(attr) => {
                if seen.insert(attr.name) {
                    // An earlier item may have the same name.
                    let doubt = unnamed.map(Doubt::Assumed);
                    entries.push(Attr { doubt, ..attr });
                }
            }
            Err(why) => {
                unnamed = unnamed.or(Some(why));
                opening.meet(why, item);
            }
        }
    }
    Ok(eval.attrs_of(Attrs { entries: eval.sorted(entries), open: opening.close_set(eval) }))
}

/// `{ name, value }` as an attribute; Nix says that it stands where `value` does.
fn named_value<'a>(eval: &Eval<'a>, item: &'a Thunk<'a>) -> Outcome<'a, Attr<'a>> {
    let attrs = eval.force_attrs(item)?;
    let name = eval.as_string(eval.select_name(Value::Attrs(attrs), Symbol::new("name"), None)?)?;
    let value_name = Symbol::new("value");
    let written = attrs.get(value_name);
    let value = match (written, attrs.open) {
        (Some(attr), _) => value_of(eval, attr),
        (None, Some(_)) => eval.lazy(move |eval| eval.select_name(Value::Attrs(attrs), value_name, None)),
        (None, None) => return eval.fail("attribute 'value' missing"),
    };
    let at = written.and_then(|attr| attr.place.in_nix());
    Ok(Attr { place: eval.generated_at(name.origin, at), ..eval.generated_attr(name, value) })
}

fn map_attrs<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [function, set] = arguments(eval, args)?;
    let set = eval.force_attrs(set)?;
    let entries: Vec<_> = set
        .entries
        .iter()
        .map(|attr| {
            let value = apply_to(eval, function, name_of(eval, attr), attr.value);
            Attr { value, place: attr.place.generated(), ..*attr }
        })
        .collect();
    let open = set.open.map(|open| Open {
        why: eval.unknown_with(open.why, &[function]),
        absent: open.absent.map(|absent| {
            let mapped = move |eval: &Eval<'a>, name: Symbol| {
                let value = eval.lazy(move |eval| absent(eval, name));
                eval.force(apply_to(eval, function, eval.string(name.as_str()), value))
            };
            eval.alloc(mapped) as &crate::nix::value::Absent<'a>
        }),
    });
    Ok(eval.attrs_of(Attrs { entries: eval.slice(&entries), open }))
}

fn apply_to<'a>(eval: &Eval<'a>, function: &'a Thunk<'a>, name: Value<'a>, value: &'a Thunk<'a>) -> &'a Thunk<'a> {
    eval.lazy_call(eval.lazy_call(function, eval.done(name)), value)
}

fn remove_attrs<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [set, names] = arguments(eval, args)?;
    let set = eval.force_attrs(set)?;
    let mut removed = HashSet::new();
    let mut opening = Opening::default();
    match known(eval.force_list(names))? {
        Ok(list) => {
            opening.pass(list.open);
            for &item in list.items {
                match known(eval.force_string(item))? {
                    Ok(name) => {
                        removed.insert(Symbol::new(name.text));
                    }
                    Err(why) => opening.meet(why, item),
                }
            }
        }
        Err(why) => opening.meet(why, names),
    }
    let perhaps_removed = opening.close(eval);
    let kept = set.entries.iter().filter(|attr| !removed.contains(&attr.name));
    let entries: Vec<_> = kept.map(|attr| perhaps_absent(eval, attr, perhaps_removed)).collect();
    let removed: Vec<_> = removed.into_iter().collect();
    let removed = eval.slice(&removed);
    let open = set.open.map(|open| Open {
        absent: open.absent.map(|absent| {
            let rest = move |eval: &Eval<'a>, name: Symbol| match removed.contains(&name) {
                true => Err(Stop::Unknown(eval.unknown_attribute(open.why, name))),
                false => absent(eval, name),
            };
            eval.alloc(rest) as &crate::nix::value::Absent<'a>
        }),
        ..open
    });
    Ok(eval.attrs_of(Attrs { entries: eval.slice(&entries), open }))
}

fn attr_position<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [name, set] = arguments(eval, args)?;
    let name = Symbol::new(eval.force_string(name)?.text);
    let set = eval.force_attrs(set)?;
    match (set.get(name), set.open) {
        (Some(attr), _) => Ok(attr.place.in_nix().map_or(Value::Null, |span| eval.position(span))),
        (None, Some(open)) => Err(Stop::Unknown(open.why)),
        (None, None) => Ok(Value::Null),
    }
}

fn zip_attrs_with<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [function, list] = arguments(eval, args)?;
    let list = eval.force_list(list)?;
    let mut opening = Opening::of(list.open);
    let mut values: BTreeMap<Symbol, Vec<&'a Thunk<'a>>> = BTreeMap::new();
    let mut first: HashMap<Symbol, Attr<'a>> = HashMap::new();
    for &item in list.items {
        match known(eval.force_attrs(item))? {
            Ok(attrs) => {
                let (sure, more) = sure(attrs);
                if let Some(why) = more.close(eval) {
                    opening.meet(why, item);
                }
                for attr in sure {
                    first.entry(attr.name).or_insert(*attr);
                    values.entry(attr.name).or_default().push(value_of(eval, attr));
                }
            }
            Err(why) => opening.meet(why, item),
        }
    }
    let open = opening.close(eval);
    let zipped = values.into_iter().filter_map(|(name, values)| {
        let first = first.get(&name)?;
        let attr = Attr { doubt: None, place: first.place.generated(), ..*first };
        let values = eval.done(eval.list_of(List { items: eval.slice(&values), open }));
        Some(Attr { value: apply_to(eval, function, name_of(eval, &attr), values), ..attr })
    });
    let entries: Vec<_> = zipped.collect();
    Ok(eval.attrs_of(Attrs { entries: eval.slice(&entries), open: opening.close_set(eval) }))
}
