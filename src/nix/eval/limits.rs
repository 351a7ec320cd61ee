//! How far an evaluation may go: depth (by the stack that is left), steps, memory, and the size of
//! what one call makes.

use std::cell::Cell;
use std::thread;

use super::Eval;
use crate::nix::unknown::{Reason, Stop};
use crate::nix::value::Outcome;

/// Stack of an evaluating thread: for some 20 000 calls in each other in a debug build, 75 000 in a
/// release build; Nix stops at 10 000. Reserved, not used: pages are only touched as depth needs them.
const STACK_BYTES: usize = 128 << 20;

/// What must be left of the stack for a native function to do its work in.
const RESERVE_BYTES: usize = 2 << 20;

/// Steps of an evaluator that was given no others: up to 5 s in a debug build.
const STEPS: u64 = 2_000_000;

/// Bytes of the arena.
const MEMORY: usize = 256 << 20;

/// Items or bytes that one call may make. A step may therefore not outrun the check of the memory.
pub const MAX_SIZE: usize = 1_000_000;

/// Bytes that a regular expression reads in the time of a step.
const BYTES_OF_A_STEP: usize = 4;

/// The bounds of one evaluator.
pub struct Limits {
    lowest_address: usize,
    steps_left: Cell<u64>,
    /// Steps that no task was given yet.
    steps_in_store: Cell<u64>,
}

impl Default for Limits {
    /// Counts the stack from where it is called: call it near the bottom of the thread.
    fn default() -> Self {
        Limits {
            lowest_address: address_of_stack().saturating_sub(STACK_BYTES - RESERVE_BYTES),
            steps_left: Cell::new(STEPS),
            steps_in_store: Cell::new(0),
        }
    }
}

/// Bytes of a path; no system opens a longer one.
pub const LONGEST_PATH: usize = 4096;

/// Held while one level of evaluation runs; exists so that a level cannot be entered unchecked.
#[must_use]
pub struct Depth(());

impl Limits {
    /// Enters one more level, or says which limit stands in the way.
    pub fn enter<'a>(&self, eval: &Eval<'a>) -> Outcome<'a, Depth> {
        let steps = self.steps_left.get();
        let limit = if address_of_stack() < self.lowest_address {
            "depth"
        } else if steps == 0 {
            "steps"
        } else if eval.holds_more_than(MEMORY) {
            "memory"
        } else {
            self.steps_left.set(steps - 1);
            return Ok(Depth(()));
        };
        Err(Stop::Unknown(eval.unknown(Reason::Limit(limit), None)))
    }

    /// Begins a task of so many steps at most, taken from those that the evaluator has left.
    pub fn set_steps(&self, steps: u64) {
        let all = self.all_steps_left();
        self.steps_left.set(steps.min(all));
        self.steps_in_store.set(all.saturating_sub(steps));
    }

    /// Steps that the evaluator has left for this and all later tasks.
    pub fn all_steps_left(&self) -> u64 {
        self.steps_left.get() + self.steps_in_store.get()
    }

    /// Sets the steps that the evaluator has for this and all later tasks.
    pub fn set_all_steps(&self, steps: u64) {
        self.steps_left.set(steps);
        self.steps_in_store.set(0);
    }

    /// Takes the steps that reading so many bytes is worth, where one call may read a long text.
    pub fn read<'a>(&self, eval: &Eval<'a>, bytes: usize) -> Outcome<'a, ()> {
        let steps = u64::try_from(bytes / BYTES_OF_A_STEP).unwrap_or(u64::MAX);
        self.steps_left.set(self.steps_left.get().saturating_sub(steps));
        self.enter(eval).map(|_| ())
    }

    /// Refuses to make something of more than [`MAX_SIZE`] items or bytes.
    pub fn size<'a>(&self, eval: &Eval<'a>, size: usize) -> Outcome<'a, ()> {
        self.size_of_at_most(eval, size, MAX_SIZE)
    }

    /// Refuses to make something of more than `most` items or bytes.
    pub fn size_of_at_most<'a>(&self, eval: &Eval<'a>, size: usize, most: usize) -> Outcome<'a, ()> {
        if size > most { Err(Stop::Unknown(eval.unknown(Reason::Limit("size"), None))) } else { Ok(()) }
    }
}

fn address_of_stack() -> usize {
    let here = 0u8;
    std::hint::black_box(&raw const here) as usize
}

/// Runs `work` on a thread with a stack deep enough for any evaluation within its limits.
///
/// # Errors
/// The thread could not be started, or `work` panicked.
pub fn on_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, DeepStackError> {
    thread::scope(|scope| {
        let builder = thread::Builder::new().name("evaluate".to_owned()).stack_size(STACK_BYTES + (16 << 20));
        let handle = builder.spawn_scoped(scope, work).map_err(DeepStackError::Start)?;
        handle.join().map_err(|_| DeepStackError::Panicked)
    })
}

/// Why work on a deep stack has no result.
#[derive(Debug, thiserror::Error)]
pub enum DeepStackError {
    /// No thread.
    #[error("cannot start an evaluation thread: {0}")]
    Start(std::io::Error),
    /// A defect of sealnix.
    #[error("the evaluator panicked; this is a defect of sealnix, please report it")]
    Panicked,
}
