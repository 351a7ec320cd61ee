//! Making values.

use std::cell::Cell;

use super::{Attr, Attrs, Eval, List, Mark, Outcome, State, Str, Symbol, Thunk, Value};
use crate::nix::ir::{Expr, Node, Span, Var};
use crate::nix::value::{AttrPlace, GeneratedAt, Native, NativeRun, Scope};

impl<'a> Eval<'a> {
    /// A thunk that is done.
    pub fn done(&self, value: Value<'a>) -> &'a Thunk<'a> {
        self.thunk(State::Done { value, assumed: None })
    }

    /// A thunk that runs our own code when needed.
    pub fn lazy(&self, run: impl Fn(&Eval<'a>) -> Outcome<'a> + 'a) -> &'a Thunk<'a> {
        self.thunk(State::Lazy(self.arena.alloc(run)))
    }

    /// A thunk that calls a function when needed.
    pub fn lazy_call(&self, function: &'a Thunk<'a>, argument: &'a Thunk<'a>) -> &'a Thunk<'a> {
        self.thunk(State::Call { function, argument })
    }

    /// A thunk of an expression; a constant is made at once, a variable is the thunk it names (so
    /// that it is one thing wherever it is used: functions compare equal only to themselves).
    pub fn suspend(&self, node: &'a Node, scope: Scope<'a>) -> &'a Thunk<'a> {
        match &node.expr {
            Expr::Int(number) => self.done(Value::Int(*number)),
            Expr::String(text) => self.done(self.literal(text, node.span)),
            Expr::Var(Var::Local { depth, slot, .. }) => match self.local(*depth, *slot, scope) {
                Some(thunk) => thunk,
                None => self.thunk(State::Code { node, scope }),
            },
            _ => self.thunk(State::Code { node, scope }),
        }
    }

    pub(super) fn thunk(&self, state: State<'a>) -> &'a Thunk<'a> {
        self.arena.alloc(Thunk { state: Cell::new(state) })
    }

    /// Copies a text into the arena.
    pub fn text(&self, text: &str) -> &'a str {
        self.arena.text(text)
    }

    /// Copies a slice into the arena.
    pub fn slice<T: Copy>(&self, items: &[T]) -> &'a [T] {
        self.arena.slice(items)
    }

    /// Makes a slice in the arena; making its items may take room there too.
    pub fn slice_of<T: Copy>(&self, items: impl ExactSizeIterator<Item = T>) -> &'a [T] {
        self.arena.slice_of(items)
    }

    /// Copies a slice into the arena, with one more item at its end.
    pub fn appended<T: Copy>(&self, items: &[T], last: T) -> &'a [T] {
        self.arena.slice_of((0..items.len() + 1).map(|index| items.get(index).copied().unwrap_or(last)))
    }

    /// Moves a value into the arena. It is never dropped: give it nothing that owns memory.
    pub fn alloc<T>(&self, value: T) -> &'a T {
        self.arena.alloc(value)
    }

    /// A string without context.
    pub fn string(&self, text: &str) -> Value<'a> {
        self.string_of(self.text(text), &[], None)
    }

    /// A string as the sources have it.
    pub fn literal(&self, text: &'a str, span: Span) -> Value<'a> {
        self.string_of(text, &[], Some(span))
    }

    /// A string of these parts.
    pub fn string_of(&self, text: &'a str, context: &'a [Mark<'a>], origin: Option<Span>) -> Value<'a> {
        Value::String(self.arena.alloc(Str { text, context, origin }))
    }

    /// A path, normalised.
    pub fn path(&self, path: &str) -> Value<'a> {
        Value::Path(self.text(&crate::nix::path::normalise(path)))
    }

    /// A closed list.
    pub fn list(&self, items: &[&'a Thunk<'a>]) -> Value<'a> {
        self.list_of(List { items: self.slice(items), open: None })
    }

    /// A list of these parts.
    pub fn list_of(&self, list: List<'a>) -> Value<'a> {
        Value::List(self.arena.alloc(list))
    }

    /// A closed attribute set. Of several entries with one name the last wins.
    pub fn attrs(&self, entries: Vec<Attr<'a>>) -> Value<'a> {
        self.attrs_of(Attrs { entries: self.sorted(entries), open: None })
    }

    /// An attribute set of these parts; the entries must be sorted, see [`Eval::sorted`].
    pub fn attrs_of(&self, attrs: Attrs<'a>) -> Value<'a> {
        Value::Attrs(self.arena.alloc(attrs))
    }

    /// Sorts entries by name; of several with one name the last stays.
    pub fn sorted(&self, mut entries: Vec<Attr<'a>>) -> &'a [Attr<'a>] {
        entries.sort_by_key(|attr| attr.name);
        entries.dedup_by(|later, earlier| {
            let same = later.name == earlier.name;
            if same {
                *earlier = *later;
            }
            same
        });
        self.slice(&entries)
    }

    /// An attribute that is sure, without a place.
    pub fn attr(&self, name: &str, value: &'a Thunk<'a>) -> Attr<'a> {
        Attr { name: Symbol::new(name), value, place: AttrPlace::Nowhere, doubt: None }
    }

    /// An attribute whose name a function made from `name`, keeping the literal it came from.
    pub fn generated_attr(&self, name: &Str<'a>, value: &'a Thunk<'a>) -> Attr<'a> {
        Attr { name: Symbol::new(name.text), value, place: AttrPlace::Generated(name.origin), doubt: None }
    }

    /// The place of a name that a function made of a literal, and where Nix says that it stands.
    pub fn generated_at(&self, name: Option<Span>, at: Option<Span>) -> AttrPlace<'a> {
        match at {
            Some(at) => AttrPlace::GeneratedAt(self.alloc(GeneratedAt { name, at })),
            None => AttrPlace::Generated(name),
        }
    }

    /// A function of ours.
    pub fn native(
        &self,
        name: &'a str,
        arity: usize,
        run: impl Fn(&Eval<'a>, &[&'a Thunk<'a>]) -> Outcome<'a> + 'a,
    ) -> Value<'a> {
        self.native_of(name, arity, self.arena.alloc(run), &[])
    }

    /// A function of ours with named arguments, for `functionArgs`.
    pub fn native_of(
        &self,
        name: &'a str,
        arity: usize,
        run: &'a NativeRun<'a>,
        formals: &'a [(Symbol, bool)],
    ) -> Value<'a> {
        Value::Native(self.arena.alloc(Native { name, arity, applied: &[], run, formals }))
    }
}
