//! A share of the hosts: those that are evaluated one after another, by as few evaluators as possible.

use std::iter::{Peekable, StepBy};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::listing::Listing;
use super::{Listed, STEPS_OF_A_HOST, Seen, Tried, evaluate_host};
use crate::nix::eval::Eval;
use crate::nixos::world::World;

/// Shares that the hosts are dealt into. Those of one are evaluated in the same order and by the same
/// evaluator on every machine, so that which limit a host meets hangs on no number of threads. As many
/// run side by side: each may take the memory and the stack of an evaluator.
pub(super) const SHARES: usize = 4;

/// Steps that all hosts of one share may take at least.
const STEPS_OF_A_SHARE: u64 = 10_000_000;

/// Steps that a share has for each of its hosts, where they are many: more than the largest takes.
const USUAL_STEPS_OF_A_HOST: u64 = 40_000;

/// Bytes of arena after which a share goes on in a new evaluator with the next host.
pub(super) const MEMORY_OF_A_SHARE: usize = 32 << 20;

/// The hosts of one share.
pub(super) struct Share {
    /// What is left of them, as places in the listing.
    hosts: Peekable<StepBy<Range<usize>>>,
    /// Steps that are left for them.
    steps: u64,
    /// What their evaluators met.
    pub(super) seen: Seen,
}

impl Share {
    /// The next share of what is listed, if there is one more.
    pub(super) fn next(next: &AtomicUsize, tried: &Tried) -> Option<Self> {
        let shares = SHARES.min(tried.hosts.len());
        let share = next.fetch_add(1, Ordering::Relaxed);
        if share >= shares {
            return None;
        }
        let hosts = (share..tried.hosts.len()).step_by(shares);
        let steps = STEPS_OF_A_SHARE.max(USUAL_STEPS_OF_A_HOST * hosts.len() as u64);
        Some(Share { hosts: hosts.peekable(), steps, seen: Seen::default() })
    }

    /// Whether no host is left.
    pub(super) fn is_done(&mut self) -> bool {
        self.hosts.peek().is_none()
    }

    /// Evaluates as many of the hosts as the memory of one evaluator is for: it has made the listing, and
    /// nothing else yet.
    pub(super) fn evaluate<'a>(
        &mut self,
        eval: &Eval<'a>,
        world: &'a World<'a>,
        listing: &Listing<'a>,
        listed: &[Listed],
        done: &(dyn Fn(usize) + Sync),
    ) {
        let of_listing = STEPS_OF_A_HOST.saturating_sub(eval.limits.all_steps_left());
        eval.limits.set_all_steps(self.steps.saturating_sub(of_listing));
        for host in self.hosts.by_ref().filter_map(|place| listed.get(place)) {
            self.seen.hosts.extend(evaluate_host(eval, world, listing, host));
            done(listed.len());
            if eval.allocated() > MEMORY_OF_A_SHARE && eval.limits.all_steps_left() > 0 {
                break;
            }
        }
        // The next evaluator has no more steps than this one left.
        self.steps = eval.limits.all_steps_left();
        let untracked = world.untracked().iter().map(|&path| path.into()).collect();
        self.seen.add(Seen {
            reached: eval.reached(),
            read: eval.read(),
            inputs: world.input_names(),
            untracked,
            hosts: Vec::new(),
        });
    }
}
