//! `subject.a.b or default` and `subject ? a.b`.

use super::{Eval, Outcome, Thunk, Value};
use crate::nix::ir::{Name, Node, Span};
use crate::nix::symbol::Symbol;
use crate::nix::unknown::{ErrorKind, Stop, Unknown};
use crate::nix::value::{Absent, Doubt, Scope};

/// What looking a name up in a value found.
pub enum Found<'a> {
    /// Its value.
    Attribute(&'a Thunk<'a>),
    /// Surely not there.
    Absent,
    /// There or not, nobody can say.
    Perhaps(&'a Unknown<'a>),
}

impl<'a> Eval<'a> {
    pub(super) fn select(
        &self,
        subject: &'a Node,
        path: &'a [Name],
        default: Option<&'a Node>,
        scope: Scope<'a>,
        span: Span,
    ) -> Outcome<'a> {
        let mut value = match (self.settle(self.nested(subject, scope)), default) {
            (Ok(value), _) => value,
            (Err(stop), _) => return Err(stop),
        };
        for step in path {
            let name = self.attribute_name(step, scope)?;
            let Some(default) = default else {
                value = self.settle(self.select_name(value, name, Some(name_span(step, span))))?;
                continue;
            };
            value = match self.look_up(value, name)? {
                Found::Attribute(value) => self.force(value)?,
                Found::Absent => return self.nested(default, scope),
                Found::Perhaps(why) => {
                    let default = self.suspend(default, scope);
                    return Ok(Value::Unknown(self.unknown_with(why, &[default])));
                }
            };
        }
        Ok(value)
    }

    pub(super) fn has(&self, subject: &'a Node, path: &'a [Name], scope: Scope<'a>) -> Outcome<'a> {
        let mut value = self.settle(self.nested(subject, scope))?;
        let Some((last, steps)) = path.split_last() else { return Ok(Value::Bool(true)) };
        for step in steps {
            let name = self.attribute_name(step, scope)?;
            value = match self.look_up(value, name)? {
                Found::Attribute(value) => self.force(value)?,
                Found::Absent => return Ok(Value::Bool(false)),
                Found::Perhaps(why) => return Err(Stop::Unknown(why)),
            };
        }
        let name = self.attribute_name(last, scope)?;
        self.has_name(value, name).map(Value::Bool)
    }

    /// Whether a value has the attribute `name`, whose own value is not looked at.
    pub fn has_name(&self, value: Value<'a>, name: Symbol) -> Outcome<'a, bool> {
        match self.look_up(value, name)? {
            Found::Attribute(_) => Ok(true),
            Found::Absent => Ok(false),
            Found::Perhaps(why) => Err(Stop::Unknown(why)),
        }
    }

    /// The attribute `name` of a value; an error where it is surely not there.
    pub fn select_name(&self, value: Value<'a>, name: Symbol, span: Option<Span>) -> Outcome<'a> {
        match value {
            Value::Unknown(unknown) => match unknown.absent {
                Some(absent) => absent(self, name),
                None => Ok(Value::Unknown(self.unknown_attribute(unknown, name))),
            },
            Value::Attrs(attrs) => {
                if let Some(attr) = attrs.get(name) {
                    if let Some(Doubt::Assumed(why)) = attr.doubt {
                        self.assume(why);
                    }
                    return self.force(attr.value);
                }
                match attrs.open {
                    Some(open) => match open.absent {
                        Some(absent) => absent(self, name),
                        None => Ok(Value::Unknown(self.unknown_attribute(open.why, name))),
                    },
                    None => Err(self.missing(name, attrs, span)),
                }
            }
            other => {
                let message = format!("value is {} while a set was expected", other.kind());
                Err(self.error(ErrorKind::Other, span, &message))
            }
        }
    }

    /// The attribute `name` of a value, or whether it is there at all.
    pub fn look_up(&self, value: Value<'a>, name: Symbol) -> Outcome<'a, Found<'a>> {
        Ok(match value {
            Value::Unknown(unknown) => match unknown.absent {
                Some(absent) => self.found_absent(absent, name)?,
                None => Found::Perhaps(self.unknown_attribute(unknown, name)),
            },
            Value::Attrs(attrs) => match (attrs.get(name), attrs.open) {
                (Some(attr), _) => match attr.doubt {
                    Some(Doubt::MaybeAbsent(why)) => Found::Perhaps(why),
                    _ => Found::Attribute(attr.value),
                },
                (None, Some(open)) => match open.absent {
                    Some(absent) => self.found_absent(absent, name)?,
                    None => Found::Perhaps(self.unknown_attribute(open.why, name)),
                },
                (None, None) => Found::Absent,
            },
            _ => Found::Absent,
        })
    }

    fn found_absent(&self, absent: &Absent<'a>, name: Symbol) -> Outcome<'a, Found<'a>> {
        Ok(match self.settle(absent(self, name)) {
            Ok(Value::Unknown(unknown)) => Found::Perhaps(unknown),
            Ok(value) => Found::Attribute(self.done(value)),
            Err(Stop::Error(error)) if error.kind == ErrorKind::MissingAttribute => Found::Absent,
            Err(stop) => return Err(stop),
        })
    }

    /// An attribute of something unknown.
    pub fn unknown_attribute(&self, unknown: &'a Unknown<'a>, name: Symbol) -> &'a Unknown<'a> {
        let path: Vec<_> = unknown.path.iter().copied().chain([name]).collect();
        self.alloc(Unknown { path: self.slice(&path), absent: None, ..*unknown })
    }

    fn attribute_name(&self, name: &'a Name, scope: Scope<'a>) -> Outcome<'a, Symbol> {
        match name {
            Name::Static(symbol, _) => Ok(*symbol),
            Name::Dynamic(node) => Ok(Symbol::new(self.as_string(self.nested(node, scope)?)?.text)),
        }
    }
}

fn name_span(name: &Name, whole: Span) -> Span {
    match name {
        Name::Static(_, span) => *span,
        Name::Dynamic(node) => Span { end: whole.end, ..node.span },
    }
}
