//! Nix values, lazy, in an arena: everything here is `Copy` or lives as long as the evaluator's
//! [`super::arena::Arena`], so the cycles of a `config` fixpoint need no counting.

use std::cell::Cell;

use super::eval::Eval;
use super::ir::{Lambda, Node, Span};
use super::symbol::Symbol;
use super::unknown::{Stop, Unknown};

/// A value, or why there is none. `Ok(Value::Unknown(u))` and `Err(Stop::Unknown(u))` mean the
/// same: the error form lets a strict operation leave with `?`, [`Eval::force`] settles it.
pub type Outcome<'a, T = Value<'a>> = Result<T, Stop<'a>>;

/// A value in weak head normal form.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// A string.
    String(&'a Str<'a>),
    /// An absolute, normalised path; see [`super::path`] for what stands for the repository.
    Path(&'a str),
    /// A list.
    List(&'a List<'a>),
    /// An attribute set.
    Attrs(&'a Attrs<'a>),
    /// A lambda of the sources.
    Closure(&'a Closure<'a>),
    /// A function of ours, perhaps partly applied.
    Native(&'a Native<'a>),
    /// Something that cannot be known here.
    Unknown(&'a Unknown<'a>),
}

/// A string with its context and origin.
#[derive(Clone, Copy)]
pub struct Str<'a> {
    /// Its text.
    pub text: &'a str,
    /// What is inside, like Nix's string context.
    pub context: &'a [Mark<'a>],
    /// The literal it was written as.
    pub origin: Option<Span>,
}

/// An element of a string's context: something named that the text stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark<'a> {
    /// What kind of thing, in the words of whoever marked it.
    pub kind: Symbol,
    /// Which configuration it belongs to.
    pub scope: u32,
    /// Its name.
    pub name: &'a str,
}

/// A list; `open` ones hold further items that cannot be known.
#[derive(Clone, Copy)]
pub struct List<'a> {
    /// The known items, in order.
    pub items: &'a [&'a Thunk<'a>],
    /// Why there may be more.
    pub open: Option<&'a Unknown<'a>>,
}

/// An attribute set; `open` ones hold further attributes.
#[derive(Clone, Copy)]
pub struct Attrs<'a> {
    /// The known attributes, sorted by name.
    pub entries: &'a [Attr<'a>],
    /// Why there may be more, and what an absent name gives.
    pub open: Option<Open<'a>>,
}

/// What an open attribute set says of names it does not hold.
#[derive(Clone, Copy)]
pub struct Open<'a> {
    /// Why there may be more.
    pub why: &'a Unknown<'a>,
    /// What an absent name gives, where that is known better than "unknown".
    pub absent: Option<&'a Absent<'a>>,
}

/// Gives the value of a name that an open set does not hold.
pub type Absent<'a> = dyn Fn(&Eval<'a>, Symbol) -> Outcome<'a> + 'a;

/// One attribute.
#[derive(Clone, Copy)]
pub struct Attr<'a> {
    /// Its name.
    pub name: Symbol,
    /// Its value.
    pub value: &'a Thunk<'a>,
    /// Where its name stands.
    pub place: AttrPlace<'a>,
    /// Whether it is sure to be there, with this value.
    pub doubt: Option<Doubt<'a>>,
}

/// Where an attribute's name comes from. Every attribute has one: it is kept small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttrPlace<'a> {
    /// It is written here.
    Written(Span),
    /// A function made it, of this literal where one is known.
    Generated(Option<Span>),
    /// A function made it, and Nix says that it stands somewhere.
    GeneratedAt(&'a GeneratedAt),
    /// Nothing tells.
    Nowhere,
}

/// A name that a function made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GeneratedAt {
    /// The literal that it was made from.
    pub name: Option<Span>,
    /// Where Nix says that it stands.
    pub at: Span,
}

impl AttrPlace<'_> {
    /// Where the name is written, or what it was made from.
    pub fn of_name(self) -> Option<Span> {
        match self {
            AttrPlace::Written(span) => Some(span),
            AttrPlace::Generated(name) | AttrPlace::GeneratedAt(&GeneratedAt { name, .. }) => name,
            AttrPlace::Nowhere => None,
        }
    }

    /// Of an attribute that a function made from the one here: Nix says nowhere that it stands.
    pub fn generated(self) -> Self {
        AttrPlace::Generated(self.of_name())
    }

    /// Where Nix says that the attribute stands.
    pub fn in_nix(self) -> Option<Span> {
        match self {
            AttrPlace::Written(span) => Some(span),
            AttrPlace::GeneratedAt(generated) => Some(generated.at),
            AttrPlace::Generated(_) | AttrPlace::Nowhere => None,
        }
    }
}

