//! Definitions → the value of an option, by its type (nixpkgs, lib/types.nix) or, where no type is
//! known, by their shape.

mod containers;
mod shape;
mod submodule;

pub use self::containers::element_type;
pub use self::shape::by_shape;
pub use self::submodule::{Definitions, submodule_configuration};
use super::configuration::{Configuration, dotted};
use super::declaration::Declaration;
use super::definition::{Definition, Live, OPTION_DEFAULT_PRIORITY, Resolved, Wrapping, discharge, resolve};
use super::facts::Territory;
use super::module::Module;
use super::types::{self, Kind};
use super::world::World;
use crate::nix::Symbol;
use crate::nix::eval::Eval;
use crate::nix::path::in_repository;
use crate::nix::unknown::{ErrorKind, Stop, Unknown};
use crate::nix::value::{Outcome, Thunk, Value};

/// The value of a declared option.
pub fn option<'a>(
    eval: &Eval<'a>,
    configuration: &'a Configuration<'a>,
    path: &'a [Symbol],
    declaration: &Declaration<'a>,
    definitions: &[Definition<'a>],
) -> Outcome<'a> {
    declaration.check(eval, path, definitions)?;
    let kind = declaration.kind(eval, path)?;
    let resolved = resolve_with_default(eval, configuration, declaration, definitions)?;
    let merged = move |eval: &Eval<'a>| match kind {
        Some(kind) => merged(eval, configuration, path, kind, resolved),
        None if resolved.is_empty() => undefined(eval, configuration, path),
        None => typed(eval, configuration, path, Kind::Default, resolved),
    };
    match declaration.field("apply") {
        // It may do without the definitions, as that of a renamed option.
        Some(apply) => eval.call(eval.force(apply)?, eval.lazy(merged)),
        None => merged(eval),
    }
}

/// What counts of an option's definitions, and of the one that its own default makes: as weak a
/// definition as any, not looked at where a stronger one is sure. What may be defined besides may
/// stand over the default.
pub fn resolve_with_default<'a>(
    eval: &Eval<'a>,
    configuration: &'a Configuration<'a>,
    declaration: &Declaration<'a>,
    definitions: &[Definition<'a>],
) -> Outcome<'a, Resolved<'a>> {
    let expanded = discharge(eval, definitions)?;
    let resolved = resolve(eval, expanded.clone())?;
    let stronger = |live: &Live<'a>| live.definition.priority() < OPTION_DEFAULT_PRIORITY;
    let resolved = match declaration.default() {
        Some((default, module)) if !resolved.certain.first().is_some_and(stronger) => {
            let default = Definition {
                wrapping: Wrapping::of_default(),
                doubt: configuration.undefined_part(),
                ..Definition::plain(default, module)
            };
            let mut all = discharge(eval, &[default])?;
            all.open = all.open.or(expanded.open);
            all.definitions.extend(expanded.definitions);
            resolve(eval, all)?
        }
        _ => resolved,
    };
    Ok(resolved.or_open(configuration.undefined_part()))
}

/// An option that is used and that no module here defines; one that is not here may.
fn undefined<'a>(eval: &Eval<'a>, configuration: &'a Configuration<'a>, path: &'a [Symbol]) -> Outcome<'a> {
    match configuration.collected(eval)?.open {
        Some(why) => Err(Stop::Unknown(why)),
        None => refuse(eval, path, "is used but not defined"),
    }
}

/// An error that nixpkgs throws about an option.
pub fn refuse<'a, T>(eval: &Eval<'a>, path: &[Symbol], what: &str) -> Outcome<'a, T> {
    Err(eval.error(ErrorKind::Thrown, None, &format!("the option '{}' {what}", dotted(path))))
}

/// What definitions of this type merge to (nixpkgs: `mergeDefinitions`): the type takes each of them.
pub fn merged<'a>(
    eval: &Eval<'a>,
    configuration: &'a Configuration<'a>,
    path: &'a [Symbol],
    kind: &'a Thunk<'a>,
    resolved: Resolved<'a>,
) -> Outcome<'a> {
    let meaning = types::kind(eval, kind)?;
    if resolved.is_empty() {
        return match (meaning, types::empty_value(eval, kind)) {
            (Kind::Submodule(_), Some(_)) => typed(eval, configuration, path, meaning, resolved),
            (_, Some(empty)) => eval.force(empty),
            (Kind::Shape, None) => eval.force(kind).and_then(|_| undefined(eval, configuration, path)),
            (_, None) => undefined(eval, configuration, path),
        };
    }
    for live in resolved.certain {
        if matches!(live.value, Value::Unknown(_)) {
            continue;
        }
        match types::accepts(eval, kind, eval.done(live.value)) {
            Ok(true) => {}
            Err(Stop::Unknown(unknown)) if !unknown.is_limit() => {}
            Ok(false) => {
                if let Some(assumed) = live.definition.assumed {
                    eval.assume(assumed);
                }
                return refuse(eval, path, "has a definition that is not of its type");
            }
            Err(stop) => return Err(stop),
        }
    }
    typed(eval, configuration, path, meaning, resolved)
}

