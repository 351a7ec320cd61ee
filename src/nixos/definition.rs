//! Definitions: what modules give to an option, with `mkIf`, `mkMerge`, `mkOverride` and `mkOrder`
//! taken off (nixpkgs, lib/modules.nix: pushDownProperties, dischargeProperties, filterOverrides).

mod live;

pub use self::live::{Live, Resolved, live, resolve};
use super::module::Module;
use crate::nix::eval::Eval;
use crate::nix::unknown::{Reason, Stop, Unknown};
use crate::nix::value::{Attr, AttrPlace, Doubt, Outcome, Thunk, Value};
use crate::nix::{Symbol, symbol};

/// The priority of a definition without a wrapper.
pub const DEFAULT_PRIORITY: i64 = 100;
/// The priority of an option's own default.
pub const OPTION_DEFAULT_PRIORITY: i64 = 1500;
const DEFAULT_ORDER: i64 = 1000;

/// What one module gives to one option, conditions not looked at yet.
#[derive(Clone, Copy)]
pub struct Definition<'a> {
    /// The value, perhaps wrapped.
    pub value: &'a Thunk<'a>,
    /// The module.
    pub module: &'a Module<'a>,
    /// Where the option's last name stands.
    pub place: AttrPlace<'a>,
    /// What is around it. There are many definitions, and few have anything around them.
    pub wrapping: &'a Wrapping<'a>,
    /// Why it may not count at all, besides its conditions.
    pub doubt: Option<&'a Unknown<'a>>,
    /// What it rests on.
    pub assumed: Option<&'a Unknown<'a>>,
}

/// The wrappers around a definition.
#[derive(Clone, Copy)]
pub struct Wrapping<'a> {
    /// The conditions of every `mkIf` around it, outermost first.
    pub conditions: &'a [&'a Thunk<'a>],
    /// Conditions that were looked at and found to be unknown, at this option or above it.
    pub undecided: &'a [&'a Thunk<'a>],
    /// The priority of the outermost `mkOverride` around it.
    pub overriding: Option<i64>,
    /// Inside an `mkOverride`, what else is around it there, outermost first.
    pub within: Option<&'a [Around<'a>]>,
    /// Of `mkOrder`.
    pub order: i64,
}

impl<'a> Wrapping<'a> {
    /// Nothing around it.
    pub fn none() -> &'a Self {
        &Wrapping { conditions: &[], undecided: &[], overriding: None, within: None, order: DEFAULT_ORDER }
    }

    /// The wrapper of an option's own default.
    pub fn of_default() -> &'a Self {
        &Wrapping {
            conditions: &[],
            undecided: &[],
            overriding: Some(OPTION_DEFAULT_PRIORITY),
            within: None,
            order: DEFAULT_ORDER,
        }
    }
}

impl<'a> Definition<'a> {
    /// A module's plain definition.
    pub fn plain(value: &'a Thunk<'a>, module: &'a Module<'a>) -> Self {
        Definition {
            value,
            module,
            place: AttrPlace::Nowhere,
            wrapping: Wrapping::none(),
            doubt: module.doubt,
            assumed: None,
        }
    }

    /// Its priority: the smaller, the stronger.
    pub fn priority(&self) -> i64 {
        self.wrapping.overriding.unwrap_or(DEFAULT_PRIORITY)
    }

    /// What was assumed where it does not count by one of its conditions, and none is false without
    /// an assumption.
    pub fn assumed_away(&self, eval: &Eval<'a>) -> Option<&'a Unknown<'a>> {
        let mut first = None;
        for condition in self.wrapping.conditions {
            match eval.observe(|| eval.force_bool(condition)) {
                (Ok(false), None) => return None,
                (Ok(false), Some(why)) => first = first.or(Some(why)),
                _ => {}
            }
        }
        first
    }

    /// Whether it is for sure ordered among the others.
    pub fn is_ordered(&self) -> bool {
        self.wrapping.order != DEFAULT_ORDER && self.doubt.is_none() && self.assumed.is_none()
    }

