//! `subject.a.b or default` and `subject ? a.b`.

use super::{Attr, Eval, Outcome, Thunk, Value};
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
        for (index, step) in path.iter().enumerate() {
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
                    let rest = path.get(index + 1..).unwrap_or_default();
                    if let Some(decided) = self.same_with_or_without(value, name, rest, scope, default) {
                        self.assume(why);
                        return Ok(decided);
                    }
                    return Ok(self.either(value, name, why, default));
                }
            };
        }
        Ok(value)
    }

    /// What `value.name.rest or default` is where nobody can say whether there is such a name: the Boolean
    /// that it is with it and without (`config.services.x.enable or false`).
    fn same_with_or_without(
        &self,
        value: Value<'a>,
        name: Symbol,
        rest: &'a [Name],
        scope: Scope<'a>,
        default: &'a Thunk<'a>,
    ) -> Option<Value<'a>> {
        let with = rest.iter().try_fold(self.select_name(value, name, None), |value, step| {
            Some(self.select_name(value.ok()?, self.attribute_name(step, scope).ok()?, None))
        });
        match (with?.ok()?, self.force(default).ok()?) {
            (Value::Bool(with), Value::Bool(without)) if with == without => Some(Value::Bool(with)),
            _ => None,
        }
    }

    /// An attribute that may be there, or else its default: nobody can say which, both went into it.
    fn either(&self, value: Value<'a>, name: Symbol, why: &'a Unknown<'a>, default: &'a Thunk<'a>) -> Value<'a> {
        let known = match value {
            Value::Attrs(attrs) => attrs.get(name).map(|attr| self.value_of(attr)),
            _ => None,
        };
        let parts: Vec<_> = known.into_iter().chain([default]).collect();
        Value::Unknown(self.unknown_with(why, &parts))
    }

    /// The attribute `name` of a value, or what stands for it where it is not there.
    pub(super) fn select_or(&self, value: Value<'a>, name: Symbol, default: &'a Thunk<'a>) -> Outcome<'a> {
        match self.look_up(value, name)? {
            Found::Attribute(value) => self.force(value),
            Found::Absent => self.force(default),
            Found::Perhaps(why) => Ok(self.either(value, name, why, default)),
        }
    }

    /// The value of an attribute that is read, for later: whoever needs it then rests on what is
    /// assumed of the attribute. One that may be absent would fail where it is not there, so that
    /// whoever has no other way to go on may read it.
    pub fn value_of(&self, attr: &Attr<'a>) -> &'a Thunk<'a> {
        match attr.doubt {
            Some(Doubt::Assumed(why)) => self.assuming(why, attr.value),
            Some(Doubt::MaybeAbsent(_)) | None => attr.value,
        }
    }

    /// [`Eval::value_of`] for use at once.
    pub fn value_now(&self, attr: &Attr<'a>) -> &'a Thunk<'a> {
        if let Some(Doubt::Assumed(why)) = attr.doubt {
            self.assume(why);
        }
        attr.value
    }

    /// A value that rests on an assumption.
    pub fn assuming(&self, why: &'a Unknown<'a>, value: &'a Thunk<'a>) -> &'a Thunk<'a> {
        self.lazy(move |eval| {
            eval.assume(why);
            eval.force(value)
        })
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
            Found::Attribute(_) => {
                // That it is there may be assumed as well as what it is.
                if let Value::Attrs(attrs) = value
                    && let Some(attr) = attrs.get(name)
                {
                    self.value_now(attr);
                }
                Ok(true)
            }
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
                    return self.force(self.value_now(attr));
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
                (Some(attr), _) => match absence(attr) {
                    Some(why) => Found::Perhaps(why),
                    None => Found::Attribute(self.value_of(attr)),
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
        self.alloc(Unknown { path: self.slice(&path), pieces: &[], absent: None, ..*unknown })
    }

    fn attribute_name(&self, name: &'a Name, scope: Scope<'a>) -> Outcome<'a, Symbol> {
        match name {
            Name::Static(symbol, _) => Ok(*symbol),
            Name::Dynamic(node) => Ok(Symbol::new(self.as_string(self.nested(node, scope)?)?.text)),
        }
    }
}

/// Why an attribute may not be there.
pub(super) fn absence<'a>(attr: &Attr<'a>) -> Option<&'a Unknown<'a>> {
    match attr.doubt {
        Some(Doubt::MaybeAbsent(why)) => Some(why),
        Some(Doubt::Assumed(_)) | None => None,
    }
}

fn name_span(name: &Name, whole: Span) -> Span {
    match name {
        Name::Static(_, span) => *span,
        Name::Dynamic(node) => Span { end: whole.end, ..node.span },
    }
}