/// Why an attribute is not sure.
#[derive(Clone, Copy)]
pub enum Doubt<'a> {
    /// It may not be there: `optionalAttrs u { … }`.
    MaybeAbsent(&'a Unknown<'a>),
    /// It is there, with this value, if an assumption holds: `{ … } // u` does not replace it.
    Assumed(&'a Unknown<'a>),
}

/// A lambda with the frame it was made in.
#[derive(Clone, Copy)]
pub struct Closure<'a> {
    /// The code.
    pub lambda: &'a Lambda,
    /// Where.
    pub span: Span,
    /// The scope around it.
    pub scope: Scope<'a>,
}

/// A function of ours.
#[derive(Clone, Copy)]
pub struct Native<'a> {
    /// Its name, for messages.
    pub name: &'a str,
    /// How many arguments it takes in all.
    pub arity: usize,
    /// Those it has.
    pub applied: &'a [&'a Thunk<'a>],
    /// What it does with all of them.
    pub run: &'a NativeRun<'a>,
    /// What `functionArgs` says: the names it takes, and whether each has a default.
    pub formals: &'a [(Symbol, bool)],
}

/// The code of a [`Native`].
pub type NativeRun<'a> = dyn Fn(&Eval<'a>, &[&'a Thunk<'a>]) -> Outcome<'a> + 'a;

/// The frames around an expression, innermost first.
pub type Scope<'a> = Option<&'a Frame<'a>>;

/// One scope; see [`super::ir`] for which expressions push one.
pub struct Frame<'a> {
    /// The scope around it.
    pub up: Scope<'a>,
    /// What it binds.
    pub binds: Binds<'a>,
}

/// What a frame binds.
#[derive(Clone, Copy)]
pub enum Binds<'a> {
    /// Variables, by slot.
    Slots(&'a [&'a Thunk<'a>]),
    /// The set of a `with`.
    With(&'a Thunk<'a>),
    /// The set of a `scopedImport`: the outermost frame of its file.
    Import(&'a Attrs<'a>),
}

/// A value that is computed when it is first needed.
pub struct Thunk<'a> {
    pub(super) state: Cell<State<'a>>,
}

/// What became of a thunk.
#[derive(Clone, Copy)]
pub(super) enum State<'a> {
    /// Code to run.
    Code { node: &'a Node, scope: Scope<'a> },
    /// Our own code to run.
    Lazy(&'a LazyRun<'a>),
    /// A call to make.
    Call { function: &'a Thunk<'a>, argument: &'a Thunk<'a> },
    /// Being computed.
    Busy,
    /// Done, and what was assumed on the way.
    Done { value: Value<'a>, assumed: Option<&'a Unknown<'a>> },
    /// Failed, and what was assumed on the way.
    Failed { stop: Stop<'a>, assumed: Option<&'a Unknown<'a>> },
}

/// The code of a lazy value of ours.
pub type LazyRun<'a> = dyn Fn(&Eval<'a>) -> Outcome<'a> + 'a;

impl<'a> Attrs<'a> {
    /// The attribute of this name among the known ones.
    pub fn get(&self, name: Symbol) -> Option<&'a Attr<'a>> {
        // Pointer comparisons beat string comparisons on the small sets that make up most code.
        if self.entries.len() <= 12 {
            return self.entries.iter().find(|attr| attr.name == name);
        }
        let index = self.entries.binary_search_by(|attr| attr.name.cmp(&name)).ok()?;
        self.entries.get(index)
    }
}

impl<'a> Value<'a> {
    /// The type's name as Nix's messages have it.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "a Boolean",
            Value::Int(_) => "an integer",
            Value::Float(_) => "a float",
            Value::String(_) => "a string",
            Value::Path(_) => "a path",
            Value::List(_) => "a list",
            Value::Attrs(_) => "a set",
            Value::Closure(_) | Value::Native(_) => "a function",
            Value::Unknown(_) => "unknown",
        }
    }
}