    /// What this definition of an option, whose value is a set holding `attr`, gives to that attribute:
    /// what was around the option is taken off, and its priority counts no more.
    pub fn element(&self, eval: &Eval<'a>, attr: &Attr<'a>) -> Self {
        let child = self.child(attr);
        match *child.wrapping {
            Wrapping { overriding: None, order: DEFAULT_ORDER, .. } => child,
            wrapping => child.wrapped(eval, Wrapping { overriding: None, order: DEFAULT_ORDER, ..wrapping }),
        }
    }

    /// The same with something else around it.
    fn wrapped(self, eval: &Eval<'a>, wrapping: Wrapping<'a>) -> Self {
        Definition { wrapping: eval.alloc(wrapping), ..self }
    }

    /// What this definition, whose value is a set holding `attr`, gives to the option below it.
    pub fn child(&self, attr: &Attr<'a>) -> Self {
        let (doubt, assumed) = match attr.doubt {
            Some(Doubt::MaybeAbsent(why)) => (Some(why), None),
            Some(Doubt::Assumed(why)) => (None, Some(why)),
            None => (None, None),
        };
        Definition {
            value: attr.value,
            place: attr.place,
            doubt: self.doubt.or(doubt),
            assumed: self.assumed.or(assumed),
            ..*self
        }
    }
}

/// A wrapper that is left where it is (nixpkgs takes nothing off inside an `mkOverride`).
#[derive(Clone, Copy)]
pub enum Around<'a> {
    /// `mkIf`, with its condition.
    If(&'a Thunk<'a>),
    /// `mkOverride`, with its priority.
    Override(i64),
}

/// Which wrappers are taken off.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    /// All: nobody knows whether this is an option.
    Any,
    /// Those of a set of options, which then are around what is in it.
    Set,
    /// Those of an option: `mkIf` and `mkMerge`, then one `mkOverride`, then one `mkOrder`.
    Option,
}

/// How far an option's wrappers are taken off.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Discharging,
    /// Inside an `mkDefinition`.
    Discharged,
    Overridden,
    Ordered,
}

/// Definitions with the wrappers taken off.
#[derive(Clone)]
pub struct Expanded<'a> {
    /// Each with its content in weak head normal form.
    pub definitions: Vec<(Definition<'a>, Value<'a>)>,
    /// There may be more: the list of an `mkMerge` is unknown.
    pub open: Option<&'a Unknown<'a>>,
}

impl Expanded<'_> {
    /// Nothing yet, with room for so many.
    fn with_room(definitions: usize) -> Self {
        Expanded { definitions: Vec::with_capacity(definitions), open: None }
    }
}

/// Takes `mkIf`, `mkMerge`, `mkOverride` and `mkOrder` off, however they lie in each other; no
/// condition is looked at.
pub fn expand<'a>(eval: &Eval<'a>, definitions: &[Definition<'a>]) -> Outcome<'a, Expanded<'a>> {
    let mut expanded = Expanded::with_room(definitions.len());
    for definition in definitions {
        let definition = match definition.wrapping.within {
            None => *definition,
            Some(within) => {
                let inside = within.iter().filter_map(|around| match around {
                    Around::If(condition) => Some(*condition),
                    Around::Override(_) => None,
                });
                let conditions: Vec<_> = definition.wrapping.conditions.iter().copied().chain(inside).collect();
                let conditions = eval.slice(&conditions);
                definition.wrapped(eval, Wrapping { conditions, within: None, ..*definition.wrapping })
            }
        };
        expand_one(eval, definition, (Level::Any, Stage::Discharging), &mut expanded)?;
    }
    Ok(expanded)
}

/// The sets that definitions of a set of options stand for (nixpkgs: `pushDownProperties`).
pub fn push_down<'a>(eval: &Eval<'a>, definitions: &[Definition<'a>]) -> Outcome<'a, Expanded<'a>> {
    let mut expanded = Expanded::with_room(definitions.len());
    for definition in definitions {
        expand_one(eval, *definition, (Level::Set, Stage::Discharging), &mut expanded)?;
    }
    Ok(expanded)
}

