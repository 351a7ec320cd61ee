//! Sets, lists, functions and tagged sets of values that merge one by one.

use std::collections::BTreeMap;

use super::{merged, option, refuse};
use crate::nix::Symbol;
use crate::nix::eval::Eval;
use crate::nix::lib::calling::call;
use crate::nix::value::{Attr, AttrPlace, Attrs, Doubt, List, Open, Outcome, Thunk, Value};
use crate::nixos::configuration::Configuration;
use crate::nixos::declaration::Declaration;
use crate::nixos::definition::{Definition, Expanded, Live, Resolved, discharge, resolve, type_tag};
use crate::nixos::world::World;

/// `attrsOf`, `lazyAttrsOf`.
pub fn attrs_of<'a>(
    eval: &Eval<'a>,
    configuration: &'a Configuration<'a>,
    path: &'a [Symbol],
    element: &'a Thunk<'a>,
    lazy: bool,
    resolved: Resolved<'a>,
) -> Outcome<'a> {
    let mut names: BTreeMap<Symbol, Vec<Definition<'a>>> = BTreeMap::new();
    let mut open = resolved.open;
    let lives = || resolved.certain.iter().chain(resolved.perhaps);
    let priority = lives().next().map(|live| live.definition.priority());
    // One that is stronger may count or not: then its attributes are stronger too.
    let equal = lives().all(|live| Some(live.definition.priority()) == priority);
    for live in lives() {
        match live.value {
            Value::Attrs(attrs) => {
                for attr in attrs.entries {
                    let (definition, definitions) = (&live.definition, names.entry(attr.name).or_default());
                    definitions.push(if equal { definition.element(eval, attr) } else { definition.child(attr) });
                }
                open = open.or(attrs.open.map(|open| open.why));
            }
            Value::Unknown(unknown) => open = open.or(Some(unknown)),
            other => return refuse(eval, path, &format!("is {}, not a set", other.kind())),
        }
    }
    // What may hold further attributes may also say more of those that are known.
    let assumed = resolved.overridable().or(open).map(Doubt::Assumed);
    let mut entries = Vec::with_capacity(names.len());
    for (name, definitions) in names {
        let path = eval.appended(path, name);
        let place = definitions.first().map_or(AttrPlace::Nowhere, |definition| definition.place.generated());
        if lazy {
            let definitions = eval.slice(&definitions);
            let value = eval.lazy(move |eval| {
                let resolved = resolve(eval, discharge(eval, definitions)?)?.given_one(eval);
                merged(eval, configuration, path, element, resolved)
            });
            let doubt = resolve_doubt(definitions).or(assumed);
            entries.push(Attr { name, value, place, doubt });
            continue;
        }
        let resolved = resolve(eval, discharge(eval, &definitions)?)?;
        if resolved.is_empty() {
            continue;
        }
        let doubt = presence(&resolved).or(assumed);
        // A definition that may not count says whether the attribute is there, not what it is.
        let present = resolved.given_one(eval);
        let value = eval.lazy(move |eval| merged(eval, configuration, path, element, present));
        entries.push(Attr { name, value, place, doubt });
    }
    let open = open.map(|why| Open { why, absent: None });
    Ok(eval.attrs_of(Attrs { entries: eval.slice(&entries), open }))
}

/// Whether an attribute is sure to be there whose conditions say nothing about that.
fn resolve_doubt<'a>(definitions: &[Definition<'a>]) -> Option<Doubt<'a>> {
    let doubts = definitions.iter().map(|definition| definition.doubt);
    doubts.collect::<Option<Vec<_>>>()?.first().copied().map(Doubt::MaybeAbsent)
}

/// Whether the attribute that these definitions make is sure to be there.
fn presence<'a>(resolved: &Resolved<'a>) -> Option<Doubt<'a>> {
    if resolved.certain.is_empty() {
        return resolved.perhaps.iter().find_map(Live::doubt).or(resolved.open).map(Doubt::MaybeAbsent);
    }
    let assumed = resolved.certain.iter().map(|live| live.definition.assumed);
    assumed.collect::<Option<Vec<_>>>()?.first().copied().map(Doubt::Assumed)
}

/// `listOf`. As in nixpkgs each item is looked at: it may be an `mkIf`.
pub fn list_of<'a>(
    eval: &Eval<'a>,
    configuration: &'a Configuration<'a>,
    path: &'a [Symbol],
    element: &'a Thunk<'a>,
    resolved: Resolved<'a>,
) -> Outcome<'a> {
    let list = concatenated(eval, path, &resolved)?;
    let Some(module) = resolved.certain.first().map(|live| live.definition.module) else {
        return Ok(eval.list_of(list));
    };
    let mut open = list.open;
    let mut items = Vec::with_capacity(list.items.len());
    for (&item, name) in list.items.iter().zip(item_names(&resolved)) {
        let path = eval.appended(path, Symbol::new(&name));
        let definitions = [Definition { doubt: None, ..Definition::plain(item, module) }];
        let resolved = resolve(eval, discharge(eval, &definitions)?)?;
        if resolved.certain.is_empty() {
            let perhaps = resolved.perhaps.iter().find_map(Live::doubt).or(resolved.open);
            open = open.or(perhaps.map(|why| super::with_values(eval, why, &resolved)));
            continue;
        }
        items.push(eval.lazy(move |eval| merged(eval, configuration, path, element, resolved)));
    }
    Ok(eval.list_of(List { items: eval.slice(&items), open }))
}

