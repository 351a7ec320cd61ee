//! Equality and order.

use std::cmp::Ordering;

use super::{Eval, Outcome, Value};
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
            (Value::List(a), Value::List(b)) => {
                if let (None, None) = (a.open, b.open)
                    && a.items.len() != b.items.len()
                {
                    return Ok(false);
                }
                let pairs = a.items.iter().zip(b.items).map(|(&a, &b)| (a, b));
                self.all_equal(pairs.collect(), a.open.or(b.open).map(Stop::Unknown))
            }
            (Value::Attrs(a), Value::Attrs(b)) => {
                let open = a.open.or(b.open).map(|open| Stop::Unknown(open.why));
                let names = |attrs: &super::Attrs<'a>| attrs.entries.iter().map(|attr| attr.name).collect::<Vec<_>>();
                if open.is_none() && names(a) != names(b) {
                    return Ok(false);
                }
                let pairs = a.entries.iter().filter_map(|attr| Some((attr.value, b.get(attr.name)?.value)));
                self.all_equal(pairs.collect(), open)
            }
            // Functions are never equal.
            _ => Ok(false),
        }
    }

    fn all_equal(
        &self,
        pairs: Vec<(&'a super::Thunk<'a>, &'a super::Thunk<'a>)>,
        mut undecided: Option<Stop<'a>>,
    ) -> Outcome<'a, bool> {
        for (a, b) in pairs {
            if std::ptr::eq(a, b) {
                continue;
            }
            match self.equal(self.force(a)?, self.force(b)?) {
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
                for (a, b) in a.items.iter().zip(b.items) {
                    let (a, b) = (self.force(a)?, self.force(b)?);
                    if !self.equal(a, b)? {
                        return self.order(a, b);
                    }
                }
                match a.open.or(b.open) {
                    Some(open) => Err(Stop::Unknown(open)),
                    None => Ok(a.items.len().cmp(&b.items.len())),
                }
            }
            (a, b) => self.fail(&format!("cannot compare {} with {}", a.kind(), b.kind())),
        }
    }
}
