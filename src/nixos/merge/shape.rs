//! Merges that go by what the definitions look like.

use super::containers::{attrs_of, concatenated, element_type};
use super::{equal, one, refuse, undecided, with_values};
use crate::nix::Symbol;
use crate::nix::eval::Eval;
use crate::nix::unknown::{ErrorKind, Reason, Stop, Unknown};
use crate::nix::value::{Outcome, Value};
use crate::nixos::configuration::{Configuration, dotted};
use crate::nixos::definition::{Definition, Expanded, Live, Resolved};
use crate::nixos::facts::{Fact, Territory};
use crate::nixos::types::Kind;

/// What keeps values that are joined from being known.
fn unknown_part<'a>(resolved: &Resolved<'a>) -> Option<&'a Unknown<'a>> {
    let uncounted = resolved.perhaps.iter().find_map(Live::doubt).or(resolved.open);
    uncounted.or_else(|| {
        resolved.certain.iter().find_map(|live| match live.value {
            Value::Unknown(unknown) => Some(unknown),
            _ => None,
        })
    })
}

/// `separatedString`: the texts with the separator between them.
pub fn separated<'a>(eval: &Eval<'a>, separator: &str, resolved: Resolved<'a>) -> Outcome<'a> {
    if let (&[only], []) = (resolved.certain, resolved.perhaps) {
        return Ok(only.value);
    }
    if let Some(unknown) = unknown_part(&resolved) {
        return Ok(Value::Unknown(with_values(eval, unknown, &resolved)));
    }
    let mut texts = Vec::new();
    let mut contexts = Vec::new();
    for live in resolved.certain {
        let text = eval.as_string(live.value)?;
        texts.push(text.text);
        contexts.push(text.context);
    }
    let context = eval.join_contexts(&contexts);
    Ok(eval.string_of(eval.text(&texts.join(separator)), context, None))
}

/// `boolByOr`.
pub fn or<'a>(eval: &Eval<'a>, resolved: Resolved<'a>) -> Outcome<'a> {
    if resolved.certain.iter().any(|live| matches!(live.value, Value::Bool(true))) && resolved.overridable().is_none() {
        return Ok(Value::Bool(true));
    }
    match unknown_part(&resolved) {
        Some(unknown) => Ok(Value::Unknown(with_values(eval, unknown, &resolved))),
        None => Ok(Value::Bool(false)),
    }
}

/// `types.attrs`: the definitions' sets, later ones over earlier ones.
pub fn updated<'a>(eval: &Eval<'a>, resolved: Resolved<'a>) -> Outcome<'a> {
    if let (&[only], []) = (resolved.certain, resolved.perhaps) {
        return Ok(only.value);
    }
    if let Some(unknown) = undecided(eval, &resolved) {
        return Ok(Value::Unknown(unknown));
    }
    let mut lives = resolved.certain.iter().chain(resolved.perhaps);
    let none = eval.attrs(Vec::new());
    lives.try_fold(none, |union, live| eval.update(union, live.value))
}