/// Merges definitions that the type takes.
pub fn typed<'a>(
    eval: &Eval<'a>,
    configuration: &'a Configuration<'a>,
    path: &'a [Symbol],
    kind: Kind<'a>,
    resolved: Resolved<'a>,
) -> Outcome<'a> {
    let _depth = eval.limits.enter(eval)?;
    let inner = |kind, resolved| typed(eval, configuration, path, types::kind(eval, kind)?, resolved);
    match kind {
        Kind::AttrsOf { element, lazy } => containers::attrs_of(eval, configuration, path, element, lazy, resolved),
        Kind::ListOf(element) => containers::list_of(eval, configuration, path, element, resolved),
        Kind::Submodule(parameters) => submodule::submodule(eval, configuration, path, parameters, resolved),
        Kind::NullOr(element) => {
            let is_null = |live: &&Live<'a>| matches!(live.value, Value::Null);
            let nulls = resolved.certain.iter().filter(is_null).count();
            match nulls {
                0 => inner(element, resolved),
                _ if nulls < resolved.certain.len() && resolved.certain.iter().all(Live::is_known) => {
                    refuse(eval, path, "is defined both null and not null")
                }
                _ if nulls == resolved.certain.len() && resolved.overridable().is_none() => Ok(Value::Null),
                _ => inner(element, resolved),
            }
        }
        Kind::Either(left, right) => {
            for alternative in [left, right] {
                if accepts_all(eval, alternative, &resolved)? {
                    return inner(alternative, resolved);
                }
            }
            one(eval, path, resolved)
        }
        Kind::Coerced { from, function, to } => inner(to, coerced(eval, from, function, resolved)?),
        Kind::Separated(separator) => shape::separated(eval, separator, resolved),
        Kind::FunctionTo(result) => containers::function_to(eval, configuration, path, result, resolved),
        Kind::DeferredModule(modules) => submodule::deferred_module(eval, modules, resolved),
        Kind::Tagged(tags) => containers::tagged(eval, configuration, path, tags, resolved),
        Kind::Unique(kind) if resolved.certain.len() < 2 => inner(kind, resolved),
        Kind::Unique(_) | Kind::One => one(eval, path, resolved),
        Kind::OptionType => option_type(eval, path, resolved),
        Kind::Custom(merge) => custom(eval, configuration, path, merge, resolved),
        Kind::Equal => equal(eval, path, resolved),
        Kind::SingleLine => single_line(eval, path, resolved),
        Kind::Or => shape::or(eval, resolved),
        Kind::Update => shape::updated(eval, resolved),
        Kind::Default => shape::by_default(eval, path, resolved),
        Kind::Anything => shape::anything(eval, configuration, path, resolved),
        Kind::Shape => by_shape(eval, configuration, path, resolved, Territory::Unknown),
    }
}