/// The values that definitions of an option stand for (nixpkgs: `dischargeProperties`,
/// `filterOverrides`, `sortProperties`). What nixpkgs does not take off stays a set with a `_type`.
pub fn discharge<'a>(eval: &Eval<'a>, definitions: &[Definition<'a>]) -> Outcome<'a, Expanded<'a>> {
    let mut expanded = Expanded::with_room(definitions.len());
    for definition in definitions {
        let (definition, stage) = match definition.wrapping.within {
            None => (*definition, Stage::Discharging),
            Some(within) => {
                let value = rewrapped(eval, definition.value, within);
                let bare = definition.wrapped(eval, Wrapping { within: None, ..*definition.wrapping });
                (Definition { value, ..bare }, Stage::Overridden)
            }
        };
        expand_one(eval, definition, (Level::Option, stage), &mut expanded)?;
    }
    Ok(expanded)
}

/// A value with its wrappers around it again.
fn rewrapped<'a>(eval: &Eval<'a>, value: &'a Thunk<'a>, within: &[Around<'a>]) -> &'a Thunk<'a> {
    within.iter().rev().fold(value, |content, around| {
        let (tag, (name, value)) = match around {
            Around::If(condition) => ("if", ("condition", *condition)),
            Around::Override(priority) => ("override", ("priority", eval.done(Value::Int(*priority)))),
        };
        let tag = eval.done(eval.string(tag));
        let entries = vec![eval.attr("_type", tag), eval.attr(name, value), eval.attr("content", content)];
        eval.done(eval.attrs(entries))
    })
}

fn expand_one<'a>(
    eval: &Eval<'a>,
    definition: Definition<'a>,
    (level, stage): (Level, Stage),
    into: &mut Expanded<'a>,
) -> Outcome<'a, ()> {
    let _depth = eval.limits.enter(eval)?;
    let (value, assumed) = eval.observe(|| eval.force(definition.value));
    let definition = Definition { assumed: definition.assumed.or(assumed), ..definition };
    let value = match value {
        Ok(value) => value,
        Err(stop) => match failure(eval, stop)? {
            Some(unknown) => Value::Unknown(eval.unknown_with(unknown, &[definition.value])),
            None => return Ok(()),
        },
    };
    let discharging = level != Level::Option || stage == Stage::Discharging;
    let wrapping = definition.wrapping;
    match wrapper(eval, value)? {
        Wrapper::If { condition, content } if level == Level::Set && wrapping.within.is_some() => {
            expand_one(eval, within(eval, &definition, Around::If(condition), content), (level, stage), into)
        }
        Wrapper::If { condition, content } if discharging => {
            let conditions = eval.appended(wrapping.conditions, condition);
            let definition = definition.wrapped(eval, Wrapping { conditions, ..*wrapping });
            expand_one(eval, Definition { value: content, ..definition }, (level, stage), into)
        }
        Wrapper::Merge { contents } if discharging => {
            let list = match eval.settle(eval.force(contents))? {
                Value::Unknown(unknown) => {
                    into.open = into.open.or(Some(unknown));
                    return Ok(());
                }
                value => eval.as_list(value)?,
            };
            into.open = into.open.or(list.open);
            for item in list.items {
                expand_one(eval, Definition { value: item, ..definition }, (level, stage), into)?;
            }
            Ok(())
        }
        Wrapper::Override { priority, content } if level == Level::Set && wrapping.within.is_some() => {
            expand_one(eval, within(eval, &definition, Around::Override(priority), content), (level, stage), into)
        }
        Wrapper::Override { priority, content } if discharging || stage == Stage::Discharged => {
            // The outermost wrapper decides.
            let overriding = wrapping.overriding.or(Some(priority));
            let within = if level == Level::Set { Some(&[][..]) } else { None };
            let definition = definition.wrapped(eval, Wrapping { overriding, within, ..*wrapping });
            expand_one(eval, Definition { value: content, ..definition }, (level, Stage::Overridden), into)
        }
        Wrapper::Order { order, content } if level != Level::Option || stage != Stage::Ordered => {
            let definition = definition.wrapped(eval, Wrapping { order, ..*wrapping });
            expand_one(eval, Definition { value: content, ..definition }, (level, Stage::Ordered), into)
        }
        Wrapper::Definition { file, content } if discharging => {
            let module = eval.alloc(Module { file, ..*definition.module });
            expand_one(eval, Definition { value: content, module, ..definition }, (level, Stage::Discharged), into)
        }
        _ => {
            into.definitions.push((definition, value));
            Ok(())
        }
    }
}

