//! The strict infix operators.

use super::limits::LONGEST_PATH;
use super::select::absence;
use super::{Attr, Attrs, Eval, List, Outcome, Value};
use crate::nix::ir::{Node, Operator, Span};
use crate::nix::unknown::{ErrorKind, EvalError, Stop, Unknown};
use crate::nix::value::{Doubt, Open, Scope};

impl<'a> Eval<'a> {
    pub(super) fn binary(
        &self,
        operator: Operator,
        left: &'a Node,
        right: &'a Node,
        scope: Scope<'a>,
        span: Span,
    ) -> Outcome<'a> {
        let left = self.settle(self.nested(left, scope))?;
        let right = self.settle(self.nested(right, scope))?;
        self.operated(operator, left, right, span)
    }

    /// What a strict operator, which stands here, makes of two values.
    pub(super) fn operated(&self, operator: Operator, left: Value<'a>, right: Value<'a>, span: Span) -> Outcome<'a> {
        let outcome = match operator {
            Operator::Add => self.add(left, right, Some(span)),
            Operator::Update => self.update(left, right),
            Operator::Concat => self.concat(left, right),
            Operator::Equal => self.equal(left, right).map(Value::Bool),
            Operator::NotEqual => self.equal(left, right).map(|equal| Value::Bool(!equal)),
            Operator::Less => self.less(left, right).map(Value::Bool),
            Operator::GreaterOrEqual => self.less(left, right).map(|less| Value::Bool(!less)),
            Operator::Greater => self.less(right, left).map(Value::Bool),
            Operator::LessOrEqual => self.less(right, left).map(|less| Value::Bool(!less)),
            Operator::Subtract | Operator::Multiply | Operator::Divide => self.arithmetic(operator, left, right),
        };
        match outcome {
            // What went into an unknown result stays findable in it.
            Err(Stop::Unknown(unknown)) if !unknown.is_limit() => {
                Ok(Value::Unknown(self.unknown_with(unknown, &[self.done(left), self.done(right)])))
            }
            Err(Stop::Error(error)) if error.span.is_none() => {
                Err(Stop::Error(self.alloc(EvalError { span: Some(span), ..*error })))
            }
            outcome => outcome,
        }
    }

    /// `left + right`: numbers, strings, paths.
    pub fn add(&self, left: Value<'a>, right: Value<'a>, span: Option<Span>) -> Outcome<'a> {
        match (left, right) {
            (Value::Int(_) | Value::Float(_), Value::Int(_) | Value::Float(_)) => {
                self.arithmetic(Operator::Add, left, right)
            }
            (Value::Path(path), Value::Unknown(unknown)) => {
                let path = self.done(Value::Path(path));
                Err(Stop::Unknown(self.unknown_with(unknown, &[path])))
            }
            (Value::Path(path), _) => {
                let right = self.coerce(right, super::coerce::Coercion::Plain)?;
                self.limits.size_of_at_most(self, path.len() + right.text.len(), LONGEST_PATH)?;
                Ok(self.path(&format!("{path}{}", right.text)))
            }
            _ => {
                let left = self.coerce(left, super::coerce::Coercion::Plain)?;
                let right = self.coerce(right, super::coerce::Coercion::Plain)?;
                self.limits.size(self, left.text.len() + right.text.len())?;
                let mut joined = String::with_capacity(left.text.len() + right.text.len());
                joined.push_str(left.text);
                joined.push_str(right.text);
                let context = self.join_contexts(&[left.context, right.context]);
                Ok(self.string_of(self.text(&joined), context, span.or(left.origin)))
            }
        }
    }

    pub(super) fn negate(&self, operand: &'a Node, scope: Scope<'a>) -> Outcome<'a> {
        let value = self.nested(operand, scope)?;
        self.arithmetic(Operator::Subtract, Value::Int(0), value)
    }

    /// Integers overflow as an error, as in current Nix.
    pub fn arithmetic(&self, operator: Operator, left: Value<'a>, right: Value<'a>) -> Outcome<'a> {
        match (left, right) {
            (Value::Int(a), Value::Int(b)) => {
                let result = match operator {
                    Operator::Add => a.checked_add(b),
                    Operator::Subtract => a.checked_sub(b),
                    Operator::Multiply => a.checked_mul(b),
                    _ if b == 0 => return self.fail("division by zero"),
                    _ => a.checked_div(b),
                };
                result.map(Value::Int).ok_or_else(|| self.error(ErrorKind::Other, None, "integer overflow"))
            }
            (left, right) => {
                let (a, b) = (self.as_number(left)?, self.as_number(right)?);
                Ok(Value::Float(match operator {
                    Operator::Add => a + b,
                    Operator::Subtract => a - b,
                    Operator::Multiply => a * b,
                    _ if b == 0.0 => return self.fail("division by zero"),
                    _ => a / b,
                }))
            }
        }
    }

    /// `left ++ right`. An unknown side leaves the list open.
    pub fn concat(&self, left: Value<'a>, right: Value<'a>) -> Outcome<'a> {
        let as_list = |value| match value {
            Value::Unknown(unknown) => Ok(List { items: &[], open: Some(unknown) }),
            value => self.as_list(value).copied(),
        };
        if let (Value::Unknown(unknown), Value::Unknown(_)) = (left, right) {
            return Err(Stop::Unknown(unknown));
        }
        let (left, right) = (as_list(left)?, as_list(right)?);
        self.limits.size(self, left.items.len() + right.items.len())?;
        let items = [left.items, right.items].concat();
        Ok(self.list_of(List { items: self.slice(&items), open: left.open.or(right.open) }))
    }

    /// `left // right`. An unknown side leaves the set open; what stands left of something open may
    /// be replaced by it.
    pub fn update(&self, left: Value<'a>, right: Value<'a>) -> Outcome<'a> {
        let as_attrs = |value| match value {
            Value::Unknown(unknown) => {
                Ok(Attrs { entries: &[], open: Some(Open { why: unknown, absent: unknown.absent }) })
            }
            value => self.as_attrs(value).copied(),
        };
        if let (Value::Unknown(_), Value::Unknown(unknown)) = (left, right) {
            return Err(Stop::Unknown(self.unknown_with(unknown, &[self.done(left)])));
        }
        let (left, right) = (as_attrs(left)?, as_attrs(right)?);
        let replaced_by = right.open.map(|open| open.why);
        let mut entries: Vec<Attr<'a>> = Vec::with_capacity(left.entries.len() + right.entries.len());
        let (mut mine, mut theirs) = (left.entries.iter().peekable(), right.entries.iter().peekable());
        loop {
            let order = match (mine.peek(), theirs.peek()) {
                (Some(a), Some(b)) => a.name.cmp(&b.name),
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (None, None) => break,
            };
            let under = if order.is_le() { mine.next() } else { None };
            let over = if order.is_ge() { theirs.next() } else { None };
            match (under, over) {
                (Some(under), Some(over)) => entries.push(self.replaced(*under, *over)),
                (Some(under), None) => entries.push(self.perhaps_replaced(*under, replaced_by)),
                (None, Some(over)) => entries.push(*over),
                (None, None) => break,
            }
        }
        let open = right.open.or(left.open);
        Ok(self.attrs_of(Attrs { entries: self.slice(&entries), open }))
    }

    /// An attribute under one of the same name, which may not be there.
    fn replaced(&self, under: Attr<'a>, over: Attr<'a>) -> Attr<'a> {
        match absence(&over) {
            Some(why) => self.perhaps_replaced(under, Some(why)),
            None => over,
        }
    }

    fn perhaps_replaced(&self, attr: Attr<'a>, why: Option<&'a Unknown<'a>>) -> Attr<'a> {
        match (attr.doubt, why) {
            (None, Some(why)) => Attr { doubt: Some(Doubt::Assumed(why)), ..attr },
            // Still perhaps absent; its value rests on not being replaced.
            (Some(Doubt::MaybeAbsent(_)), Some(why)) => Attr { value: self.assuming(why, attr.value), ..attr },
            (Some(Doubt::Assumed(_)), _) | (_, None) => attr,
        }
    }
}
