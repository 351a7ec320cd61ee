//! Lazy evaluation with unknowns: the machine. What it does with each expression is in
//! `expression`, with each operator in `operator`.

mod additions;
mod allocate;
mod call;
mod coerce;
mod compare;
mod expression;
mod import;
pub mod limits;
mod operator;
mod select;
mod text;

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeSet, HashMap, HashSet};

use foldhash::fast::RandomState;

pub use self::additions::Folded;
pub use self::coerce::Coercion;
use self::limits::Limits;
pub use self::select::Found;
use super::arena::Arena;
use super::ir::{FileId, Program, Span};
use super::symbol::Symbol;
use super::unknown::{ErrorKind, EvalError, Missing, Reason, Stop, Unknown};
use super::value::{Attr, Attrs, List, Mark, Outcome, State, Str, Thunk, Value};
use crate::source::{RepoPath, Tree};

/// One evaluator: an arena, the program, and what it has met. Not shared between threads.
pub struct Eval<'a> {
    arena: &'a Arena,
    /// The program that is evaluated.
    pub program: &'a Program,
    /// What lies in the repository.
    pub tree: &'a Tree,
    /// How far it may go.
    pub limits: Limits,
    globals: OnceCell<HashMap<Symbol, Value<'a>, RandomState>>,
    /// Nix evaluates it without an environment, as it does a flake where nobody says `--impure`.
    pub pure: Cell<bool>,
    foreign_import: Cell<Option<&'a ForeignImport<'a>>>,
    fetch: Cell<Option<&'a Fetch<'a>>>,
    imported: RefCell<HashMap<FileId, &'a Thunk<'a>>>,
    reached: RefCell<BTreeSet<FileId>>,
    read: RefCell<BTreeSet<RepoPath>>,
    /// Whether a file was imported with names around it.
    scoped_imports: Cell<bool>,
    folders: RefCell<HashMap<&'a str, Value<'a>>>,
    /// What JSON texts stand for, by where the text lies and its length.
    json: RefCell<HashMap<(usize, usize), Value<'a>>>,
    assumed: Cell<Option<&'a Unknown<'a>>>,
    errors: Cell<u64>,
}

/// What importing a path of an input gives where that is known without its files: the input's name,
/// the path in it.
pub type ForeignImport<'a> = dyn Fn(&Eval<'a>, &'a str, &'a str) -> Outcome<'a, Option<Value<'a>>> + 'a;

/// What a fetcher gives: its name, and where it fetches from.
pub type Fetch<'a> = dyn Fn(&Eval<'a>, &'static str, &str) -> Outcome<'a> + 'a;

impl<'a> Eval<'a> {
    /// A fresh evaluator. Run it on a thread made by [`limits::on_deep_stack`].
    pub fn new(arena: &'a Arena, program: &'a Program, tree: &'a Tree) -> Self {
        Eval {
            arena,
            program,
            tree,
            limits: Limits::default(),
            globals: OnceCell::new(),
            pure: Cell::new(false),
            foreign_import: Cell::new(None),
            fetch: Cell::new(None),
            imported: RefCell::default(),
            reached: RefCell::default(),
            read: RefCell::default(),
            scoped_imports: Cell::new(false),
            folders: RefCell::default(),
            json: RefCell::default(),
            assumed: Cell::new(None),
            errors: Cell::new(0),
        }
    }