fn accepts_all<'a>(eval: &Eval<'a>, kind: &'a Thunk<'a>, resolved: &Resolved<'a>) -> Outcome<'a, bool> {
    for live in resolved.certain.iter().chain(resolved.perhaps) {
        if live.is_known() && !types::accepts(eval, kind, eval.done(live.value))? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A value that only one definition may give.
fn one<'a>(eval: &Eval<'a>, path: &[Symbol], resolved: Resolved<'a>) -> Outcome<'a> {
    if resolved.certain.len() > 1 {
        return refuse(eval, path, "is defined several times and may be once only");
    }
    equal(eval, path, resolved)
}

/// A value that one definition gives, or several that agree.
pub fn equal<'a>(eval: &Eval<'a>, path: &[Symbol], resolved: Resolved<'a>) -> Outcome<'a> {
    if let Some(unknown) = undecided(eval, &resolved) {
        if let Some(value) = agreed(eval, &resolved)? {
            eval.assume(unknown);
            return Ok(value);
        }
        return Ok(Value::Unknown(unknown));
    }
    let Some((first, others)) = resolved.certain.split_first() else {
        return refuse(eval, path, "is not defined");
    };
    if let Some(assumed) = first.definition.assumed {
        eval.assume(assumed);
    }
    for other in others {
        match eval.equal(first.value, other.value) {
            Ok(true) => {}
            Ok(false) => return refuse(eval, path, "has conflicting definitions"),
            Err(Stop::Unknown(unknown)) if !unknown.is_limit() => {
                return Ok(Value::Unknown(with_values(eval, unknown, &resolved)));
            }
            Err(stop) => return Err(stop),
        }
    }
    Ok(first.value)
}

/// What all definitions say, whichever of several counts.
fn agreed<'a>(eval: &Eval<'a>, resolved: &Resolved<'a>) -> Outcome<'a, Option<Value<'a>>> {
    let mut lives = resolved.certain.iter().chain(resolved.perhaps);
    let Some(first) = lives.next().filter(|_| resolved.open.is_none()) else { return Ok(None) };
    let mut several = false;
    for other in lives {
        several = true;
        match eval.equal(first.value, other.value) {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(Stop::Unknown(unknown)) if !unknown.is_limit() => return Ok(None),
            Err(stop) => return Err(stop),
        }
    }
    Ok(several.then_some(first.value))
}

fn single_line<'a>(eval: &Eval<'a>, path: &[Symbol], resolved: Resolved<'a>) -> Outcome<'a> {
    match equal(eval, path, resolved)? {
        Value::String(text) => match text.text.strip_suffix('\n') {
            Some(line) => Ok(eval.string_of(line, text.context, text.origin)),
            None => Ok(Value::String(text)),
        },
        value => Ok(value),
    }
}

fn option_type<'a>(eval: &Eval<'a>, path: &[Symbol], resolved: Resolved<'a>) -> Outcome<'a> {
    if let Some(unknown) = undecided(eval, &resolved) {
        return Ok(Value::Unknown(unknown));
    }
    let types: Vec<_> = resolved.certain.iter().map(|live| eval.done(live.value)).collect();
    match types::type_of_all(eval, &types)? {
        Some(kind) => eval.force(kind),
        None => refuse(eval, path, "is defined as types that do not merge"),
    }
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

fn coerced<'a>(
    eval: &Eval<'a>,
    from: &'a Thunk<'a>,
    function: &'a Thunk<'a>,
    resolved: Resolved<'a>,
) -> Outcome<'a, Resolved<'a>> {
    let coerce = |live: &Live<'a>| -> Outcome<'a, Live<'a>> {
        let value = eval.done(live.value);
        if !live.is_known() || !types::accepts(eval, from, value)? {
            return Ok(*live);
        }
        let function = eval.force(function)?;
        Ok(Live { value: eval.settle(eval.call(function, value))?, ..*live })
    };
    let all = |lives: &[Live<'a>]| lives.iter().map(coerce).collect::<Outcome<'a, Vec<_>>>();
    let (certain, perhaps) = (all(resolved.certain)?, all(resolved.perhaps)?);
    Ok(Resolved { certain: eval.slice(&certain), perhaps: eval.slice(&perhaps), open: resolved.open })
}

/// The `merge` of a type that the repository made itself: `loc: defs: …`.
fn custom<'a>(
    eval: &Eval<'a>,
    configuration: &'a Configuration<'a>,
    path: &[Symbol],
    merge: &'a Thunk<'a>,
    resolved: Resolved<'a>,
) -> Outcome<'a> {
    if let Some(unknown) = undecided(eval, &resolved) {
        return Ok(Value::Unknown(unknown));
    }
    let full = configuration.prefix.iter().chain(path);
    let location: Vec<_> = full.map(|name| eval.done(eval.string(name.as_str()))).collect();
    let definitions: Vec<_> = resolved.certain.iter().map(|live| eval.done(located(eval, live))).collect();
    let merge = eval.force(merge)?;
    eval.call_with(merge, &[eval.done(eval.list(&location)), eval.done(eval.list(&definitions))])
}

/// A definition as nixpkgs hands it to a `merge`: its file, its value, and its order where it has one.
pub fn located<'a>(eval: &Eval<'a>, live: &Live<'a>) -> Value<'a> {
    let file = eval.done(eval.string(&shown_file(eval, live.definition.module.file)));
    let mut says = vec![eval.attr("file", file), eval.attr("value", eval.done(live.value))];
    if live.definition.is_ordered() {
        says.push(eval.attr("priority", eval.done(Value::Int(live.definition.wrapping.order))));
    }
    eval.attrs(says)
}

/// A module's file as Nix has it: one of the repository by its place in the store, another name as it is.
pub fn shown_file(eval: &Eval<'_>, file: &str) -> String {
    if file.is_empty() {
        return "<unknown-file>".to_owned();
    }
    if eval.program.by_path.contains_key(file) { in_repository(file) } else { file.to_owned() }
}

/// `type.merge loc defs`, called by the repository's own code.
pub fn by_hand<'a>(
    eval: &Eval<'a>,
    world: &'a World<'a>,
    kind: Kind<'a>,
    location: &'a Thunk<'a>,
    definitions: &'a Thunk<'a>,
) -> Outcome<'a> {
    let mut path = Vec::new();
    for name in eval.force_list(location)?.items {
        path.push(Symbol::new(eval.force_string(name)?.text));
    }
    let list = eval.force_list(definitions)?;
    let nothing = eval.done(eval.attrs(Vec::new()));
    let mut certain = Vec::new();
    for item in list.items {
        let given = eval.force_attrs(item)?;
        let field = |name: &str| given.get(Symbol::new(name)).map(|attr| attr.value);
        let Some(value) = field("value") else { return eval.fail("a definition has no value") };
        let file = match field("file").map(|file| eval.force(file)) {
            Some(Ok(Value::String(file))) => file.text,
            _ => "",
        };
        let module = eval.alloc(Module { file, own: true, options: None, config: nothing, doubt: None });
        let (forced, assumed) = eval.observe(|| eval.settle(eval.force(value)));
        let definition = Definition { assumed, ..Definition::plain(value, module) };
        certain.push(Live { definition, value: forced? });
    }
    let resolved = Resolved { certain: eval.slice(&certain), perhaps: &[], open: list.open };
    typed(eval, Configuration::empty(eval, world, &[]), eval.slice(&path), kind, resolved)
}
