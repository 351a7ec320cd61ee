//! Option declarations: what modules say under `options`.

use std::collections::BTreeMap;

use super::configuration::{Child, Class, Configuration};
use super::definition::{Live, Resolved, failure, type_tag};
use super::merge;
use super::module::Module;
use super::types::{self, Kind};
use crate::nix::Symbol;
use crate::nix::eval::Eval;
use crate::nix::lib::modules::ALIASED;
use crate::nix::path::in_repository;
use crate::nix::unknown::{Reason, Unknown};
use crate::nix::value::{Attr, AttrPlace, Attrs, List, Open, Outcome, Thunk, Value};

/// `highestPrio` of an option that nothing defines (nixpkgs: `filterOverrides'`).
const WEAKEST_PRIORITY: i64 = 9999;

/// What one module declares at one path: an option, or a set of them.
#[derive(Clone, Copy)]
pub struct Declared<'a> {
    /// The value under `options`.
    pub value: &'a Thunk<'a>,
    /// The module.
    pub module: &'a Module<'a>,
}

/// What is declared at a path.
pub enum Option_<'a> {
    /// An option, perhaps by several modules, and sets of options that are to join its submodule.
    Declared(Vec<&'a Attrs<'a>>, Vec<Declared<'a>>),
    /// A set of options.
    Branch,
    /// Nothing.
    Undeclared,
}

/// What is declared at a path.
pub fn at<'a>(eval: &Eval<'a>, declared: &[Declared<'a>]) -> Outcome<'a, Option_<'a>> {
    let (mut options, mut beneath) = (Vec::new(), Vec::new());
    for declared in declared {
        let value = match eval.force(declared.value) {
            Ok(value) => value,
            Err(stop) => {
                failure(eval, stop)?;
                continue;
            }
        };
        match (type_tag(eval, value), value) {
            (Some("option"), Value::Attrs(attrs)) => options.push(attrs),
            _ => beneath.push(*declared),
        }
    }
    Ok(match (options.is_empty(), declared.is_empty()) {
        (false, _) => Option_::Declared(options, beneath),
        (true, false) => Option_::Branch,
        (true, true) => Option_::Undeclared,
    })
}

/// Adds what is declared one name further down; says why there may be more.
pub fn children<'a>(
    eval: &Eval<'a>,
    declared: Declared<'a>,
    into: &mut BTreeMap<Symbol, Child<'a>>,
) -> Outcome<'a, Option<&'a Unknown<'a>>> {
    match eval.settle(eval.force(declared.value)) {
        Ok(Value::Attrs(attrs)) => {
            for attr in attrs.entries {
                let child = Declared { value: attr.value, module: declared.module };
                into.entry(attr.name).or_default().declared.push(child);
            }
            Ok(None)
        }
        Ok(Value::Unknown(unknown)) => Ok(Some(unknown)),
        Ok(_) => Ok(None),
        Err(stop) => failure(eval, stop),
    }
}

/// The type of what nobody declares at a path, where one is known: that of module arguments, and of
/// the elements of a `freeformType` that is a set of them.
pub fn freeform_element<'a>(
    eval: &Eval<'a>,
    configuration: &'a Configuration<'a>,
    path: &[Symbol],
) -> Outcome<'a, Option<Kind<'a>>> {
    let name = match path {
        [name] => name.as_str(),
        [module, args, _] if (module.as_str(), args.as_str()) == ("_module", "args") => return Ok(Some(Kind::Scalar)),
        _ => return Ok(None),
    };
    if name == "_module" || configuration.class != Class::Plain {
        return Ok(None);
    }
    let modules = configuration.collected(eval)?.modules.iter();
    let Some(freeform) = modules.filter_map(|module| module.freeform).next() else { return Ok(None) };
    match types::kind(eval, freeform)? {
        Kind::AttrsOf(element) => types::kind(eval, element).map(Some),
        _ => Ok(None),
    }
}

/// The module argument `options`, for `options ? x` and `options.x.isDefined`.
pub fn options_value<'a>(
    eval: &Eval<'a>,
    configuration: &'a Configuration<'a>,
    path: &'a [Symbol],
    declared: &[Declared<'a>],
) -> Outcome<'a> {
    let mut names: BTreeMap<Symbol, Child<'a>> = BTreeMap::new();
    let mut open = None;
    for declared in declared {
        open = open.or(children(eval, *declared, &mut names)?);
    }
    let entries: Vec<_> = names
        .into_iter()
        .map(|(name, child)| {
            let path = eval.slice(&[path, &[name]].concat());
            let declared = eval.slice(&child.declared);
            let value = eval.lazy(move |eval| match at(eval, declared)? {
                Option_::Declared(options, _) => option_value(eval, configuration, path, &options),
                _ => options_value(eval, configuration, path, declared),
            });
            Attr { name, value, place: AttrPlace::Nowhere, doubt: None }
        })
        .collect();
    let why = open.unwrap_or_else(|| eval.unknown(Reason::UnsetOption("options"), None));
    Ok(eval.attrs_of(Attrs { entries: eval.slice(&entries), open: Some(Open { why, absent: None }) }))
}

