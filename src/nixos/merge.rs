//! Definitions → the value of an option, by its type (nixpkgs, lib/types.nix) or, where no type is
//! known, by their shape.

use std::collections::BTreeMap;

use super::arguments::without_arguments;
use super::configuration::{Class, Configuration, Root, Setup, dotted};
use super::declaration::Declared;
use super::definition::{Definition, Expanded, Live, OPTION_DEFAULT_PRIORITY, Resolved, expand, resolve};
use super::facts::{Fact, Territory};
use super::types::{self, Kind, Submodule};
use crate::nix::Symbol;
use crate::nix::eval::Eval;
use crate::nix::unknown::{ErrorKind, Reason, Stop, Unknown};
use crate::nix::value::{Attr, AttrPlace, Attrs, Doubt, List, Open, Outcome, Thunk, Value};

/// The value of a declared option.
pub fn option<'a>(
    eval: &Eval<'a>,
    configuration: &'a Configuration<'a>,
    path: &'a [Symbol],
    declarations: &[&'a Attrs<'a>],
    beneath: &[Declared<'a>],
    definitions: &[Definition<'a>],
) -> Outcome<'a> {
    let field =
        |name: &str| declarations.iter().find_map(|option| option.get(Symbol::new(name))).map(|attr| attr.value);
    let declared_types = declarations.iter().filter_map(|option| option.get(Symbol::new("type")));
    let kind = types::kind_of_all(eval, &declared_types.map(|attr| attr.value).collect::<Vec<_>>())?;
    let kind = kind.with_options(eval, beneath);
    let default = field("default");
    let resolved = resolve_with_default(eval, configuration, definitions, default)?;
    let merged = move |eval: &Eval<'a>| {
        if resolved.is_empty() && default.is_none() && !kind.has_empty_value() {
            let message = format!("the option '{}' is used but not defined", dotted(path));
            return Err(eval.error(ErrorKind::Other, None, &message));
        }
        typed(eval, configuration, path, kind, resolved)
    };
    match field("apply") {
        // It may do without the definitions, as that of a renamed option.
        Some(apply) => eval.call(eval.force(apply)?, eval.lazy(merged)),
        None => merged(eval),
    }
}

/// What counts of an option's definitions, and of the one that its own default makes: as weak a
/// definition as any, not looked at where a stronger one is sure.
pub fn resolve_with_default<'a>(
    eval: &Eval<'a>,
    configuration: &'a Configuration<'a>,
    definitions: &[Definition<'a>],
    default: Option<&'a Thunk<'a>>,
) -> Outcome<'a, Resolved<'a>> {
    let resolved = resolve(eval, expand(eval, definitions)?)?;
    let stronger = |live: &Live<'a>| live.definition.priority() < OPTION_DEFAULT_PRIORITY;
    let module = configuration.collected(eval)?.modules.first();
    match (default, module) {
        (Some(default), Some(module)) if !resolved.certain.first().is_some_and(stronger) => {
            let default = Definition {
                overriding: Some(OPTION_DEFAULT_PRIORITY),
                doubt: None,
                ..Definition::plain(default, module)
            };
            resolve(eval, expand(eval, &[&[default], definitions].concat())?)
        }
        _ => Ok(resolved),
    }
}

/// Merges by type.
pub fn typed<'a>(
    eval: &Eval<'a>,
    configuration: &'a Configuration<'a>,
    path: &'a [Symbol],
    kind: Kind<'a>,
    resolved: Resolved<'a>,
) -> Outcome<'a> {
    let _depth = eval.limits.enter(eval)?;
    match kind {
        Kind::AttrsOf(element) => attrs_of(eval, configuration, path, element, resolved),
        Kind::ListOf(element) => list_of(eval, configuration, path, element, resolved),
        Kind::Submodule(kind) => submodule(eval, configuration, path, kind, resolved),
        Kind::NullOr(element) => {
            let nulls = resolved.certain.iter().filter(|live| matches!(live.value, Value::Null)).count();
            if nulls > 0 && nulls == resolved.certain.len() && resolved.overridable().is_none() {
                return Ok(Value::Null);
            }
            if resolved.is_empty() {
                return Ok(Value::Null);
            }
            typed(eval, configuration, path, types::kind(eval, element)?, resolved)
        }
        Kind::Either(alternatives) => {
            for alternative in alternatives {
                if accepts_all(eval, alternative, &resolved)? {
                    return typed(eval, configuration, path, types::kind(eval, alternative)?, resolved);
                }
            }
            one(eval, path, resolved)
        }
        Kind::Coerced { from, function, to } => {
            let resolved = coerced(eval, from, function, resolved)?;
            typed(eval, configuration, path, types::kind(eval, to)?, resolved)
        }
        Kind::Separated(separator) => separated(eval, path, separator, resolved),
        Kind::FunctionTo(result) => function_to(eval, configuration, path, result, resolved),
        Kind::DeferredModule(modules) => deferred_module(eval, modules, resolved),
        Kind::Custom(merge) => custom(eval, path, merge, resolved),
        Kind::Scalar => one(eval, path, resolved),
        Kind::Update => updated(eval, path, resolved),
        Kind::Shape => by_shape(eval, configuration, path, resolved, Territory::Unknown),
    }
}

