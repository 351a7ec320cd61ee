//! Folds whose every step puts something over a set, as `set: item: set // { … }` does: what the steps add is put
//! together over the set where that is needed, and not copied with all that is there already at every step.

use super::select::absence;
use super::{Attrs, Eval, Outcome, State, Thunk, Value};
use crate::nix::ir::{Expr, Lambda, Node, Operator, Param, Span, Var};
use crate::nix::value::{Binds, Closure, Frame};

/// The set that a fold has made so far.
pub struct Folded<'a> {
    /// Its value.
    pub set: &'a Thunk<'a>,
    /// What it is made of, where it was not put together yet.
    layer: Option<&'a Layer<'a>>,
}

/// A set and what one step puts over it.
struct Layer<'a> {
    under: &'a Thunk<'a>,
    /// What the set under it is made of.
    below: Option<&'a Layer<'a>>,
    over: &'a Attrs<'a>,
}

/// A step `set: item: set // added`.
struct Step<'a> {
    closure: &'a Closure<'a>,
    added: &'a Node,
    span: Span,
}

impl<'a> Step<'a> {
    fn of(function: Value<'a>) -> Option<Self> {
        let Value::Closure(closure) = function else { return None };
        let Lambda { param: Param::Name(_), body } = closure.lambda else { return None };
        let Expr::Lambda(inner) = &body.expr else { return None };
        let Lambda { param: Param::Name(_), body } = &**inner else { return None };
        match &body.expr {
            Expr::Binary(Operator::Update, set, added)
                if matches!(set.expr, Expr::Var(Var::Local { depth: 1, slot: 0, .. })) =>
            {
                Some(Step { closure, added, span: body.span })
            }
            _ => None,
        }
    }
}

impl<'a> Folded<'a> {
    /// What a fold begins with, or what a step gave.
    pub fn plain(set: &'a Thunk<'a>) -> Self {
        Folded { set, layer: None }
    }
}

impl<'a> Eval<'a> {
    /// One step of a fold.
    pub fn fold(&self, function: Value<'a>, folded: &Folded<'a>, item: &'a Thunk<'a>) -> Outcome<'a, Folded<'a>> {
        let set = folded.set;
        // What a fold begins with may be no set.
        let is_set = folded.layer.is_some() || matches!(set.state.get(), State::Done { value: Value::Attrs(_), .. });
        let Some(step) = Step::of(function).filter(|_| is_set) else {
            return Ok(Folded::plain(self.done(self.call_with(function, &[set, item])?)));
        };
        let outer = self.alloc(Frame { up: step.closure.scope, binds: Binds::Slots(self.slice(&[set])) });
        let inner = self.alloc(Frame { up: Some(outer), binds: Binds::Slots(self.slice(&[item])) });
        match self.settle(self.nested(step.added, Some(inner)))? {
            Value::Attrs(over) if is_sure(over) => {
                let layer: &'a Layer<'a> = self.alloc(Layer { under: set, below: folded.layer, over });
                Ok(Folded { set: self.lazy(move |eval| layer.together(eval)), layer: Some(layer) })
            }
            added => {
                let sum = self.settle(self.operated(Operator::Update, self.force(set)?, added, step.span))?;
                Ok(Folded::plain(self.done(sum)))
            }
        }
    }
}

/// Whether all that it holds surely replaces what is under it, and nothing else does.
fn is_sure(attrs: &Attrs<'_>) -> bool {
    attrs.open.is_none() && attrs.entries.iter().all(|attr| absence(attr).is_none())
}

impl<'a> Layer<'a> {
    fn together(&'a self, eval: &Eval<'a>) -> Outcome<'a> {
        let mut layers = vec![self];
        let mut lowest = self;
        while let Some(below) = lowest.below.filter(|_| !matches!(lowest.under.state.get(), State::Done { .. })) {
            layers.push(below);
            lowest = below;
        }
        let all = layers.iter().rev().flat_map(|layer| layer.over.entries).copied().collect();
        eval.update(eval.force(lowest.under)?, eval.attrs(all))
    }
}