/// A definition of a set with one more wrapper inside an `mkOverride`.
fn within<'a>(
    eval: &Eval<'a>,
    definition: &Definition<'a>,
    around: Around<'a>,
    content: &'a Thunk<'a>,
) -> Definition<'a> {
    let within = eval.slice(&[definition.wrapping.within.unwrap_or_default(), &[around]].concat());
    let wrapping = Wrapping { within: Some(within), ..*definition.wrapping };
    Definition { value: content, ..definition.wrapped(eval, wrapping) }
}

/// An error in one definition must not hide the others; a limit stops.
pub fn failure<'a>(eval: &Eval<'a>, stop: Stop<'a>) -> Outcome<'a, Option<&'a Unknown<'a>>> {
    match stop {
        Stop::Unknown(unknown) if unknown.is_limit() => Err(stop),
        Stop::Unknown(unknown) => Ok(Some(unknown)),
        Stop::Error(error) => Ok(Some(eval.unknown(Reason::Failure(error.message), error.span))),
    }
}

enum Wrapper<'a> {
    None,
    If { condition: &'a Thunk<'a>, content: &'a Thunk<'a> },
    Merge { contents: &'a Thunk<'a> },
    Override { priority: i64, content: &'a Thunk<'a> },
    Order { order: i64, content: &'a Thunk<'a> },
    Definition { file: &'a str, content: &'a Thunk<'a> },
}

/// The `_type` of a set, where it is one of those that mean something here.
pub fn type_tag<'a>(eval: &Eval<'a>, value: Value<'a>) -> Option<&'a str> {
    let Value::Attrs(attrs) = value else { return None };
    let tag = attrs.get(symbol::TYPE)?;
    match eval.force(tag.value) {
        Ok(Value::String(text)) => Some(text.text),
        _ => None,
    }
}

fn wrapper<'a>(eval: &Eval<'a>, value: Value<'a>) -> Outcome<'a, Wrapper<'a>> {
    let (Some(tag), Value::Attrs(attrs)) = (type_tag(eval, value), value) else { return Ok(Wrapper::None) };
    let field = |name: &str| attrs.get(Symbol::new(name)).map(|attr| attr.value);
    Ok(match (tag, field("content")) {
        ("merge", _) => field("contents").map_or(Wrapper::None, |contents| Wrapper::Merge { contents }),
        ("if", Some(content)) => {
            field("condition").map_or(Wrapper::None, |condition| Wrapper::If { condition, content })
        }
        ("override", Some(content)) => match field("priority") {
            Some(priority) => Wrapper::Override { priority: eval.force_int(priority)?, content },
            None => Wrapper::None,
        },
        ("order", Some(content)) => match field("priority") {
            Some(priority) => Wrapper::Order { order: eval.force_int(priority)?, content },
            None => Wrapper::None,
        },
        ("definition", _) => match field("value") {
            Some(content) => {
                let file = field("file").map_or(Ok(""), |file| Ok(eval.force_string(file)?.text))?;
                Wrapper::Definition { file, content }
            }
            None => Wrapper::None,
        },
        _ => Wrapper::None,
    })
}
