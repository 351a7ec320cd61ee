//! Equality and order.

use std::cmp::Ordering;

use super::select::absence;
use super::{Attrs, Eval, List, Outcome, Symbol, Thunk, Value};
use crate::nix::unknown::Stop;

impl<'a> Eval<'a> {
    /// `left == right`. Unknown where it hangs on something unknown; a sure difference elsewhere
    /// decides.
    pub fn equal(&self, left: Value<'a>, right: Value<'a>) -> Outcome<'a, bool> {
        let _depth = self.limits.enter(self)?;
        match (left, right) {
            (Value::Unknown(unknown), _) | (_, Value::Unknown(unknown)) => Err(Stop::Unknown(unknown)),
            (Value::Null, Value::Null) => Ok(true),
            (Value::Bool(a), Value::Bool(b)) => Ok(a == b),
            (Value::Int(a), Value::Int(b)) => Ok(a == b),
            (Value::Int(a), Value::Float(b)) | (Value::Float(b), Value::Int(a)) => Ok(a as f64 == b),
            (Value::Float(a), Value::Float(b)) => Ok(a == b),
            (Value::String(a), Value::String(b)) => Ok(a.text == b.text),
            (Value::Path(a), Value::Path(b)) => Ok(a == b),
            (Value::List(a), Value::List(b)) => self.equal_lists(a, b),
            (Value::Attrs(a), Value::Attrs(b)) => self.equal_attrs(a, b),
            // Functions are never equal.
            _ => Ok(false),
        }
    }

    /// Where the unknown items of an open list stand is not known: only its length can tell.
    fn equal_lists(&self, a: &'a List<'a>, b: &'a List<'a>) -> Outcome<'a, bool> {
        let exceeds = |a: &List<'a>, b: &List<'a>| b.open.is_none() && a.items.len() > b.items.len();
        if exceeds(a, b) || exceeds(b, a) {
            return Ok(false);
        }
        match a.open.or(b.open) {
            Some(open) => Err(Stop::Unknown(open)),
            None => self.all_equal(a.items.iter().copied().zip(b.items.iter().copied()), None),
        }
    }

    fn equal_attrs(&self, a: &'a Attrs<'a>, b: &'a Attrs<'a>) -> Outcome<'a, bool> {
        let out_path = |attrs: &Attrs<'a>| attrs.get(Symbol::new("outPath")).map(|attr| attr.value);
        if let (Some(left), Some(right)) = (out_path(a), out_path(b))
            && self.is_derivation(a)?
            && self.is_derivation(b)?
        {
            return self.equal(self.force(left)?, self.force(right)?);
        }
        let lacks = |a: &Attrs<'a>, b: &Attrs<'a>| {
            b.open.is_none() && a.entries.iter().any(|attr| absence(attr).is_none() && b.get(attr.name).is_none())
        };
        if lacks(a, b) || lacks(b, a) {
            return Ok(false);
        }
        let open = a.open.or(b.open).map(|open| open.why);
        let undecided = open.or_else(|| a.entries.iter().chain(b.entries).find_map(absence));
        // Different values of what may be absent on both sides tell nothing.
        let pairs = a.entries.iter().filter_map(|mine| Some((mine, b.get(mine.name)?)));
        let telling = pairs.filter(|(mine, theirs)| absence(mine).is_none() || absence(theirs).is_none());
        let values = telling.map(|(mine, theirs)| (self.value_now(mine), self.value_now(theirs)));
        self.all_equal(values, undecided.map(Stop::Unknown))
    }

    /// Derivations are equal where their outputs are.
    fn is_derivation(&self, attrs: &Attrs<'a>) -> Outcome<'a, bool> {
        match attrs.get(Symbol::new("type")) {
            Some(kind) => Ok(matches!(self.force(kind.value)?, Value::String(kind) if kind.text == "derivation")),
            None => Ok(false),
        }
    }

    fn all_equal(
        &self,
        pairs: impl Iterator<Item = (&'a Thunk<'a>, &'a Thunk<'a>)>,
        mut undecided: Option<Stop<'a>>,
    ) -> Outcome<'a, bool> {
        for (a, b) in pairs {
            let (left, right) = (self.force(a)?, self.force(b)?);
            if std::ptr::eq(a, b) {
                continue;
            }
            match self.equal(left, right) {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(Stop::Unknown(unknown)) if !unknown.is_limit() => undecided = Some(Stop::Unknown(unknown)),
                Err(stop) => return Err(stop),
            }
        }
        undecided.map_or(Ok(true), Err)
    }

    /// `left < right`.
    pub fn less(&self, left: Value<'a>, right: Value<'a>) -> Outcome<'a, bool> {
        Ok(self.order(left, right)? == Ordering::Less)
    }

    /// The order of two numbers, strings, paths or lists.
    pub fn order(&self, left: Value<'a>, right: Value<'a>) -> Outcome<'a, Ordering> {
        let _depth = self.limits.enter(self)?;
        match (left, right) {
            (Value::Unknown(unknown), _) | (_, Value::Unknown(unknown)) => Err(Stop::Unknown(unknown)),
            (Value::Int(a), Value::Int(b)) => Ok(a.cmp(&b)),
            (Value::Int(_) | Value::Float(_), Value::Int(_) | Value::Float(_)) => {
                let (a, b) = (self.as_number(left)?, self.as_number(right)?);
                Ok(a.partial_cmp(&b).unwrap_or(Ordering::Greater))
            }
            (Value::String(a), Value::String(b)) => Ok(a.text.cmp(b.text)),
            (Value::Path(a), Value::Path(b)) => Ok(a.cmp(b)),
            (Value::List(a), Value::List(b)) => {
                if let Some(open) = a.open.or(b.open) {
                    return Err(Stop::Unknown(open));
                }
                for (a, b) in a.items.iter().zip(b.items) {
                    let (a, b) = (self.force(a)?, self.force(b)?);
                    if !self.equal(a, b)? {
                        return self.order(a, b);
                    }
                }
                Ok(a.items.len().cmp(&b.items.len()))
            }
            (a, b) => self.fail(&format!("cannot compare {} with {}", a.kind(), b.kind())),
        }
    }
}
