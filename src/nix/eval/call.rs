//! Calling functions.

use super::select::absence;
use super::{Attr, Eval, Outcome, State, Thunk, Value};
use crate::nix::ir::{FileId, Formal, Lambda, Node, Param, Span};
use crate::nix::symbol::Symbol;
use crate::nix::unknown::{ErrorKind, EvalError, Stop};
use crate::nix::value::{Attrs, Binds, Closure, Frame, Native, Scope};

impl<'a> Eval<'a> {
    pub(super) fn apply(&self, function: &'a Node, arguments: &'a [Node], scope: Scope<'a>, span: Span) -> Outcome<'a> {
        let mut value = self.settle(self.nested(function, scope))?;
        for argument in arguments {
            let argument = self.suspend(argument, scope);
            value = self.settle(self.call(value, argument)).map_err(|stop| self.placed(stop, span))?;
        }
        Ok(value)
    }

    /// Gives an error of our own functions the place of the call.
    fn placed(&self, stop: Stop<'a>, span: Span) -> Stop<'a> {
        match stop {
            Stop::Error(error) if error.span.is_none_or(|span| span.file == FileId::OWN) => {
                Stop::Error(self.alloc(EvalError { span: Some(span), ..*error }))
            }
            stop => stop,
        }
    }

    /// Calls a function with one argument.
    pub fn call(&self, function: Value<'a>, argument: &'a Thunk<'a>) -> Outcome<'a> {
        let _depth = self.limits.enter(self)?;
        match function {
            Value::Closure(closure) => self.call_closure(closure, argument),
            Value::Native(native) => self.call_native(native, argument),
            Value::Unknown(unknown) => Ok(Value::Unknown(self.unknown_with(unknown, &[argument]))),
            Value::Attrs(attrs) => self.call_functor(attrs, argument),
            other => self.fail(&format!("attempt to call something which is not a function but {}", other.kind())),
        }
    }

    /// Calls a function with several arguments in turn.
    pub fn call_with(&self, function: Value<'a>, arguments: &[&'a Thunk<'a>]) -> Outcome<'a> {
        arguments.iter().try_fold(function, |function, argument| self.settle(self.call(function, argument)))
    }

    fn call_functor(&self, attrs: &'a Attrs<'a>, argument: &'a Thunk<'a>) -> Outcome<'a> {
        match (attrs.get(Symbol::new("__functor")), attrs.open) {
            (Some(functor), _) => {
                let functor = self.force(self.value_now(functor))?;
                let applied = self.settle(self.call(functor, self.done(Value::Attrs(attrs))))?;
                self.call(applied, argument)
            }
            (None, Some(open)) => Ok(Value::Unknown(self.unknown_with(open.why, &[argument]))),
            (None, None) => self.fail("attempt to call something which is not a function but a set"),
        }
    }

    fn call_native(&self, native: &'a Native<'a>, argument: &'a Thunk<'a>) -> Outcome<'a> {
        let arguments = self.appended(native.applied, argument);
        if arguments.len() < native.arity {
            return Ok(Value::Native(self.alloc(Native { applied: arguments, ..*native })));
        }
        match (native.run)(self, arguments) {
            // What the function was given stays findable in the unknown that it gives.
            Err(Stop::Unknown(unknown)) if !unknown.is_limit() => {
                Ok(Value::Unknown(self.unknown_with(unknown, arguments)))
            }
            outcome => outcome,
        }
    }

    fn call_closure(&self, closure: &'a Closure<'a>, argument: &'a Thunk<'a>) -> Outcome<'a> {
        let slots = match &closure.lambda.param {
            Param::Name(_) => self.slice(&[argument]),
            Param::Pattern { .. } => return self.call_pattern(closure, argument),
        };
        let frame = self.alloc(Frame { up: closure.scope, binds: Binds::Slots(slots) });
        self.nested(&closure.lambda.body, Some(frame))
    }

    fn call_pattern(&self, closure: &'a Closure<'a>, argument: &'a Thunk<'a>) -> Outcome<'a> {
        let Lambda { param: Param::Pattern { formals, ellipsis, whole }, body } = closure.lambda else {
            return self.fail("not a pattern");
        };
        let given = self.force(argument)?;
        let attrs = match given {
            Value::Unknown(_) => None,
            value => Some(self.as_attrs(value)?),
        };
        let closed = attrs.is_some_and(|attrs| attrs.open.is_none());
        let mut slots: Vec<&'a Thunk<'a>> = Vec::with_capacity(formals.len() + 1);
        let mut defaults = Vec::new();
        for formal in formals {
            let name = formal.name;
            // Without a default the call fails where it is absent.
            let counts = |attr: &&Attr<'a>| formal.default.is_none() || absence(attr).is_none();
            let slot = match (attrs.and_then(|attrs| attrs.get(name)).filter(counts), &formal.default) {
                (Some(attr), _) => self.value_of(attr),
                (None, Some(default)) => {
                    // Set below, when there is a frame to see.
                    let slot = self.thunk(State::Busy);
                    defaults.push((slot, name, default));
                    slot
                }
                (None, None) if closed => {
                    let message = format!("function called without required argument '{name}'");
                    return Err(self.error(ErrorKind::Other, None, &message));
                }
                (None, None) => self.lazy(move |eval| eval.select_name(given, name, None)),
            };
            slots.push(slot);
        }
        if let (Some(attrs), false) = (attrs, *ellipsis) {
            self.nothing_unexpected(attrs, formals)?;
        }
        if whole.is_some() {
            slots.push(argument);
        }
        let frame = self.alloc(Frame { up: closure.scope, binds: Binds::Slots(self.slice(&slots)) });
        for (slot, name, default) in defaults {
            let default = self.suspend(default, Some(frame));
            slot.state.set(State::Lazy(self.alloc(move |eval: &Eval<'a>| eval.select_or(given, name, default))));
        }
        self.nested(body, Some(frame))
    }

    /// Whether each attribute has a formal. One that may be absent and has none must be absent.
    fn nothing_unexpected(&self, attrs: &Attrs<'a>, formals: &[Formal]) -> Outcome<'a, ()> {
        let expected = |name: Symbol| formals.iter().any(|formal| formal.name == name);
        match attrs.entries.iter().find(|attr| absence(attr).is_none() && !expected(attr.name)) {
            Some(attr) => self.fail(&format!("function called with unexpected argument '{}'", attr.name)),
            None => Ok(()),
        }
    }
}