fn option_value<'a>(
    eval: &Eval<'a>,
    configuration: &'a Configuration<'a>,
    path: &'a [Symbol],
    options: &[&'a Attrs<'a>],
) -> Outcome<'a> {
    let mut entries: Vec<_> = options.iter().flat_map(|option| option.entries.iter().copied()).collect();
    let value = eval.lazy(move |eval| {
        let mut value = eval.force(configuration.config(eval))?;
        for name in path {
            value = eval.settle(eval.select_name(value, *name, None))?;
        }
        Ok(value)
    });
    let default = entries.iter().find(|attr| attr.name.as_str() == "default").map(|attr| attr.value);
    let resolved = move |eval: &Eval<'a>| -> Outcome<'a, Resolved<'a>> {
        let definitions = configuration.definitions_at(eval, path)?;
        merge::resolve_with_default(eval, configuration, &definitions, default)
    };
    let is_defined = eval.lazy(move |eval| {
        let resolved = resolved(eval)?;
        match resolved.perhaps.first().and_then(Live::doubt) {
            Some(why) if resolved.certain.is_empty() => Ok(Value::Unknown(why)),
            _ => Ok(Value::Bool(!resolved.certain.is_empty())),
        }
    });
    let of_each = |field: fn(&Eval<'a>, &Live<'a>) -> Value<'a>| {
        eval.lazy(move |eval| {
            let resolved = resolved(eval)?;
            let items: Vec<_> = resolved.certain.iter().map(|live| eval.done(field(eval, live))).collect();
            let open = resolved.perhaps.iter().find_map(Live::doubt).or(resolved.open);
            let open = open.map(|why| merge::with_values(eval, why, &resolved));
            Ok(eval.list_of(List { items: eval.slice(&items), open }))
        })
    };
    let highest_priority = eval.lazy(move |eval| {
        let resolved = resolved(eval)?;
        match (resolved.overridable(), resolved.certain.first()) {
            (Some(why), _) => Ok(Value::Unknown(why)),
            (None, Some(live)) => Ok(Value::Int(live.definition.priority())),
            (None, None) => Ok(Value::Int(WEAKEST_PRIORITY)),
        }
    });
    let aliased = eval.lazy(move |eval| {
        let resolved = resolved(eval)?;
        let items: Vec<_> = resolved.certain.iter().chain(resolved.perhaps).map(|live| rewrapped(eval, live)).collect();
        let contents = eval.done(eval.list_of(List { items: eval.slice(&items), open: resolved.open }));
        Ok(wrapped(eval, "merge", vec![eval.attr("contents", contents)]))
    });
    let file = |eval: &Eval<'a>, live: &Live<'a>| eval.string(&in_repository(live.definition.module.file));
    entries.push(eval.attr("value", value));
    entries.push(eval.attr("definitions", of_each(|_, live| live.value)));
    entries.push(eval.attr("files", of_each(file)));
    entries.push(eval.attr("isDefined", is_defined));
    entries.push(eval.attr("highestPrio", highest_priority));
    entries.push(eval.attr(ALIASED, aliased));
    Ok(eval.attrs(entries))
}

/// A definition as a module would write it.
fn rewrapped<'a>(eval: &Eval<'a>, live: &Live<'a>) -> &'a Thunk<'a> {
    let priority = eval.done(Value::Int(live.definition.priority()));
    let content = eval.attr("content", eval.done(live.value));
    let prioritised = wrapped(eval, "override", vec![eval.attr("priority", priority), content]);
    match live.doubt() {
        None => eval.done(prioritised),
        Some(why) => {
            let condition = eval.attr("condition", eval.done(Value::Unknown(why)));
            eval.done(wrapped(eval, "if", vec![condition, eval.attr("content", eval.done(prioritised))]))
        }
    }
}

fn wrapped<'a>(eval: &Eval<'a>, tag: &str, mut entries: Vec<Attr<'a>>) -> Value<'a> {
    entries.push(eval.attr("_type", eval.done(eval.string(tag))));
    eval.attrs(entries)
}
