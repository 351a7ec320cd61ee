//! Interned names: compared by address, read without a lock.

use std::cell::{Cell, RefCell};
use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{LazyLock, PoisonError, RwLock};

use foldhash::fast::RandomState;

/// An attribute or variable name. Lives as long as the process: names come from the sources (and
/// from evaluation, whose steps are bounded), so their number is bounded.
#[derive(Clone, Copy)]
pub struct Symbol(&'static Name);

/// A name once and for all.
struct Name {
    /// Its first bytes, as a number: most names differ there, and are ordered without a look at the text.
    head: u64,
    text: &'static str,
}

impl Name {
    const fn new(text: &'static str) -> Self {
        let mut head = 0;
        let mut rest = text.as_bytes();
        let mut bytes = 0;
        while bytes < 8 {
            head <<= 8;
            if let Some((first, others)) = rest.split_first() {
                head |= *first as u64;
                rest = others;
            }
            bytes += 1;
        }
        Name { head, text }
    }
}

static TYPE_NAME: Name = Name::new("_type");
static NO_NAME: Name = Name::new("");

/// `_type`, which is looked up in every definition and every option: without a search.
pub static TYPE: Symbol = Symbol(&TYPE_NAME);

static NAMES: LazyLock<RwLock<Names>> = LazyLock::new(|| RwLock::new([(TYPE_NAME.text, TYPE)].into_iter().collect()));

/// Places for names by where their text lies: most come from the few hundred literals of our own code.
const PLACES: usize = 1024;

thread_local! {
    /// The names that this thread has met: look-ups end here without a lock.
    static MET: RefCell<Names> = RefCell::default();
    /// The last name whose text lay at an address like this: most look-ups end here without a hash.
    static LAST: [Cell<Symbol>; PLACES] = const { [const { Cell::new(Symbol(&NO_NAME)) }; PLACES] };
}

type Names = HashMap<&'static str, Symbol, RandomState>;

impl Symbol {
    /// The symbol of a name.
    pub fn new(name: &str) -> Self {
        let address = name.as_ptr() as usize;
        LAST.with(|last| {
            let Some(place) = last.get((address ^ (address >> 10)) % PLACES) else { return Symbol::met(name) };
            // An address says nothing for sure: other text may have come there.
            if place.get().as_str() != name || name.is_empty() {
                place.set(Symbol::met(name));
            }
            place.get()
        })
    }

    fn met(name: &str) -> Self {
        MET.with_borrow_mut(|met| match met.get(name) {
            Some(&known) => known,
            None => {
                let known = interned(name);
                met.insert(known.as_str(), known);
                known
            }
        })
    }

    /// Its text.
    pub fn as_str(self) -> &'static str {
        self.0.text
    }
}

/// The one symbol of a name, for all threads.
fn interned(name: &str) -> Symbol {
    if let Some(&known) = NAMES.read().unwrap_or_else(PoisonError::into_inner).get(name) {
        return known;
    }
    let mut names = NAMES.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(&known) = names.get(name) {
        return known;
    }
    let text: &'static str = Box::leak(name.into());
    let symbol = Symbol(Box::leak(Box::new(Name::new(text))));
    names.insert(text, symbol);
    symbol
}

impl PartialEq for Symbol {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Eq for Symbol {}

impl Hash for Symbol {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (std::ptr::from_ref(self.0) as usize).hash(state);
    }
}

impl PartialOrd for Symbol {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Symbol {
    /// By text, as Nix orders attribute names.
    fn cmp(&self, other: &Self) -> Ordering {
        if self == other {
            return Ordering::Equal;
        }
        self.0.head.cmp(&other.0.head).then_with(|| self.as_str().cmp(other.as_str()))
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), formatter)
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
