//! Values as the types that an operation needs. Something unknown stops with its reason.

use super::select::absence;
use super::{Attrs, Eval, List, Mark, Outcome, Str, Symbol, Thunk, Value};
use crate::nix::unknown::Stop;

/// How far a value may be turned into a string.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Coercion {
    /// Interpolation and `+`: strings, paths, sets with `outPath` or `__toString`.
    Plain,
    /// `toString`: also null, numbers, booleans and lists.
    Full,
}

impl<'a> Eval<'a> {
    fn expected<T>(&self, value: Value<'a>, what: &str) -> Outcome<'a, T> {
        match value {
            Value::Unknown(unknown) => Err(Stop::Unknown(unknown)),
            other => self.fail(&format!("value is {} while {what} was expected", other.kind())),
        }
    }

    /// A set.
    pub fn as_attrs(&self, value: Value<'a>) -> Outcome<'a, &'a Attrs<'a>> {
        match value {
            Value::Attrs(attrs) => Ok(attrs),
            other => self.expected(other, "a set"),
        }
    }

    /// A list.
    pub fn as_list(&self, value: Value<'a>) -> Outcome<'a, &'a List<'a>> {
        match value {
            Value::List(list) => Ok(list),
            other => self.expected(other, "a list"),
        }
    }

    /// A string; nothing is coerced.
    pub fn as_string(&self, value: Value<'a>) -> Outcome<'a, &'a Str<'a>> {
        match value {
            Value::String(text) => Ok(text),
            other => self.expected(other, "a string"),
        }
    }

    /// A boolean.
    pub fn as_bool(&self, value: Value<'a>) -> Outcome<'a, bool> {
        match value {
            Value::Bool(value) => Ok(value),
            other => self.expected(other, "a Boolean"),
        }
    }

    /// An integer.
    pub fn as_int(&self, value: Value<'a>) -> Outcome<'a, i64> {
        match value {
            Value::Int(value) => Ok(value),
            other => self.expected(other, "an integer"),
        }
    }

    /// A number, as a float.
    pub fn as_number(&self, value: Value<'a>) -> Outcome<'a, f64> {
        match value {
            Value::Int(value) => Ok(value as f64),
            Value::Float(value) => Ok(value),
            other => self.expected(other, "a number"),
        }
    }

    /// [`Eval::as_attrs`] of a thunk.
    pub fn force_attrs(&self, thunk: &'a Thunk<'a>) -> Outcome<'a, &'a Attrs<'a>> {
        self.as_attrs(self.force(thunk)?)
    }

    /// [`Eval::as_list`] of a thunk.
    pub fn force_list(&self, thunk: &'a Thunk<'a>) -> Outcome<'a, &'a List<'a>> {
        self.as_list(self.force(thunk)?)
    }

    /// [`Eval::as_string`] of a thunk.
    pub fn force_string(&self, thunk: &'a Thunk<'a>) -> Outcome<'a, &'a Str<'a>> {
        self.as_string(self.force(thunk)?)
    }

    /// [`Eval::as_bool`] of a thunk.
    pub fn force_bool(&self, thunk: &'a Thunk<'a>) -> Outcome<'a, bool> {
        self.as_bool(self.force(thunk)?)
    }

    /// [`Eval::as_int`] of a thunk.
    pub fn force_int(&self, thunk: &'a Thunk<'a>) -> Outcome<'a, i64> {
        self.as_int(self.force(thunk)?)
    }

    /// A value as a string, the way interpolation or `toString` does it.
    pub fn coerce(&self, value: Value<'a>, coercion: Coercion) -> Outcome<'a, &'a Str<'a>> {
        let _depth = self.limits.enter(self)?;
        let plain = |text: &str| self.alloc(Str { text: self.text(text), context: &[], origin: None });
        match value {
            Value::String(text) => Ok(text),
            Value::Path(path) => Ok(self.alloc(Str { text: path, context: &[], origin: None })),
            Value::Attrs(attrs) => self.coerce_attrs(attrs, coercion),
            Value::Null if coercion == Coercion::Full => Ok(plain("")),
            Value::Bool(value) if coercion == Coercion::Full => Ok(plain(if value { "1" } else { "" })),
            Value::Int(value) if coercion == Coercion::Full => Ok(plain(&value.to_string())),
            Value::Float(value) if coercion == Coercion::Full => Ok(plain(&format!("{value:.6}"))),
            Value::List(list) if coercion == Coercion::Full => self.coerce_list(list),
            Value::Unknown(unknown) => Err(Stop::Unknown(unknown)),
            other => self.fail(&format!("cannot coerce {} to a string", other.kind())),
        }
    }

    fn coerce_attrs(&self, attrs: &'a Attrs<'a>, coercion: Coercion) -> Outcome<'a, &'a Str<'a>> {
        if let Some(to_string) = attrs.get(Symbol::new("__toString")) {
            let other_way = attrs.open.is_some() || attrs.get(Symbol::new("outPath")).is_some();
            if let (Some(why), true) = (absence(to_string), other_way) {
                return Err(Stop::Unknown(self.unknown_with(why, &[to_string.value])));
            }
            let function = self.force(self.value_now(to_string))?;
            let text = self.settle(self.call(function, self.done(Value::Attrs(attrs))))?;
            return self.coerce(text, coercion);
        }
        match (attrs.get(Symbol::new("outPath")), attrs.open) {
            (Some(path), _) => self.coerce(self.force(self.value_now(path))?, coercion),
            (None, Some(open)) => Err(Stop::Unknown(open.why)),
            (None, None) => self.fail("cannot coerce a set to a string"),
        }
    }

    fn coerce_list(&self, list: &'a List<'a>) -> Outcome<'a, &'a Str<'a>> {
        let mut parts = Vec::with_capacity(list.items.len());
        let mut text = String::new();
        for (index, item) in list.items.iter().enumerate() {
            let value = self.force(item)?;
            let part = self.coerce(value, Coercion::Full)?;
            text.push_str(part.text);
            self.limits.size(self, text.len())?;
            parts.push(part);
            // As in Nix, no space follows an empty list, though one comes before it.
            let empty_list = matches!(value, Value::List(list) if list.items.is_empty());
            if index + 1 < list.items.len() && !empty_list {
                text.push(' ');
            }
        }
        if let Some(open) = list.open {
            return Err(Stop::Unknown(open));
        }
        let context = self.join_contexts(&parts.iter().map(|part| part.context).collect::<Vec<_>>());
        Ok(self.alloc(Str { text: self.text(&text), context, origin: None }))
    }

    /// The union of several string contexts.
    pub fn join_contexts(&self, contexts: &[&'a [Mark<'a>]]) -> &'a [Mark<'a>] {
        let mut filled = contexts.iter().filter(|context| !context.is_empty());
        match (filled.next(), filled.next()) {
            (None, _) => &[],
            (Some(only), None) => only,
            _ => {
                let mut all: Vec<_> = contexts.iter().copied().flatten().copied().collect();
                all.sort();
                all.dedup();
                self.slice(&all)
            }
        }
    }
}
