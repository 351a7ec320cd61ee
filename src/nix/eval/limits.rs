//! How far an evaluation may go: depth (by the stack that is left), steps, memory.

use std::cell::Cell;
use std::thread;

use super::Eval;
use crate::nix::unknown::{Reason, Stop};
use crate::nix::value::Outcome;

/// Stack of an evaluating thread. Reserved, not used: pages are only touched as depth needs them.
const STACK_BYTES: usize = 512 << 20;

/// What must be left of the stack for a native function to do its work in.
const RESERVE_BYTES: usize = 2 << 20;

/// Frames that one step of evaluation may stack up, so that a run needs no more than the stack.
const DEFAULT_STEPS: u64 = 60_000_000;

const DEFAULT_MEMORY: usize = 768 << 20;

/// The bounds of one evaluator.
pub struct Limits {
    lowest_address: usize,
    steps_left: Cell<u64>,
    memory: usize,
}

impl Default for Limits {
    /// Counts the stack from where it is called: call it near the bottom of the thread.
    fn default() -> Self {
        Limits {
            lowest_address: address_of_stack().saturating_sub(STACK_BYTES - RESERVE_BYTES),
            steps_left: Cell::new(DEFAULT_STEPS),
            memory: DEFAULT_MEMORY,
        }
    }
}

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
        } else if steps.is_multiple_of(1024) && eval.allocated() > self.memory {
            "memory"
        } else {
            self.steps_left.set(steps - 1);
            return Ok(Depth(()));
        };
        Err(Stop::Unknown(eval.unknown(Reason::Limit(limit), None)))
    }

    /// Gives the steps of a new task; what was left of the last is gone.
    pub fn set_steps(&self, steps: u64) {
        self.steps_left.set(steps);
    }

    /// Steps that are left.
    pub fn steps_left(&self) -> u64 {
        self.steps_left.get()
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
