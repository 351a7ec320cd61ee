//! Single fields as facts; one that is not known is noted with its reason.

use super::places::spot;
use super::{Reader, why};
use crate::manifest::{Fact, SopsFile, Spot, Unknown as UnknownFact};
use crate::nix::path;
use crate::nix::unknown::Stop;
use crate::nix::value::{Outcome, Value};

impl<'a> Reader<'a, '_> {
    pub(super) fn file(&mut self, secret: &str, value: Outcome<'a>) -> Fact<SopsFile> {
        match value {
            Ok(value @ (Value::Path(_) | Value::String(_))) => file_of(value).into(),
            Ok(Value::Attrs(attrs)) => {
                let coerced = self.eval.coerce(Value::Attrs(attrs), crate::nix::eval::Coercion::Plain);
                self.file(secret, coerced.map(Value::String))
            }
            other => {
                self.note_value(Some(secret), "sopsFile", other);
                Fact::Unknown
            }
        }
    }

    pub(super) fn text(&mut self, secret: Option<&str>, field: &str, value: Outcome<'a>) -> Fact<String> {
        match value {
            Ok(Value::String(text)) => Fact::Known(path::display(text.text)),
            Ok(Value::Path(text)) => Fact::Known(path::display(text)),
            other => {
                self.note_value(secret, field, other);
                Fact::Unknown
            }
        }
    }

    pub(super) fn nullable(&mut self, secret: Option<&str>, field: &str, value: Outcome<'a>) -> Fact<Option<String>> {
        match value {
            Ok(Value::Null) => Fact::Known(None),
            other => match self.text(secret, field, other) {
                Fact::Known(text) => Fact::Known(Some(text)),
                Fact::Unknown => Fact::Unknown,
            },
        }
    }

    pub(super) fn bool(&mut self, secret: Option<&str>, field: &str, value: Outcome<'a>) -> Fact<bool> {
        match value {
            Ok(Value::Bool(value)) => Fact::Known(value),
            other => {
                self.note_value(secret, field, other);
                Fact::Unknown
            }
        }
    }

    pub(super) fn texts(&mut self, secret: Option<&str>, field: &str, value: Outcome<'a>) -> Fact<Vec<String>> {
        let list = value.and_then(|value| {
            let list = self.eval.as_list(value)?;
            match list.open {
                Some(open) => Err(Stop::Unknown(open)),
                None => list.items.iter().map(|item| self.eval.force(item)).collect::<Outcome<'a, Vec<_>>>(),
            }
        });
        match list {
            Ok(values) => {
                let texts: Vec<_> = values.into_iter().map(|value| self.text(secret, field, Ok(value))).collect();
                texts.iter().map(|text| text.known().cloned()).collect::<Option<Vec<_>>>().into()
            }
            Err(stop) => {
                self.note(secret, field, stop);
                Fact::Unknown
            }
        }
    }

    pub(super) fn note_value(&mut self, secret: Option<&str>, field: &str, value: Outcome<'a>) {
        match value {
            Ok(Value::Unknown(unknown)) => self.note(secret, field, Stop::Unknown(unknown)),
            Ok(other) => self.push(secret, field, format!("it is {}", other.kind()), None),
            Err(stop) => self.note(secret, field, stop),
        }
    }

    pub(super) fn note(&mut self, secret: Option<&str>, field: &str, stop: Stop<'a>) {
        let span = match stop {
            Stop::Unknown(unknown) => unknown.span,
            Stop::Error(error) => error.span,
        };
        let place = span.and_then(|span| spot(self.eval, span));
        let why = why(self.eval, stop);
        self.push(secret, field, why, place);
    }

    pub(super) fn push(&mut self, secret: Option<&str>, field: &str, why: String, place: Option<Spot>) {
        self.unknowns.push(UnknownFact {
            host: Some(self.host.clone()),
            user: self.user.clone(),
            secret: secret.map(str::to_owned),
            field: field.to_owned(),
            why,
            place,
        });
    }
}

/// The file that a value names.
pub(super) fn file_of(value: Value<'_>) -> Option<SopsFile> {
    let (text, kind) = match value {
        Value::Path(text) => (text, "path"),
        Value::String(text) => (text.text, "string"),
        _ => return None,
    };
    Some(SopsFile { path: path::display(&path::normalise(text)).into(), kind: Some(kind.to_owned()) })
}