fn accepts_all<'a>(eval: &Eval<'a>, kind: &'a Thunk<'a>, resolved: &Resolved<'a>) -> Outcome<'a, bool> {
    for live in resolved.certain.iter().chain(resolved.perhaps) {
        if matches!(live.value, Value::Unknown(_)) {
            continue;
        }
        if !types::accepts(eval, kind, eval.done(live.value))? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A value that one definition gives, or several that agree.
fn one<'a>(eval: &Eval<'a>, path: &[Symbol], resolved: Resolved<'a>) -> Outcome<'a> {
    if let Some(unknown) = undecided(eval, &resolved) {
        return Ok(Value::Unknown(unknown));
    }
    let Some((first, others)) = resolved.certain.split_first() else {
        return Err(eval.error(ErrorKind::Other, None, &format!("the option '{}' is not defined", dotted(path))));
    };
    if let Some(assumed) = first.definition.assumed {
        eval.assume(assumed);
    }
    for other in others {
        let (a, b) = (first.value, other.value);
        // Functions and packages cannot be compared; nixpkgs takes such values once only.
        if matches!(a, Value::Closure(_) | Value::Native(_)) {
            break;
        }
        match eval.equal(a, b) {
            Ok(true) => {}
            Ok(false) => {
                let message = format!("the option '{}' has conflicting definitions", dotted(path));
                return Err(eval.error(ErrorKind::Other, None, &message));
            }
            Err(Stop::Unknown(unknown)) if !unknown.is_limit() => {
                return Ok(Value::Unknown(with_values(eval, unknown, &resolved)));
            }
            Err(stop) => return Err(stop),
        }
    }
    Ok(first.value)
}

/// Why a value that is not merged from several definitions is unknown.
fn undecided<'a>(eval: &Eval<'a>, resolved: &Resolved<'a>) -> Option<&'a Unknown<'a>> {
    let nothing_sure = if resolved.certain.is_empty() {
        resolved.perhaps.iter().find_map(Live::doubt).or(resolved.open)
    } else {
        None
    };
    let why = resolved.overridable().or(nothing_sure)?;
    Some(with_values(eval, why, resolved))
}

/// An unknown in which every definition's value stays findable.
pub fn with_values<'a>(eval: &Eval<'a>, why: &'a Unknown<'a>, resolved: &Resolved<'a>) -> &'a Unknown<'a> {
    let lives = resolved.certain.iter().chain(resolved.perhaps);
    let parts: Vec<_> = lives.map(|live| live.definition.value).collect();
    eval.unknown_with(why, &parts)
}

fn attrs_of<'a>(
    eval: &Eval<'a>,
    configuration: &'a Configuration<'a>,
    path: &'a [Symbol],
    element: &'a Thunk<'a>,
    resolved: Resolved<'a>,
) -> Outcome<'a> {
    let mut names: BTreeMap<Symbol, Vec<Definition<'a>>> = BTreeMap::new();
    let mut open = resolved.open;
    for live in resolved.certain.iter().chain(resolved.perhaps) {
        match live.value {
            Value::Attrs(attrs) => {
                for attr in attrs.entries {
                    names.entry(attr.name).or_default().push(live.definition.child(attr));
                }
                open = open.or(attrs.open.map(|open| open.why));
            }
            Value::Unknown(unknown) => open = open.or(Some(unknown)),
            Value::Null => {}
            other => {
                let message = format!("the option '{}' is {}, not a set", dotted(path), other.kind());
                return Err(eval.error(ErrorKind::Other, None, &message));
            }
        }
    }
    let overridable = resolved.overridable();
    let mut entries = Vec::with_capacity(names.len());
    for (name, definitions) in names {
        let resolved = resolve(eval, expand(eval, &definitions)?)?;
        if resolved.is_empty() {
            continue;
        }
        let path = eval.slice(&[path, &[name]].concat());
        let place = definitions.first().map_or(AttrPlace::Nowhere, |definition| definition.place);
        let doubt = presence(&resolved).or(overridable.map(Doubt::Assumed));
        // A definition that may not count says whether the attribute is there, not what it is.
        let present = resolved.given_one(eval);
        let value = eval.lazy(move |eval| typed(eval, configuration, path, types::kind(eval, element)?, present));
        entries.push(Attr { name, value, place, doubt });
    }
    let open = open.map(|why| Open { why, absent: None });
    Ok(eval.attrs_of(Attrs { entries: eval.slice(&entries), open }))
}