/// What nixpkgs calls the items, as submodules without a name.
fn item_names<'a>(resolved: &Resolved<'a>) -> impl Iterator<Item = String> {
    resolved.certain.iter().enumerate().flat_map(|(definition, live)| {
        let items = match live.value {
            Value::List(list) => list.items.len(),
            _ => 0,
        };
        (0..items).map(move |entry| format!("[definition {}-entry {}]", definition + 1, entry + 1))
    })
}

/// The items of every definition.
pub fn concatenated<'a>(eval: &Eval<'a>, path: &[Symbol], resolved: &Resolved<'a>) -> Outcome<'a, List<'a>> {
    let mut items: Vec<&'a Thunk<'a>> = Vec::new();
    let mut open = resolved.open;
    for live in resolved.certain {
        match live.value {
            Value::List(list) => {
                items.extend_from_slice(list.items);
                open = open.or(list.open);
            }
            Value::Unknown(unknown) => open = open.or(Some(unknown)),
            other => return refuse(eval, path, &format!("is {}, not a list", other.kind())),
        }
    }
    if let (false, Some(why)) = (items.is_empty(), resolved.overridable()) {
        // A stronger definition would replace them.
        eval.assume(why);
    }
    if let Some(why) = resolved.perhaps.iter().find_map(Live::doubt) {
        let parts: Vec<_> = resolved.perhaps.iter().map(|live| live.definition.value).collect();
        open = open.or(Some(eval.unknown_with(why, &parts)));
    }
    Ok(List { items: eval.slice(&items), open })
}

/// `functionTo`: a function whose result is what the definitions' results merge to.
pub fn function_to<'a>(
    eval: &Eval<'a>,
    configuration: &'a Configuration<'a>,
    path: &'a [Symbol],
    result: &'a Thunk<'a>,
    resolved: Resolved<'a>,
) -> Outcome<'a> {
    let function = eval.native("functionTo", 2, move |eval, arguments| {
        let &[_, argument] = arguments else { return eval.fail("one argument") };
        let lives = resolved.certain.iter().chain(resolved.perhaps);
        let results: Vec<_> = lives
            .map(|live| Definition { value: eval.lazy_call(eval.done(live.value), argument), ..live.definition })
            .collect();
        let expanded = discharge(eval, &results)?;
        let resolved = resolve(eval, Expanded { open: expanded.open.or(resolved.open), ..expanded })?;
        merged(eval, configuration, path, result, resolved)
    });
    let arguments = eval.lazy(move |eval| function_arguments(eval, configuration, resolved));
    Ok(eval.attrs(vec![eval.attr("__functor", eval.done(function)), eval.attr("__functionArgs", arguments)]))
}

/// The arguments that the functions take; one has a default where it has one in all of them.
fn function_arguments<'a>(
    eval: &Eval<'a>,
    configuration: &'a Configuration<'a>,
    resolved: Resolved<'a>,
) -> Outcome<'a> {
    let lib = configuration.world.lib(eval);
    let of = eval.lazy(move |eval| eval.select_name(lib, Symbol::new("functionArgs"), None));
    let mut names: BTreeMap<Symbol, bool> = BTreeMap::new();
    for live in resolved.certain {
        for attr in eval.as_attrs(call(eval, of, &[eval.done(live.value)])?)?.entries {
            let default = eval.force_bool(attr.value)?;
            names.entry(attr.name).and_modify(|all| *all &= default).or_insert(default);
        }
    }
    let entries = names.into_iter().map(|(name, default)| eval.attr(name.as_str(), eval.done(Value::Bool(default))));
    Ok(eval.attrs(entries.collect()))
}

/// `attrTag`: the definitions choose the same tag, and merge as its option says.
pub fn tagged<'a>(
    eval: &Eval<'a>,
    configuration: &'a Configuration<'a>,
    path: &'a [Symbol],
    tags: &'a Thunk<'a>,
    resolved: Resolved<'a>,
) -> Outcome<'a> {
    if let Some(unknown) = super::undecided(eval, &resolved) {
        return Ok(Value::Unknown(unknown));
    }
    let mut chosen: Option<Symbol> = None;
    let mut definitions = Vec::new();
    for live in resolved.certain {
        let [only] = eval.as_attrs(live.value)?.entries else {
            return refuse(eval, path, "does not choose one tag");
        };
        if chosen.is_some_and(|chosen| chosen != only.name) {
            return refuse(eval, path, "is defined as two different tags");
        }
        chosen = Some(only.name);
        definitions.push(live.definition.element(eval, only));
    }
    let tag = chosen.and_then(|chosen| Some((chosen, eval.force_attrs(tags).ok()?.get(chosen)?)));
    let (Some((name, tag)), Some(live)) = (tag, resolved.certain.first()) else {
        return refuse(eval, path, "chooses no tag that there is");
    };
    if type_tag(eval, eval.force(tag.value)?) != Some("option") {
        return refuse(eval, path, "has a tag that is no option");
    }
    let path = eval.appended(path, name);
    let declaration = Declaration::of_one(eval, eval.force_attrs(tag.value)?, live.definition.module);
    let definitions = eval.slice(&definitions);
    let value = eval.lazy(move |eval| option(eval, configuration, path, &declaration, definitions));
    Ok(eval.attrs(vec![eval.attr(name.as_str(), value)]))
}

/// `lib.types.NAME`.
pub fn element_type<'a>(eval: &Eval<'a>, world: &'a World<'a>, name: &'static str) -> &'a Thunk<'a> {
    eval.lazy(move |eval| {
        let types = eval.select_name(world.lib(eval), Symbol::new("types"), None)?;
        eval.select_name(types, Symbol::new(name), None)
    })
}
