//! Interned names: compared by address, read without a lock.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{LazyLock, PoisonError, RwLock};

use foldhash::fast::RandomState;

/// An attribute or variable name. Lives as long as the process: names come from the sources (and
/// from evaluation, whose steps are bounded), so their number is bounded.
#[derive(Clone, Copy)]
pub struct Symbol(&'static str);

/// `_type`, which is looked up in every definition and every option: without a search.
pub static TYPE: Symbol = Symbol("_type");

static NAMES: LazyLock<RwLock<Names>> = LazyLock::new(|| RwLock::new([TYPE.0].into_iter().collect()));

/// Places for names by where their text lies: most come from the few hundred literals of our own code.
const PLACES: usize = 1024;

thread_local! {
    /// The names that this thread has met: look-ups end here without a lock.
    static MET: RefCell<Names> = RefCell::default();
    /// The last name whose text lay at an address like this: most look-ups end here without a hash.
    static LAST: [Cell<Symbol>; PLACES] = const { [const { Cell::new(Symbol("")) }; PLACES] };
}

type Names = HashSet<&'static str, RandomState>;

impl Symbol {
    /// The symbol of a name.
    pub fn new(name: &str) -> Self {
        let address = name.as_ptr() as usize;
        LAST.with(|last| {
            let Some(place) = last.get((address ^ (address >> 10)) % PLACES) else { return Symbol::met(name) };
            // An address says nothing for sure: other text may have come there.
            if place.get().0 != name || name.is_empty() {
                place.set(Symbol::met(name));
            }
            place.get()
        })
    }

    fn met(name: &str) -> Self {
        MET.with_borrow_mut(|met| match met.get(name) {
            Some(&known) => Symbol(known),
            None => {
                let known = interned(name);
                met.insert(known);
                Symbol(known)
            }
        })
    }

    /// Its text.
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

/// The one text of a name, for all threads.
fn interned(name: &str) -> &'static str {
    if let Some(&known) = NAMES.read().unwrap_or_else(PoisonError::into_inner).get(name) {
        return known;
    }
    let mut names = NAMES.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(&known) = names.get(name) {
        return known;
    }
    let leaked: &'static str = Box::leak(name.into());
    names.insert(leaked);
    leaked
}

impl PartialEq for Symbol {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Eq for Symbol {}

impl Hash for Symbol {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.0.as_ptr() as usize).hash(state);
    }
}

impl PartialOrd for Symbol {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Symbol {
    /// By text, as Nix orders attribute names.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        if self == other { std::cmp::Ordering::Equal } else { self.0.cmp(other.0) }
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.0, formatter)
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}