/// Whether the attribute that these definitions make is sure to be there.
fn presence<'a>(resolved: &Resolved<'a>) -> Option<Doubt<'a>> {
    if resolved.certain.is_empty() {
        return resolved.perhaps.iter().find_map(Live::doubt).or(resolved.open).map(Doubt::MaybeAbsent);
    }
    let assumed = resolved.certain.iter().map(|live| live.definition.assumed);
    assumed.collect::<Option<Vec<_>>>()?.first().copied().map(Doubt::Assumed)
}

fn list_of<'a>(
    eval: &Eval<'a>,
    configuration: &'a Configuration<'a>,
    path: &'a [Symbol],
    element: &'a Thunk<'a>,
    resolved: Resolved<'a>,
) -> Outcome<'a> {
    let list = concatenated(eval, path, &resolved)?;
    let kind = types::kind(eval, element)?;
    if matches!(kind, Kind::Scalar | Kind::Shape) {
        return Ok(eval.list_of(list));
    }
    let Some(module) = resolved.certain.first().map(|live| live.definition.module) else {
        return Ok(eval.list_of(list));
    };
    let items: Vec<_> = list
        .items
        .iter()
        .map(|&item| {
            eval.lazy(move |eval| {
                let definitions = [Definition { doubt: None, ..Definition::plain(item, module) }];
                let resolved = resolve(eval, expand(eval, &definitions)?)?;
                typed(eval, configuration, path, kind, resolved)
            })
        })
        .collect();
    Ok(eval.list_of(List { items: eval.slice(&items), open: list.open }))
}

fn concatenated<'a>(eval: &Eval<'a>, path: &[Symbol], resolved: &Resolved<'a>) -> Outcome<'a, List<'a>> {
    let mut items: Vec<&'a Thunk<'a>> = Vec::new();
    let mut open = resolved.open;
    for live in resolved.certain {
        match live.value {
            Value::List(list) => {
                items.extend_from_slice(list.items);
                open = open.or(list.open);
            }
            Value::Unknown(unknown) => open = open.or(Some(unknown)),
            Value::Null => {}
            other => {
                let message = format!("the option '{}' is {}, not a list", dotted(path), other.kind());
                return Err(eval.error(ErrorKind::Other, None, &message));
            }
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

fn submodule<'a>(
    eval: &Eval<'a>,
    configuration: &'a Configuration<'a>,
    path: &'a [Symbol],
    Submodule { modules, special, class, shorthand }: Submodule<'a>,
    resolved: Resolved<'a>,
) -> Outcome<'a> {
    if let Some(unknown) = resolved.certain.iter().find_map(|live| match live.value {
        Value::Unknown(unknown) => Some(unknown),
        _ => None,
    }) && resolved.certain.len() == 1
    {
        return Ok(Value::Unknown(unknown));
    }
    let mut roots: Vec<Root<'a>> = Vec::new();
    let mut open = resolved.open;
    for live in resolved.certain.iter().chain(resolved.perhaps) {
        let definition = &live.definition;
        let module = match live.value {
            // Config of a kind that no foreign module is known to hold.
            Value::Unknown(unknown) if class == Class::Plain => {
                open = open.or(Some(unknown));
                continue;
            }
            Value::Attrs(attrs) if attrs.get(Symbol::new("__functor")).is_none() && shorthand => {
                eval.done(eval.attrs(vec![eval.attr("config", eval.done(live.value))]))
            }
            value => eval.done(value),
        };
        roots.push(Root { module, file: definition.module.file, own: definition.module.own, doubt: live.doubt() });
    }
    let file = configuration.roots.first().map_or("", |root| root.file);
    roots.extend(modules.iter().map(|&module| Root { module, file, own: class != Class::Plain, doubt: None }));
    // The types of an extended lib evaluate with that lib.
    let extended = configuration.special.iter().filter(|attr| attr.name.as_str() == "lib");
    let mut arguments: Vec<_> = extended.chain(special).copied().collect();
    if let Some(name) = path.last() {
        arguments.push(eval.attr("name", eval.done(eval.string(name.as_str()))));
    }
    let setup = Setup {
        class,
        roots: eval.slice(&roots),
        special: eval.sorted(arguments),
        prefix: if class == Class::Plain { eval.slice(&[configuration.prefix, path].concat()) } else { &[] },
        open,
    };
    let inner = Configuration::new(eval, configuration.world, setup);
    let config = without_arguments(eval, eval.force(inner.config(eval))?);
    let (Value::Attrs(attrs), false) = (config, class == Class::Plain) else { return Ok(config) };
    let hidden = eval.attr(super::extract::SCOPE, eval.done(Value::Int(i64::from(inner.scope))));
    let entries = eval.sorted([attrs.entries, &[hidden]].concat());
    Ok(eval.attrs_of(Attrs { entries, open: attrs.open }))
}

