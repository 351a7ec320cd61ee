//! What each expression means.

use super::select::absence;
use super::{Attr, Eval, List, Outcome, State, Str, Thunk, Value};
use crate::nix::ir::{Attrs as AttrsExpr, Binding, BindingValue, Bindings, Expr, Node, Span, Var};
use crate::nix::path;
use crate::nix::symbol::Symbol;
use crate::nix::unknown::{ErrorKind, Stop, Unknown};
use crate::nix::value::{AttrPlace, Binds, Closure, Frame, Scope};

impl<'a> Eval<'a> {
    /// Evaluates an expression to weak head normal form.
    pub fn eval(&self, node: &'a Node, scope: Scope<'a>) -> Outcome<'a> {
        match &node.expr {
            Expr::Int(number) => Ok(Value::Int(*number)),
            Expr::Float(number) => Ok(Value::Float(*number)),
            Expr::String(text) => Ok(self.literal(text, node.span)),
            Expr::Interpolated(parts) => self.interpolate(parts, scope, node.span),
            Expr::Path { base, parts } => self.path_literal(*base, parts, scope, node.span),
            // Whatever the search path leads to is no part of the repository.
            Expr::SearchPath(name) => Ok(self.path(&path::of_input(name))),
            Expr::Var(var) => self.force(self.variable(var, scope, node.span)?),
            Expr::List(items) => {
                let items = self.slice_of(items.iter().map(|item| self.suspend(item, scope)));
                Ok(self.list_of(List { items, open: None }))
            }
            Expr::Attrs(attrs) => self.attribute_set(attrs, scope),
            Expr::Let { bindings, body } => {
                let scope = self.let_scope(bindings, scope)?;
                self.nested(body, scope)
            }
            Expr::With { scope: set, body } => {
                let binds = Binds::With(self.suspend(set, scope));
                let scope = self.alloc(Frame { up: scope, binds });
                self.nested(body, Some(scope))
            }
            Expr::Assert { condition, body } => {
                if self.condition(condition, scope)? {
                    self.nested(body, scope)
                } else {
                    Err(self.error(ErrorKind::Thrown, Some(condition.span), "assertion failed"))
                }
            }
            Expr::If { condition, then, otherwise } => self.if_else(condition, then, otherwise, scope),
            Expr::Apply { function, arguments } => self.apply(function, arguments, scope, node.span),
            Expr::Lambda(lambda) => Ok(Value::Closure(self.alloc(Closure { lambda, span: node.span, scope }))),
            Expr::Select { subject, path, default } => self.select(subject, path, default.as_deref(), scope, node.span),
            Expr::Has { subject, path } => self.has(subject, path, scope),
            Expr::Not(operand) => Ok(Value::Bool(!self.condition(operand, scope)?)),
            Expr::Negate(operand) => self.negate(operand, scope),
            Expr::And(left, right) => Ok(Value::Bool(self.condition(left, scope)? && self.condition(right, scope)?)),
            Expr::Or(left, right) => Ok(Value::Bool(self.condition(left, scope)? || self.condition(right, scope)?)),
            Expr::Implies(left, right) => {
                Ok(Value::Bool(!self.condition(left, scope)? || self.condition(right, scope)?))
            }
            Expr::Binary(operator, left, right) => self.binary(*operator, left, right, scope, node.span),
            Expr::CurrentPosition => Ok(self.position(node.span)),
        }
    }

    /// Evaluates a part of an expression that is being evaluated, one level deeper.
    pub(super) fn nested(&self, node: &'a Node, scope: Scope<'a>) -> Outcome<'a> {
        let _depth = self.limits.enter(self)?;
        self.eval(node, scope)
    }

    fn condition(&self, node: &'a Node, scope: Scope<'a>) -> Outcome<'a, bool> {
        match self.nested(node, scope)? {
            Value::Bool(value) => Ok(value),
            Value::Unknown(unknown) => Err(Stop::Unknown(unknown)),
            other => Err(self.error(
                ErrorKind::Other,
                Some(node.span),
                &format!("value is {} while a Boolean was expected", other.kind()),
            )),
        }
    }

    /// Where the condition is unknown, so is the result; both branches went into it.
    fn if_else(&self, condition: &'a Node, then: &'a Node, otherwise: &'a Node, scope: Scope<'a>) -> Outcome<'a> {
        match self.condition(condition, scope) {
            Ok(true) => self.nested(then, scope),
            Ok(false) => self.nested(otherwise, scope),
            Err(Stop::Unknown(unknown)) if !unknown.is_limit() => {
                let branches = [self.suspend(then, scope), self.suspend(otherwise, scope)];
                Ok(Value::Unknown(self.unknown_with(unknown, &branches)))
            }
            Err(stop) => Err(stop),
        }
    }

    /// The thunk of a variable.
    fn variable(&self, var: &'a Var, scope: Scope<'a>, span: Span) -> Outcome<'a, &'a Thunk<'a>> {
        match var {
            Var::Local { depth, slot, name } => match self.local(*depth, *slot, scope) {
                Some(thunk) => Ok(thunk),
                None => self.undefined(*name, scope, span),
            },
            Var::With { scopes, name } => match self.bound_by_import(*name, scope) {
                Some(thunk) => Ok(thunk),
                None => self.with_variable(scopes, *name, scope, span),
            },
            Var::Global(name) => {
                let global = || self.global(*name).map(|value| self.done(value));
                match self.bound_by_import(*name, scope).or_else(global) {
                    Some(thunk) => Ok(thunk),
                    None => self.undefined(*name, scope, span),
                }
            }
        }
    }

    pub(super) fn local(&self, depth: u32, slot: u32, scope: Scope<'a>) -> Option<&'a Thunk<'a>> {
        match frame(scope, depth)?.binds {
            Binds::Slots(slots) => slots.get(slot as usize).copied(),
            Binds::With(_) | Binds::Import(_) => None,
        }
    }

    fn undefined(&self, name: Symbol, scope: Scope<'a>, span: Span) -> Outcome<'a, &'a Thunk<'a>> {
        if let Some(attrs) = self.import_scope(scope).filter(|attrs| attrs.open.is_some()) {
            return Ok(self.lazy(move |eval| eval.select_name(Value::Attrs(attrs), name, Some(span))));
        }
        Err(self.error(ErrorKind::Other, Some(span), &format!("undefined variable '{name}'")))
    }

    /// The innermost `with` that holds the name gives it. One that may hold it (an open set, as of
    /// packages) makes it unknown, unless an outer one surely holds it: then it is assumed that the
    /// inner one does not. One that holds it under an unknown condition makes it unknown, unless no
    /// outer one can hold it: then Nix would fail where the condition is false.
    fn with_variable(&self, depths: &[u32], name: Symbol, scope: Scope<'a>, span: Span) -> Outcome<'a, &'a Thunk<'a>> {
        let mut open = None;
        let mut conditional: Vec<(&'a Unknown<'a>, &'a Thunk<'a>)> = Vec::new();
        let mut sure = None;
        for &depth in depths {
            let Some(Binds::With(set)) = frame(scope, depth).map(|frame| frame.binds) else { continue };
            match self.force(set)? {
                Value::Attrs(attrs) => {
                    match attrs.get(name).map(|attr| (attr, absence(attr))) {
                        Some((attr, Some(why))) => conditional.push((why, attr.value)),
                        Some((attr, None)) => {
                            sure = Some(self.value_of(attr));
                            break;
                        }
                        None => {}
                    }
                    if let Some(opening) = attrs.open {
                        open = open.or(Some((opening.why, set)));
                    }
                }
                Value::Unknown(unknown) => open = open.or(Some((unknown, set))),
                other => {
                    let message = format!("value is {} while a set was expected", other.kind());
                    return Err(self.error(ErrorKind::Other, Some(span), &message));
                }
            }
        }
        match (conditional.as_slice(), sure, open) {
            ([], Some(value), open) => {
                if let Some((why, _)) = open {
                    self.assume(why);
                }
                Ok(value)
            }
            ([], None, Some((_, set))) => Ok(self.lazy(move |eval| {
                let value = eval.force(set)?;
                eval.select_name(value, name, Some(span))
            })),
            ([], None, None) => self.undefined(name, scope, span),
            (&[(_, value)], None, None) => Ok(value),
            (&[(why, _), ..], sure, _) => {
                let values: Vec<_> = conditional.iter().map(|(_, value)| *value).chain(sure).collect();
                Ok(self.done(Value::Unknown(self.unknown_with(why, &values))))
            }
        }
    }

    /// The names that an expression binds around its value: those of the `let`s that it begins with, outermost
    /// first.
    pub fn bound_around(&self, node: &'a Node) -> Outcome<'a, Vec<Attr<'a>>> {
        let (mut node, mut scope) = (node, None);
        let mut bound = Vec::new();
        loop {
            match &node.expr {
                Expr::Let { bindings, body } => {
                    let (inner, slots) = self.recursive_frame(bindings, scope)?;
                    bound.extend(bindings.bindings.iter().zip(slots).map(|(binding, value)| Attr {
                        name: binding.name,
                        value,
                        place: AttrPlace::Written(binding.span),
                        doubt: None,
                    }));
                    (node, scope) = (&**body, inner);
                }
                Expr::With { scope: set, body } => {
                    let binds = Binds::With(self.suspend(set, scope));
                    let frame: &'a Frame<'a> = self.alloc(Frame { up: scope, binds });
                    (node, scope) = (&**body, Some(frame));
                }
                _ => return Ok(bound),
            }
        }
    }

    fn let_scope(&self, bindings: &'a Bindings, scope: Scope<'a>) -> Outcome<'a, Scope<'a>> {
        let (inner, _) = self.recursive_frame(bindings, scope)?;
        Ok(inner)
    }

    /// A frame whose bindings see each other.
    fn recursive_frame(
        &self,
        bindings: &'a Bindings,
        outer: Scope<'a>,
    ) -> Outcome<'a, (Scope<'a>, &'a [&'a Thunk<'a>])> {
        let slots = self.slice_of(bindings.bindings.iter().map(|_| self.thunk(State::Busy)));
        let frame = self.alloc(Frame { up: outer, binds: Binds::Slots(slots) });
        let inner = Some(frame);
        let sources = self.slice_of(bindings.inherit_sources.iter().map(|source| self.suspend(source, inner)));
        for (binding, thunk) in bindings.bindings.iter().zip(slots) {
            let value = self.binding(binding, sources, outer, inner)?;
            thunk.state.set(match (value.state.get(), &binding.value) {
                (done @ State::Done { .. }, value) if !is_variable(value) => done,
                // Another variable's code must run once, where it is bound.
                (fresh @ (State::Code { .. } | State::Lazy(_)), value) if !is_variable(value) => fresh,
                _ => State::Lazy(self.alloc(move |eval: &Eval<'a>| eval.force(value))),
            });
        }
        Ok((inner, slots))
    }

    fn binding(
        &self,
        binding: &'a Binding,
        sources: &[&'a Thunk<'a>],
        outer: Scope<'a>,
        inner: Scope<'a>,
    ) -> Outcome<'a, &'a Thunk<'a>> {
        match &binding.value {
            BindingValue::Plain(node) => Ok(self.suspend(node, inner)),
            BindingValue::Inherit(var) => match var {
                // A `with` is looked into only when the variable is needed.
                Var::With { .. } => {
                    let span = binding.span;
                    Ok(self.lazy(move |eval| eval.force(eval.variable(var, outer, span)?)))
                }
                _ => {
                    let thunk = self.variable(var, outer, binding.span)?;
                    Ok(self.lazy(move |eval| eval.force(thunk)))
                }
            },
            BindingValue::InheritFrom(index) => {
                let Some(&source) = sources.get(*index as usize) else { return self.fail("inherit without a source") };
                let (name, span) = (binding.name, binding.span);
                Ok(self.lazy(move |eval| {
                    let value = eval.force(source)?;
                    eval.select_name(value, name, Some(span))
                }))
            }
        }
    }

    fn attribute_set(&self, expr: &'a AttrsExpr, scope: Scope<'a>) -> Outcome<'a> {
        let bindings = &expr.bindings;
        let mut entries: Vec<Attr<'a>> = Vec::with_capacity(bindings.bindings.len() + expr.dynamic.len());
        let entry = |binding: &'a Binding, value| Attr {
            name: binding.name,
            value,
            place: AttrPlace::Written(binding.span),
            doubt: None,
        };
        let mut open = None;
        let inner = if expr.recursive {
            let (inner, slots) = self.recursive_frame(bindings, scope)?;
            let slot = |&place: &u32| {
                let place = place as usize;
                Some(entry(bindings.bindings.get(place)?, slots.get(place).copied()?))
            };
            entries.extend(expr.by_name.iter().filter_map(slot));
            let overrides = Symbol::new("__overrides");
            if let Some(overrides) = entries.iter().find(|attr| attr.name == overrides).copied() {
                open = self.override_slots(overrides.value, &mut entries)?;
            }
            inner
        } else {
            let sources = self.slice_of(bindings.inherit_sources.iter().map(|source| self.suspend(source, scope)));
            for binding in expr.by_name.iter().filter_map(|&place| bindings.bindings.get(place as usize)) {
                entries.push(entry(binding, self.binding(binding, sources, scope, scope)?));
            }
            scope
        };
        for dynamic in &expr.dynamic {
            let name = match self.settle(self.nested(&dynamic.name, inner))? {
                Value::Null => continue,
                name => name,
            };
            let value = self.suspend(&dynamic.value, inner);
            if let Value::Unknown(unknown) = name {
                // Its value is in the set under some name.
                open = Some(self.unknown_with(open.unwrap_or(unknown), &[value]));
                continue;
            }
            let attr = dynamic_attr(self.as_string(name)?, value, dynamic.name.span);
            if entries.iter().any(|other| other.name == attr.name) {
                let message = "a dynamic attribute is defined already";
                return Err(self.error(ErrorKind::Other, Some(dynamic.name.span), message));
            }
            entries.push(attr);
        }
        let entries = if expr.dynamic.is_empty() { self.slice(&entries) } else { self.sorted(entries) };
        let open = open.map(|why| crate::nix::value::Open { why, absent: None });
        Ok(self.attrs_of(super::Attrs { entries, open }))
    }

    /// What the `__overrides` of a recursive set holds takes the place of its attributes, for the others
    /// too. What else it may hold is unknown.
    fn override_slots(
        &self,
        overrides: &'a Thunk<'a>,
        entries: &mut Vec<Attr<'a>>,
    ) -> Outcome<'a, Option<&'a Unknown<'a>>> {
        let overrides = self.force_attrs(overrides)?;
        for attr in overrides.entries {
            let value = self.value_of(attr);
            match entries.iter_mut().find(|entry| entry.name == attr.name) {
                Some(entry) => {
                    entry.value.state.set(State::Lazy(self.alloc(move |eval: &Eval<'a>| eval.force(value))));
                    entry.place = attr.place;
                }
                None => entries.push(*attr),
            }
        }
        entries.sort_by_key(|attr| attr.name);
        Ok(overrides.open.map(|open| open.why))
    }

    /// `{ file, line, column }` as `unsafeGetAttrPos` and `__curPos` give it.
    pub fn position(&self, span: Span) -> Value<'a> {
        let Some(place) = self.program.place(span) else { return Value::Null };
        let file = self.string(&crate::nix::path::in_repository(&place.path));
        self.attrs(vec![
            self.attr("file", self.done(file)),
            self.attr("line", self.done(Value::Int(i64::from(place.start.line)))),
            self.attr("column", self.done(Value::Int(i64::from(place.start.column)))),
        ])
    }
}

fn dynamic_attr<'a>(name: &Str<'a>, value: &'a Thunk<'a>, span: Span) -> Attr<'a> {
    Attr { name: Symbol::new(name.text), value, place: AttrPlace::Written(span), doubt: None }
}

fn is_variable(value: &BindingValue) -> bool {
    matches!(value, BindingValue::Plain(Node { expr: Expr::Var(_), .. }))
}

fn frame<'a>(scope: Scope<'a>, depth: u32) -> Option<&'a Frame<'a>> {
    let mut frame = scope?;
    for _ in 0..depth {
        frame = frame.up?;
    }
    Some(frame)
}
