//! Calling functions.

use super::{Eval, Outcome, State, Thunk, Value};
use crate::nix::ir::{Lambda, Node, Param, Span};
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
            Stop::Error(error) if error.span.is_none() => {
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
                let functor = self.force(functor.value)?;
                let applied = self.settle(self.call(functor, self.done(Value::Attrs(attrs))))?;
                self.call(applied, argument)
            }
            (None, Some(open)) => Ok(Value::Unknown(self.unknown_with(open.why, &[argument]))),
            (None, None) => self.fail("attempt to call something which is not a function but a set"),
        }
    }

    fn call_native(&self, native: &'a Native<'a>, argument: &'a Thunk<'a>) -> Outcome<'a> {
        let arguments: Vec<_> = native.applied.iter().copied().chain([argument]).collect();
        if arguments.len() < native.arity {
            return Ok(Value::Native(self.alloc(Native { applied: self.slice(&arguments), ..*native })));
        }
        match (native.run)(self, &arguments) {
            // What the function was given stays findable in the unknown that it gives.
            Err(Stop::Unknown(unknown)) if !unknown.is_limit() => {
                Ok(Value::Unknown(self.unknown_with(unknown, &arguments)))
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
        let mut slots: Vec<&'a Thunk<'a>> = Vec::with_capacity(formals.len() + 1);
        for formal in formals {
            let attr = attrs.and_then(|attrs| attrs.get(formal.name));
            let slot = match (attr, &formal.default) {
                (Some(attr), _) => attr.value,
                // Set below, when there is a frame to see.
                (None, Some(_)) if attrs.is_some_and(|attrs| attrs.open.is_none()) => self.thunk(State::Busy),
                (None, _) if attrs.is_none_or(|attrs| attrs.open.is_some()) => {
                    let name = formal.name;
                    self.lazy(move |eval| eval.select_name(given, name, None))
                }
                (None, _) => {
                    let message = format!("function called without required argument '{}'", formal.name);
                    return Err(self.error(ErrorKind::Other, None, &message));
                }
            };
            slots.push(slot);
        }
        if let (Some(attrs), false) = (attrs, *ellipsis) {
            let unexpected = |name: Symbol| !formals.iter().any(|formal| formal.name == name);
            if attrs.entries.len() > formals.len()
                && let Some(attr) = attrs.entries.iter().find(|attr| unexpected(attr.name))
            {
                return self.fail(&format!("function called with unexpected argument '{}'", attr.name));
            }
        }
        if whole.is_some() {
            slots.push(argument);
        }
        let slots = self.slice(&slots);
        let frame = self.alloc(Frame { up: closure.scope, binds: Binds::Slots(slots) });
        for (formal, slot) in formals.iter().zip(slots) {
            if let (Some(default), State::Busy) = (&formal.default, slot.state.get())
                && attrs.is_some_and(|attrs| attrs.get(formal.name).is_none())
            {
                slot.state.set(State::Code { node: default, scope: Some(frame) });
            }
        }
        self.nested(body, Some(frame))
    }
}