fn coerced<'a>(
    eval: &Eval<'a>,
    from: &'a Thunk<'a>,
    function: &'a Thunk<'a>,
    resolved: Resolved<'a>,
) -> Outcome<'a, Resolved<'a>> {
    let coerce = |live: &Live<'a>| -> Outcome<'a, Live<'a>> {
        let value = eval.done(live.value);
        if matches!(live.value, Value::Unknown(_)) || !types::accepts(eval, from, value)? {
            return Ok(*live);
        }
        let function = eval.force(function)?;
        Ok(Live { value: eval.settle(eval.call(function, value))?, ..*live })
    };
    let all = |lives: &[Live<'a>]| lives.iter().map(coerce).collect::<Outcome<'a, Vec<_>>>();
    let (certain, perhaps) = (all(resolved.certain)?, all(resolved.perhaps)?);
    Ok(Resolved { certain: eval.slice(&certain), perhaps: eval.slice(&perhaps), open: resolved.open })
}

fn separated<'a>(eval: &Eval<'a>, path: &[Symbol], separator: &str, resolved: Resolved<'a>) -> Outcome<'a> {
    let unknown = resolved.perhaps.iter().find_map(Live::doubt).or(resolved.open);
    let unknown = unknown.or_else(|| {
        resolved.certain.iter().find_map(|live| match live.value {
            Value::Unknown(unknown) => Some(unknown),
            _ => None,
        })
    });
    if let (Some(unknown), false) = (unknown, resolved.certain.len() == 1 && resolved.perhaps.is_empty()) {
        return Ok(Value::Unknown(with_values(eval, unknown, &resolved)));
    }
    let [first] = resolved.certain else {
        let mut texts = Vec::new();
        let mut contexts = Vec::new();
        for live in resolved.certain {
            let text = eval.as_string(live.value)?;
            texts.push(text.text);
            contexts.push(text.context);
        }
        let context = eval.join_contexts(&contexts);
        return Ok(eval.string_of(eval.text(&texts.join(separator)), context, None));
    };
    let _ = path;
    Ok(first.value)
}

/// `types.attrs`: the definitions' sets, later ones over earlier ones.
fn updated<'a>(eval: &Eval<'a>, path: &[Symbol], resolved: Resolved<'a>) -> Outcome<'a> {
    match resolved.certain {
        [only] if resolved.perhaps.is_empty() => Ok(only.value),
        _ => {
            if let Some(unknown) = undecided(eval, &resolved) {
                return Ok(Value::Unknown(unknown));
            }
            let lives = resolved.certain.iter().chain(resolved.perhaps);
            let sets = lives.map(|live| live.value).collect::<Vec<_>>();
            let Some((first, others)) = sets.split_first() else { return one(eval, path, resolved) };
            others.iter().try_fold(*first, |union, set| eval.update(union, *set))
        }
    }
}

