//! Why a result is open: what was met while it was made and could not be known.

use crate::nix::eval::Eval;
use crate::nix::unknown::{Stop, Unknown};
use crate::nix::value::{Attr, Attrs, Doubt, Open, Outcome, Thunk};

/// Collects what leaves a list or set open, so that everything unknown stays findable in it.
#[derive(Default)]
pub struct Opening<'a> {
    why: Option<&'a Unknown<'a>>,
    parts: Vec<&'a Thunk<'a>>,
}

impl<'a> Opening<'a> {
    /// Takes over the openness of what the result is made from.
    pub fn of(why: Option<&'a Unknown<'a>>) -> Self {
        Opening { why, parts: Vec::new() }
    }

    /// Takes over the openness of one more source.
    pub fn pass(&mut self, why: Option<&'a Unknown<'a>>) {
        self.why = self.why.or(why);
    }

    /// `thing` may or may not be in the result.
    pub fn meet(&mut self, why: &'a Unknown<'a>, thing: &'a Thunk<'a>) {
        self.why = self.why.or(Some(why));
        self.parts.push(thing);
    }

    /// Why the result is open, if it is.
    pub fn close(&self, eval: &Eval<'a>) -> Option<&'a Unknown<'a>> {
        self.why.map(|why| eval.unknown_with(why, &self.parts))
    }

    /// The same for a set, of whose absent names nothing is known.
    pub fn close_set(&self, eval: &Eval<'a>) -> Option<Open<'a>> {
        self.close(eval).map(|why| Open { why, absent: None })
    }
}

/// The value of an outcome, or why it is unknown; an error or a limit leaves.
pub fn known<'a, T>(outcome: Outcome<'a, T>) -> Outcome<'a, Result<T, &'a Unknown<'a>>> {
    match outcome {
        Ok(value) => Ok(Ok(value)),
        Err(Stop::Unknown(why)) if !why.is_limit() => Ok(Err(why)),
        Err(stop) => Err(stop),
    }
}

/// The attributes that are surely in a set; what else there may be goes to the opening.
pub fn sure<'a>(attrs: &'a Attrs<'a>) -> (Vec<&'a Attr<'a>>, Opening<'a>) {
    let mut opening = Opening::of(attrs.open.map(|open| open.why));
    let mut sure = Vec::with_capacity(attrs.entries.len());
    for attr in attrs.entries {
        match attr.doubt {
            Some(Doubt::MaybeAbsent(why)) => opening.meet(why, attr.value),
            _ => sure.push(attr),
        }
    }
    (sure, opening)
}

/// An attribute's value where the doubt about it is lost: using it assumes that it is not replaced.
pub fn value_of<'a>(eval: &Eval<'a>, attr: &'a Attr<'a>) -> &'a Thunk<'a> {
    let value = attr.value;
    match attr.doubt {
        None => value,
        Some(Doubt::MaybeAbsent(why) | Doubt::Assumed(why)) => eval.lazy(move |eval| {
            eval.assume(why);
            eval.force(value)
        }),
    }
}
