//! JSON and TOML.

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, Serializer};

use super::{Function, arguments};
use crate::nix::eval::Coercion;
use crate::nix::eval::Eval;
use crate::nix::symbol::Symbol;
use crate::nix::unknown::Stop;
use crate::nix::value::{Mark, Outcome, Str, Thunk, Value};

pub const FUNCTIONS: &[Function] = &[
    Function { name: "fromJSON", arity: 1, run: from_json },
    Function { name: "fromTOML", arity: 1, run: from_toml },
    Function { name: "toJSON", arity: 1, run: to_json },
];

/// What went into a JSON text besides its structure.
#[derive(Default)]
pub struct Inside<'a> {
    contexts: Vec<&'a [Mark<'a>]>,
    /// Bytes of the text at least.
    size: usize,
}

impl<'a> Inside<'a> {
    fn text(&mut self, text: &Str<'a>) -> serde_json::Value {
        self.contexts.push(text.context);
        self.size += text.text.len();
        text.text.into()
    }
}

/// A value as JSON, as `builtins.toJSON` has it. Nothing in it may be unknown. What several places
/// share is written at each, so the size of the text is bounded apart from that of the value.
pub fn json_of<'a>(eval: &Eval<'a>, value: Value<'a>, inside: &mut Inside<'a>) -> Outcome<'a, serde_json::Value> {
    let _depth = eval.limits.enter(eval)?;
    inside.size += 1;
    eval.limits.size(eval, inside.size)?;
    Ok(match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(value) => value.into(),
        Value::Int(value) => value.into(),
        Value::Float(value) => value.into(),
        Value::String(_) | Value::Path(_) => {
            let text = eval.coerce(value, Coercion::Plain)?;
            inside.text(text)
        }
        Value::List(list) => {
            if let Some(why) = list.open {
                return Err(Stop::Unknown(why));
            }
            let items = list.items.iter().map(|item| json_of(eval, eval.force(item)?, inside));
            serde_json::Value::Array(items.collect::<Outcome<'a, _>>()?)
        }
        Value::Attrs(attrs) => {
            if attrs.get(Symbol::new("__toString")).is_some() {
                let text = eval.coerce(value, Coercion::Plain)?;
                return Ok(inside.text(text));
            }
            if let Some(path) = attrs.get(Symbol::new("outPath")) {
                return json_of(eval, eval.force(path.value)?, inside);
            }
            if let Some(open) = attrs.open {
                return Err(Stop::Unknown(open.why));
            }
            let mut object = serde_json::Map::new();
            for attr in attrs.entries {
                if let Some(crate::nix::value::Doubt::MaybeAbsent(why)) = attr.doubt {
                    return Err(Stop::Unknown(why));
                }
                let value = eval.select_name(value, attr.name, None)?;
                inside.size += attr.name.as_str().len();
                object.insert(attr.name.as_str().to_owned(), json_of(eval, value, inside)?);
            }
            serde_json::Value::Object(object)
        }
        Value::Closure(_) | Value::Native(_) => return eval.fail("cannot convert a function to JSON"),
        Value::Unknown(why) => return Err(Stop::Unknown(why)),
    })
}

fn to_json<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [value] = arguments(eval, args)?;
    let mut inside = Inside::default();
    let json = json_of(eval, eval.force(value)?, &mut inside)?;
    let mut text = Vec::new();
    let written = json.serialize(&mut Serializer::with_formatter(&mut text, NixFormatter));
    match (written, std::str::from_utf8(&text)) {
        (Ok(()), Ok(text)) => Ok(eval.string_of(eval.text(text), eval.join_contexts(&inside.contexts), None)),
        _ => eval.fail("cannot write JSON"),
    }
}

/// Compact JSON, floats as Nix (its library nlohmann/json) prints them.
struct NixFormatter;

impl Formatter for NixFormatter {
    fn write_f64<W: std::io::Write + ?Sized>(&mut self, writer: &mut W, number: f64) -> std::io::Result<()> {
        let exponential = format!("{number:e}");
        match exponential.split_once('e').and_then(|(digits, exponent)| Some((digits, exponent.parse::<i32>().ok()?))) {
            Some((digits, exponent)) if !(-4..15).contains(&exponent) => {
                let sign = if exponent < 0 { '-' } else { '+' };
                write!(writer, "{digits}e{sign}{:02}", exponent.abs())
            }
            _ => CompactFormatter.write_f64(writer, number),
        }
    }
}

fn from_json<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [text] = arguments(eval, args)?;
    let text = eval.force_string(text)?.text;
    eval.json(text, || match serde_json::from_str::<serde_json::Value>(text) {
        Ok(json) => value_of_json(eval, &json),
        // The parser's message names places and kinds, no content.
        Err(_) => eval.fail("failed to parse JSON"),
    })
}

/// A JSON text's value; the parser has bounded its depth.
fn value_of_json<'a>(eval: &Eval<'a>, json: &serde_json::Value) -> Outcome<'a> {
    let _depth = eval.limits.enter(eval)?;
    Ok(match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(whole), _, _) => Value::Int(whole),
            (None, Some(_), _) => return eval.fail("an unsigned number is too large"),
            (None, None, Some(number)) => Value::Float(number),
            (None, None, None) => return eval.fail("failed to parse JSON: a number"),
        },
        serde_json::Value::String(text) => eval.string(text),
        serde_json::Value::Array(items) => {
            let items = items.iter().map(|item| Ok(eval.done(value_of_json(eval, item)?)));
            eval.list(&items.collect::<Outcome<'a, Vec<_>>>()?)
        }
        serde_json::Value::Object(object) => {
            let entries =
                object.iter().map(|(name, value)| Ok(eval.attr(name, eval.done(value_of_json(eval, value)?))));
            eval.attrs(entries.collect::<Outcome<'a, Vec<_>>>()?)
        }
    })
}

fn from_toml<'a>(eval: &Eval<'a>, args: &[&'a Thunk<'a>]) -> Outcome<'a> {
    let [text] = arguments(eval, args)?;
    match eval.force_string(text)?.text.parse::<toml::Table>() {
        Ok(table) => value_of_toml(eval, &toml::Value::Table(table)),
        Err(_) => eval.fail("failed to parse TOML"),
    }
}

fn value_of_toml<'a>(eval: &Eval<'a>, toml: &toml::Value) -> Outcome<'a> {
    let _depth = eval.limits.enter(eval)?;
    Ok(match toml {
        toml::Value::String(text) => eval.string(text),
        toml::Value::Integer(whole) => Value::Int(*whole),
        toml::Value::Float(number) => Value::Float(*number),
        toml::Value::Boolean(value) => Value::Bool(*value),
        // Nix takes them only with an experimental feature.
        toml::Value::Datetime(_) => return eval.fail("dates and times are not supported"),
        toml::Value::Array(items) => {
            let items = items.iter().map(|item| Ok(eval.done(value_of_toml(eval, item)?)));
            eval.list(&items.collect::<Outcome<'a, Vec<_>>>()?)
        }
        toml::Value::Table(table) => {
            let entries = table.iter().map(|(name, value)| Ok(eval.attr(name, eval.done(value_of_toml(eval, value)?))));
            eval.attrs(entries.collect::<Outcome<'a, Vec<_>>>()?)
        }
    })
}