/// `functionTo`: a function whose result is what the definitions' results merge to.
fn function_to<'a>(
    eval: &Eval<'a>,
    configuration: &'a Configuration<'a>,
    path: &'a [Symbol],
    result: &'a Thunk<'a>,
    resolved: Resolved<'a>,
) -> Outcome<'a> {
    if let (&[only], [], None) = (resolved.certain, resolved.perhaps, resolved.open)
        && matches!(types::kind(eval, result)?, Kind::Scalar | Kind::Shape)
    {
        return Ok(only.value);
    }
    Ok(eval.native("functionTo", 1, move |eval, arguments| {
        let &[argument] = arguments else { return eval.fail("one argument") };
        let lives = resolved.certain.iter().chain(resolved.perhaps);
        let results: Vec<_> = lives
            .map(|live| Definition { value: eval.lazy_call(eval.done(live.value), argument), ..live.definition })
            .collect();
        let expanded = expand(eval, &results)?;
        let resolved = resolve(eval, Expanded { open: expanded.open.or(resolved.open), ..expanded })?;
        typed(eval, configuration, path, types::kind(eval, result)?, resolved)
    }))
}

/// A `deferredModule`: a module that imports every definition.
fn deferred_module<'a>(eval: &Eval<'a>, modules: &'a [&'a Thunk<'a>], resolved: Resolved<'a>) -> Outcome<'a> {
    let lives = resolved.certain.iter().chain(resolved.perhaps);
    let mut imports = modules.to_vec();
    imports.extend(lives.map(|live| {
        let file = eval.string(&crate::nix::path::in_repository(live.definition.module.file));
        let module =
            [eval.attr("_file", eval.done(file)), eval.attr("imports", eval.done(eval.list(&[eval.done(live.value)])))];
        eval.done(eval.attrs(module.to_vec()))
    }));
    let list = List { items: eval.slice(&imports), open: resolved.open };
    Ok(eval.attrs(vec![eval.attr("imports", eval.done(eval.list_of(list)))]))
}

/// The `merge` of a type that the repository made itself: `loc: defs: …`.
fn custom<'a>(eval: &Eval<'a>, path: &[Symbol], merge: &'a Thunk<'a>, resolved: Resolved<'a>) -> Outcome<'a> {
    if let Some(unknown) = undecided(eval, &resolved) {
        return Ok(Value::Unknown(unknown));
    }
    let location: Vec<_> = path.iter().map(|name| eval.done(eval.string(name.as_str()))).collect();
    let definitions: Vec<_> = resolved
        .certain
        .iter()
        .map(|live| {
            let file = eval.done(eval.string(live.definition.module.file));
            eval.done(eval.attrs(vec![eval.attr("file", file), eval.attr("value", eval.done(live.value))]))
        })
        .collect();
    let merge = eval.force(merge)?;
    eval.call_with(merge, &[eval.done(eval.list(&location)), eval.done(eval.list(&definitions))])
}

/// Merges definitions of an option whose type is not known: sets merge, lists concatenate, lines
/// join where the table says so, one value is itself, different ones of equal priority are unknown.
pub fn by_shape<'a>(
    eval: &Eval<'a>,
    configuration: &'a Configuration<'a>,
    path: &'a [Symbol],
    resolved: Resolved<'a>,
    territory: Territory,
) -> Outcome<'a> {
    let all = |is: fn(&Value<'a>) -> bool| {
        let mut values = resolved.certain.iter().chain(resolved.perhaps).map(|live| &live.value).peekable();
        values.peek().is_some() && values.all(|value| is(value) || matches!(value, Value::Unknown(_)))
    };
    let any = |is: fn(&Value<'a>) -> bool| resolved.certain.iter().chain(resolved.perhaps).any(|live| is(&live.value));
    let is_set: fn(&Value<'a>) -> bool = |value| matches!(value, Value::Attrs(_));
    let is_list: fn(&Value<'a>) -> bool = |value| matches!(value, Value::List(_));
    if any(is_set) && all(is_set) {
        let lives = resolved.certain.iter().chain(resolved.perhaps);
        let definitions = lives.map(|live| (live.definition, live.value)).collect();
        return configuration.branch_of(eval, path, &[], Expanded { definitions, open: resolved.open });
    }
    if any(is_list) && all(is_list) {
        return Ok(eval.list_of(concatenated(eval, path, &resolved)?));
    }
    if let Territory::Option(Fact { kind: "lines" | "nullable-lines", .. }) = territory {
        return separated(eval, path, "\n", resolved);
    }
    if let Some(unknown) = undecided(eval, &resolved) {
        return Ok(Value::Unknown(unknown));
    }
    match one(eval, path, resolved) {
        Err(Stop::Error(_)) if resolved.certain.len() > 1 => {
            let why = eval.unknown(Reason::Merge(eval.text(&dotted(path))), None);
            Ok(Value::Unknown(with_values(eval, why, &resolved)))
        }
        outcome => outcome,
    }
}