    /// The value of a thunk: computed at the first call, remembered unless the failure is
    /// transient. Never `Err(Stop::Unknown)` but for a limit.
    pub fn force(&self, thunk: &'a Thunk<'a>) -> Outcome<'a> {
        let waiting = match thunk.state.get() {
            State::Done { value, assumed } => {
                self.assume_if(assumed);
                return Ok(value);
            }
            State::Failed { stop, assumed } => {
                self.assume_if(assumed);
                return Err(stop);
            }
            State::Busy => return Err(self.error(ErrorKind::Recursion, None, "infinite recursion")),
            waiting => waiting,
        };
        let _depth = self.limits.enter(self)?;
        thunk.state.set(State::Busy);
        let outer = self.assumed.take();
        let outcome = self.settle(self.run(waiting));
        let assumed = self.assumed.replace(outer);
        thunk.state.set(match outcome {
            Ok(value) => State::Done { value, assumed },
            Err(stop) if stop.is_transient() => waiting,
            Err(stop) => State::Failed { stop, assumed },
        });
        self.assume_if(assumed);
        outcome
    }

    fn run(&self, waiting: State<'a>) -> Outcome<'a> {
        match waiting {
            State::Code { node, scope } => self.eval(node, scope),
            State::Lazy(run) => run(self),
            State::Call { function, argument } => {
                let function = self.force(function)?;
                self.call(function, argument)
            }
            State::Done { value, .. } => Ok(value),
            State::Failed { stop, .. } => Err(stop),
            State::Busy => Err(self.error(ErrorKind::Recursion, None, "infinite recursion")),
        }
    }

    /// Turns "stopped at something unknown" into an unknown value, but for a limit.
    pub fn settle(&self, outcome: Outcome<'a>) -> Outcome<'a> {
        match outcome {
            Err(Stop::Unknown(unknown)) if !unknown.is_limit() => Ok(Value::Unknown(self.of_text(unknown))),
            outcome => outcome,
        }
    }

    /// Forces a value and everything in it, each thing once. Lambdas are left alone.
    pub fn force_deep(&self, thunk: &'a Thunk<'a>) -> Outcome<'a> {
        self.force_deep_once(thunk, &mut HashSet::new())
    }

    fn force_deep_once(&self, thunk: &'a Thunk<'a>, seen: &mut HashSet<*const Thunk<'a>>) -> Outcome<'a> {
        let value = self.force(thunk)?;
        if !seen.insert(std::ptr::from_ref(thunk)) {
            return Ok(value);
        }
        let _depth = self.limits.enter(self)?;
        match value {
            Value::List(list) => {
                for item in list.items {
                    self.force_deep_once(item, seen)?;
                }
            }
            Value::Attrs(attrs) => {
                for attr in attrs.entries {
                    let forced = self.force_deep_once(attr.value, seen);
                    match (forced, select::absence(attr)) {
                        // Where it is absent, it cannot fail.
                        (Err(Stop::Error(_)), Some(why)) => return Err(Stop::Unknown(why)),
                        (forced, _) => forced?,
                    };
                }
            }
            _ => {}
        }
        Ok(value)
    }

    /// Remembers that what is being computed rests on an assumption.
    pub fn assume(&self, why: &'a Unknown<'a>) {
        if self.assumed.get().is_none() {
            self.assumed.set(Some(why));
        }
    }

    fn assume_if(&self, why: Option<&'a Unknown<'a>>) {
        if let Some(why) = why {
            self.assume(why);
        }
    }

    /// Runs something and says what it assumed, without passing that on to what is being computed.
    pub fn observe<T>(&self, run: impl FnOnce() -> T) -> (T, Option<&'a Unknown<'a>>) {
        let outer = self.assumed.take();
        let result = run();
        (result, self.assumed.replace(outer))
    }

    /// An evaluation error. Its text is Nix's in our words.
    pub fn error(&self, kind: ErrorKind, span: Option<Span>, message: &str) -> Stop<'a> {
        self.errors.set(self.errors.get() + 1);
        Stop::Error(self.arena.alloc(EvalError { kind, message: self.arena.text(message), span, missing: None }))
    }

    /// The error of a name that a set lacks.
    pub fn missing(&self, name: Symbol, set: &'a Attrs<'a>, span: Option<Span>) -> Stop<'a> {
        // A name that is computed may be anything, a secret too.
        let written = span.and_then(|span| self.source(span)).is_some_and(|source| source.contains(name.as_str()));
        let message =
            if written { format!("attribute '{name}' missing") } else { "an attribute is missing".to_owned() };
        let message = self.arena.text(&message);
        let missing = Some(Missing { name, set });
        Stop::Error(self.arena.alloc(EvalError { kind: ErrorKind::MissingAttribute, message, span, missing }))
    }

    /// An error of the plain kind.
    pub fn fail<T>(&self, message: &str) -> Outcome<'a, T> {
        Err(self.error(ErrorKind::Other, None, message))
    }

    /// Something unknown, for a reason.
    pub fn unknown(&self, reason: Reason<'a>, span: Option<Span>) -> &'a Unknown<'a> {
        self.arena.alloc(Unknown { reason, path: &[], parts: &[], pieces: &[], span, absent: None })
    }

    /// An unknown value.
    pub fn unknown_value(&self, reason: Reason<'a>) -> Value<'a> {
        Value::Unknown(self.unknown(reason, None))
    }

    /// The same unknown with more that went into it.
    pub fn unknown_with(&self, unknown: &'a Unknown<'a>, parts: &[&'a Thunk<'a>]) -> &'a Unknown<'a> {
        if parts.is_empty() {
            return self.of_text(unknown);
        }
        let all = self.arena.slice(&[unknown.parts, parts].concat());
        self.arena.alloc(Unknown { parts: all, pieces: &[], ..*unknown })
    }

    /// Something unknown that depends on a text, and is not that text.
    fn of_text(&self, unknown: &'a Unknown<'a>) -> &'a Unknown<'a> {
        if unknown.pieces.is_empty() { unknown } else { self.arena.alloc(Unknown { pieces: &[], ..*unknown }) }
    }

    /// The code of a span.
    pub fn source(&self, span: Span) -> Option<&'a str> {
        let file = self.program.file(span.file)?;
        file.text.content().get(span.start as usize..span.end as usize)
    }

    /// What a folder holds, which is made once; nothing is kept of one that is not there.
    pub fn folder(&self, path: &'a str, read: impl FnOnce() -> Outcome<'a>) -> Outcome<'a> {
        if let Some(&known) = self.folders.borrow().get(path) {
            return Ok(known);
        }
        let value = read()?;
        self.folders.borrow_mut().insert(path, value);
        Ok(value)
    }

    /// What a JSON text stands for, which is made once of each text; nothing is kept of one that is none.
    pub fn json(&self, text: &'a str, read: impl FnOnce() -> Outcome<'a>) -> Outcome<'a> {
        // Texts live as long as the evaluator: no other one comes to lie there.
        let at = (text.as_ptr() as usize, text.len());
        if let Some(&known) = self.json.borrow().get(&at) {
            return Ok(known);
        }
        let value = read()?;
        self.json.borrow_mut().insert(at, value);
        Ok(value)
    }

    /// A file of the repository was read as a text, or would have been imported were it one.
    pub fn note_read(&self, path: &str) {
        self.read.borrow_mut().insert(path.into());
    }

    /// The files noted so.
    pub fn read(&self) -> BTreeSet<RepoPath> {
        self.read.borrow().clone()
    }

    /// The Nix files that evaluation read so far.
    pub fn reached(&self) -> BTreeSet<FileId> {
        self.reached.borrow().clone()
    }

    /// Says what importing a path of an absent input gives.
    pub fn set_foreign_import(&self, import: &'a ForeignImport<'a>) {
        self.foreign_import.set(Some(import));
    }

    /// Says what fetching gives.
    pub fn set_fetch(&self, fetch: &'a Fetch<'a>) {
        self.fetch.set(Some(fetch));
    }

    /// What a fetcher gives for a location.
    pub fn fetch(&self, fetcher: &'static str, location: &str) -> Outcome<'a> {
        match self.fetch.get() {
            Some(fetch) => fetch(self, fetcher, location),
            None => Err(Stop::Unknown(self.unknown(Reason::World(fetcher), None))),
        }
    }

    /// Bytes that the arena holds; what it only reserved does not count.
    pub fn allocated(&self) -> usize {
        self.arena.taken()
    }

    /// Whether the arena holds more than so many bytes.
    pub(super) fn holds_more_than(&self, bytes: usize) -> bool {
        self.arena.exceeds(bytes)
    }

    /// A name of the global scope.
    pub fn global(&self, name: Symbol) -> Option<Value<'a>> {
        self.globals.get_or_init(|| super::builtins::globals(self)).get(&name).copied()
    }
}
