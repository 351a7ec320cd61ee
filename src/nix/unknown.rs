//! What cannot be known, and what went wrong.

use std::fmt;

use super::ir::Span;
use super::symbol::Symbol;
use super::value::{Absent, Attrs, Thunk};

/// A value that cannot be known: symbolic, it keeps why, the path taken on it and everything that
/// went into it, so that a secret inside is still found.
pub struct Unknown<'a> {
    /// Why.
    pub reason: Reason<'a>,
    /// The attributes selected from what `reason` names.
    pub path: &'a [Symbol],
    /// What it was applied to or made from.
    pub parts: &'a [&'a Thunk<'a>],
    /// For a text, what it is made of in order, known and unknown. Empty for everything else: what was
    /// computed from a text is no longer that text.
    pub pieces: &'a [&'a Thunk<'a>],
    /// Where it became unknown.
    pub span: Option<Span>,
    /// What its attributes are, where that is known better than "unknown too".
    pub absent: Option<&'a Absent<'a>>,
}

/// Why a value cannot be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason<'a> {
    /// A flake input (or `<name>`) that is not here.
    Input(&'a str),
    /// Something of a package set.
    Package,
    /// An option that no module of the repository sets.
    UnsetOption(&'a str),
    /// Two definitions that real Nix merges in a way not known here.
    Merge(&'a str),
    /// A builtin that needs the world: the network, the store, the machine.
    World(&'a str),
    /// A function that sealnix does not have yet.
    NotWritten(&'a str),
    /// A function of the inside of nixpkgs' module system, which sealnix does not have in that shape.
    NotOffered(&'a str),
    /// A bound of the evaluator was hit. Never remembered.
    Limit(&'static str),
    /// A file that does not parse.
    Syntax(&'a str),
    /// A file that was not looked at.
    NotLooked(&'a str),
    /// An evaluation error of the repository's own code, where it must not stop the rest.
    Failure(&'a str),
}

impl Unknown<'_> {
    /// Whether a bound was hit: then another run may know more, and nothing is remembered.
    pub fn is_limit(&self) -> bool {
        matches!(self.reason, Reason::Limit(_))
    }
}

impl fmt::Display for Unknown<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason {
            Reason::Input(name) => write!(formatter, "the flake input {name} is not here"),
            Reason::Package => write!(formatter, "it depends on a package"),
            Reason::UnsetOption(option) => {
                write!(formatter, "it depends on {option}, which no module of the repository sets")
            }
            Reason::Merge(option) => write!(formatter, "the definitions of {option} merge in a way not known here"),
            Reason::World(builtin) => write!(formatter, "builtins.{builtin} needs the world outside the repository"),
            Reason::NotWritten(function) => write!(formatter, "{function} is not written yet"),
            Reason::NotOffered(function) => {
                write!(formatter, "{function} belongs to the module system's inside, which sealnix does not offer")
            }
            Reason::Limit(bound) => write!(formatter, "evaluation reached its limit ({bound})"),
            Reason::Syntax(path) => write!(formatter, "{path} has a syntax error"),
            Reason::NotLooked(path) => write!(formatter, "{path} was not looked at"),
            Reason::Failure(message) => write!(formatter, "its evaluation failed: {message}"),
        }
    }
}

impl<'a> Reason<'a> {
    /// The reason in a clause that an [`Unknown`] was written as, alone or within a longer one, where
    /// it is one that names something.
    pub fn read(clause: &'a str) -> Option<Self> {
        let between = |before: &str, after: &str| {
            let (_, rest) = clause.split_once(before)?;
            rest.split_once(after).map(|(name, _)| name)
        };
        let before = |after: &str| clause.split_once(after)?.0.rsplit(' ').next();
        between("the flake input ", " is not here")
            .map(Reason::Input)
            .or_else(|| between("it depends on ", ", which no module of the repository sets").map(Reason::UnsetOption))
            .or_else(|| between("the definitions of ", " merge in a way not known here").map(Reason::Merge))
            .or_else(|| before(" is not written yet").map(Reason::NotWritten))
            .or_else(|| before(" belongs to the module system's inside").map(Reason::NotOffered))
            .or_else(|| before(" has a syntax error").map(Reason::Syntax))
    }
}

/// Why an evaluation stopped.
#[derive(Clone, Copy)]
pub enum Stop<'a> {
    /// It needs something unknown.
    Unknown(&'a Unknown<'a>),
    /// Nix would stop with an error here.
    Error(&'a EvalError<'a>),
}

/// An error of the evaluated code.
pub struct EvalError<'a> {
    /// What kind.
    pub kind: ErrorKind,
    /// What Nix would say, in our words.
    pub message: &'a str,
    /// Where.
    pub span: Option<Span>,
    /// For a missing attribute: which, and of which set.
    pub missing: Option<Missing<'a>>,
}

/// A name that was looked up where it is not.
#[derive(Clone, Copy)]
pub struct Missing<'a> {
    /// The name.
    pub name: Symbol,
    /// The set that lacks it.
    pub set: &'a Attrs<'a>,
}

/// What kind of error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// `throw` and `assert`: what `tryEval` catches.
    Thrown,
    /// A value that is needed for its own value. Not remembered: seen from elsewhere it may do.
    Recursion,
    /// A name that an attribute set lacks.
    MissingAttribute,
    /// Anything else.
    Other,
}

impl Stop<'_> {
    /// Whether a second try, from elsewhere or with another budget, may do better.
    pub fn is_transient(&self) -> bool {
        match self {
            Stop::Unknown(unknown) => unknown.is_limit(),
            Stop::Error(error) => error.kind == ErrorKind::Recursion,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_read_from_the_clause_that_it_is_written_as() {
        let reasons = [
            Reason::Input("private"),
            Reason::UnsetOption("services.web.user"),
            Reason::Merge("services.web.port"),
            Reason::NotWritten("lib.frobnicate"),
            Reason::NotOffered("lib.mergeModules"),
            Reason::Syntax("hosts/web.nix"),
        ];
        for reason in reasons {
            let unknown = Unknown { reason, path: &[], parts: &[], pieces: &[], span: None, absent: None };
            assert_eq!(Reason::read(&unknown.to_string()), Some(reason));
            assert_eq!(Reason::read(&format!("a list may hold more: {unknown}")), Some(reason));
        }
        assert_eq!(Reason::read("it is a set"), None);
    }
}
