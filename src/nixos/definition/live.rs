//! Which definitions of an option count: their conditions are looked at, and the strongest stay, in order (nixpkgs,
//! lib/modules.nix: filterOverrides, sortProperties).

use super::{Definition, Expanded, Wrapping, failure};
use crate::nix::eval::Eval;
use crate::nix::unknown::Unknown;
use crate::nix::value::{Outcome, Thunk, Value};

/// A definition whose conditions were looked at.
#[derive(Clone, Copy)]
pub struct Live<'a> {
    /// The definition.
    pub definition: Definition<'a>,
    /// Its content.
    pub value: Value<'a>,
}

impl<'a> Live<'a> {
    /// Why it may not count.
    pub fn doubt(&self) -> Option<&'a Unknown<'a>> {
        self.definition.doubt
    }

    /// Whether its value is known.
    pub fn is_known(&self) -> bool {
        !matches!(self.value, Value::Unknown(_))
    }

    /// Whether both count or neither does.
    fn stands_with(&self, other: &Self) -> bool {
        let (own, others) = (self.definition.wrapping.undecided, other.definition.wrapping.undecided);
        let same = |(a, b): (&&'a Thunk<'a>, &&'a Thunk<'a>)| std::ptr::eq(*a, *b);
        !own.is_empty() && own.len() == others.len() && own.iter().zip(others).all(same)
    }
}

/// What counts of the definitions of one option.
#[derive(Clone, Copy, Default)]
pub struct Resolved<'a> {
    /// Those that surely count: of the strongest priority, in order.
    pub certain: &'a [Live<'a>],
    /// Those that may count, with a priority at least as strong.
    pub perhaps: &'a [Live<'a>],
    /// There may be more.
    pub open: Option<&'a Unknown<'a>>,
}

impl<'a> Resolved<'a> {
    /// Whether nothing defines the option, not even perhaps.
    pub fn is_empty(&self) -> bool {
        self.certain.is_empty() && self.perhaps.is_empty() && self.open.is_none()
    }

    /// The same, where there may be more for this reason.
    pub fn or_open(self, open: Option<&'a Unknown<'a>>) -> Self {
        Resolved { open: self.open.or(open), ..self }
    }

    /// The same, given that something here counts: what surely does then is certain. Of definitions
    /// under different conditions any may be the one that counts.
    pub fn given_one(self, eval: &Eval<'a>) -> Self {
        let Some((first, others)) = self.perhaps.split_first() else { return self };
        if !self.certain.is_empty() || !others.iter().all(|other| first.stands_with(other)) {
            return self;
        }
        let counted = |live: &Live<'a>| Live { definition: Definition { doubt: None, ..live.definition }, ..*live };
        let strongest = self.perhaps.iter().map(|live| live.definition.priority()).min();
        let kept = self.perhaps.iter().filter(|live| Some(live.definition.priority()) == strongest);
        let mut certain: Vec<_> = kept.map(counted).collect();
        certain.sort_by_key(|live| live.definition.wrapping.order);
        Resolved { certain: eval.slice(&certain), perhaps: &[], open: self.open }
    }

    /// Why a value that only one definition can give is not sure: something may override it.
    pub fn overridable(&self) -> Option<&'a Unknown<'a>> {
        let priority = self.certain.first().map_or(i64::MAX, |live| live.definition.priority());
        self.perhaps.iter().find(|live| live.definition.priority() < priority).and_then(Live::doubt)
    }
}

/// [`live`], in two parts.
pub fn resolve<'a>(eval: &Eval<'a>, expanded: Expanded<'a>) -> Outcome<'a, Resolved<'a>> {
    let open = expanded.open;
    let lives = eval.slice(&live(eval, expanded)?);
    let certain = lives.partition_point(|live| live.doubt().is_none());
    let (certain, perhaps) = lives.split_at_checked(certain).unwrap_or((lives, &[]));
    Ok(Resolved { certain, perhaps, open })
}

/// Looks at the conditions and keeps the strongest definitions: first those that surely count, in order, then
/// those that may.
pub fn live<'a>(eval: &Eval<'a>, expanded: Expanded<'a>) -> Outcome<'a, Vec<Live<'a>>> {
    let definitions = expanded.definitions.into_iter();
    let lives = definitions.filter_map(|(definition, value)| looked_at(eval, definition, value).transpose());
    let mut lives = lives.collect::<Outcome<'a, Vec<_>>>()?;
    let certain = lives.iter().filter(|live| live.doubt().is_none());
    if let Some(strongest) = certain.map(|live| live.definition.priority()).min() {
        lives.retain(|live| match live.doubt() {
            None => live.definition.priority() == strongest,
            Some(_) => live.definition.priority() <= strongest,
        });
    }
    lives.sort_by_key(|live| match live.doubt() {
        None => (false, live.definition.wrapping.order),
        Some(_) => (true, 0),
    });
    Ok(lives)
}

/// A definition whose conditions do not rule it out.
fn looked_at<'a>(eval: &Eval<'a>, mut definition: Definition<'a>, value: Value<'a>) -> Outcome<'a, Option<Live<'a>>> {
    let wrapping = definition.wrapping;
    if wrapping.conditions.is_empty() {
        return Ok(Some(Live { definition, value }));
    }
    let (holds, assumed) = eval.observe(|| conditions_hold(eval, wrapping.conditions));
    let mut undecided = wrapping.undecided;
    match holds? {
        Condition::No => return Ok(None),
        Condition::Yes => {}
        Condition::Perhaps(why) => {
            definition.doubt = definition.doubt.or(Some(why));
            undecided = eval.slice(&[undecided, wrapping.conditions].concat());
        }
    }
    definition = definition.wrapped(eval, Wrapping { conditions: &[], undecided, ..*wrapping });
    definition.assumed = definition.assumed.or(assumed);
    Ok(Some(Live { definition, value }))
}

enum Condition<'a> {
    Yes,
    No,
    Perhaps(&'a Unknown<'a>),
}

fn conditions_hold<'a>(eval: &Eval<'a>, conditions: &[&'a Thunk<'a>]) -> Outcome<'a, Condition<'a>> {
    let mut perhaps = None;
    for condition in conditions {
        let (value, assumed) = eval.observe(|| eval.force(condition));
        if let Some(assumed) = assumed {
            eval.assume(assumed);
        }
        match value {
            Ok(Value::Bool(true)) => {}
            Ok(Value::Bool(false)) => return Ok(Condition::No),
            Ok(Value::Unknown(unknown)) => perhaps = Some(unknown),
            Ok(other) if assumed.is_none() => {
                return eval.fail(&format!("the condition of an mkIf is {}, not a Boolean", other.kind()));
            }
            Ok(_) => perhaps = assumed,
            Err(stop) => perhaps = failure(eval, stop)?,
        }
    }
    Ok(perhaps.map_or(Condition::Yes, Condition::Perhaps))
}