/// An option without a type (nixpkgs: `mergeDefaultOption`): lists and sets are joined, texts run
/// together, one true is enough, numbers agree.
pub fn by_default<'a>(eval: &Eval<'a>, path: &[Symbol], resolved: Resolved<'a>) -> Outcome<'a> {
    if resolved.certain.len() < 2 && resolved.perhaps.is_empty() {
        return equal(eval, path, resolved);
    }
    let known = resolved.certain.iter().chain(resolved.perhaps).filter(|live| live.is_known());
    let values: Vec<Value<'a>> = known.map(|live| live.value).collect();
    let all = |is: fn(&Value<'a>) -> bool| !values.is_empty() && values.iter().all(is);
    if all(|value| matches!(value, Value::List(_))) {
        return Ok(eval.list_of(concatenated(eval, path, &resolved)?));
    }
    if all(|value| matches!(value, Value::Closure(_) | Value::Native(_))) {
        // nixpkgs' own merge of them fails once the function is called.
        return together(eval, resolved, |eval, _| eval.fail("functions of an option without a type do not merge"));
    }
    if all(|value| matches!(value, Value::Attrs(_))) {
        return updated(eval, resolved);
    }
    if all(|value| matches!(value, Value::String(_))) {
        return separated(eval, "", resolved);
    }
    if all(|value| matches!(value, Value::Bool(_))) {
        return or(eval, resolved);
    }
    if all(|value| matches!(value, Value::Int(_))) || undecided(eval, &resolved).is_some() {
        return equal(eval, path, resolved);
    }
    match unknown_part(&resolved) {
        Some(unknown) => Ok(Value::Unknown(with_values(eval, unknown, &resolved))),
        None => refuse(eval, path, "has definitions that do not merge"),
    }
}

/// A function whose result is what `merge` makes of the definitions' results.
fn together<'a>(
    eval: &Eval<'a>,
    resolved: Resolved<'a>,
    merge: impl Fn(&Eval<'a>, &'a [Live<'a>]) -> Outcome<'a> + 'a,
) -> Outcome<'a> {
    if let Some(unknown) = unknown_part(&resolved) {
        return Ok(Value::Unknown(with_values(eval, unknown, &resolved)));
    }
    Ok(eval.native("merged functions", 1, move |eval, arguments| {
        let &[argument] = arguments else { return eval.fail("one argument") };
        let result = |live: &Live<'a>| {
            let value = eval.settle(eval.call(live.value, argument))?;
            Ok(Live { definition: Definition { value: eval.done(value), ..live.definition }, value })
        };
        let results = resolved.certain.iter().map(result).collect::<Outcome<'a, Vec<_>>>()?;
        merge(eval, eval.slice(&results))
    }))
}

/// `anything`: sets merge at every depth, functions by their results; other values agree.
pub fn anything<'a>(
    eval: &Eval<'a>,
    configuration: &'a Configuration<'a>,
    path: &'a [Symbol],
    resolved: Resolved<'a>,
) -> Outcome<'a> {
    let known: Vec<_> = resolved.certain.iter().chain(resolved.perhaps).filter(|live| live.is_known()).collect();
    let Some(first) = known.first() else { return equal(eval, path, resolved) };
    let is_text = |value: &Value<'a>| match value {
        Value::Attrs(attrs) => ["outPath", "__toString"].iter().any(|name| attrs.get(Symbol::new(name)).is_some()),
        _ => false,
    };
    let same = |value: &Value<'a>| value.kind() == first.value.kind() && is_text(value) == is_text(&first.value);
    if !resolved.certain.iter().all(|live| !live.is_known() || same(&live.value)) {
        return refuse(eval, path, "has definitions of different types");
    }
    match first.value {
        ref set if is_text(set) => one(eval, path, resolved),
        Value::Attrs(_) => {
            let element = element_type(eval, configuration.world, "anything");
            attrs_of(eval, configuration, path, element, false, resolved)
        }
        Value::Closure(_) | Value::Native(_) => together(eval, resolved, move |eval, results| {
            let resolved = Resolved { certain: results, ..Resolved::default() };
            super::typed(eval, configuration, path, Kind::Anything, resolved)
        }),
        Value::List(_) if resolved.certain.len() < 2 && resolved.perhaps.is_empty() => equal(eval, path, resolved),
        _ => equal(eval, path, resolved),
    }
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
        return separated(eval, "\n", resolved);
    }
    if let Some(unknown) = undecided(eval, &resolved) {
        return Ok(Value::Unknown(unknown));
    }
    match equal(eval, path, resolved) {
        Err(Stop::Error(error)) if resolved.certain.len() > 1 && error.kind == ErrorKind::Thrown => {
            let why = eval.unknown(Reason::Merge(eval.text(&dotted(path))), None);
            Ok(Value::Unknown(with_values(eval, why, &resolved)))
        }
        outcome => outcome,
    }
}
