//! Keeping keys and plaintexts out of core dumps.

use rustix::process::{Resource, Rlimit, setrlimit};

/// Refuses core dumps of this process and of those that it starts, as far as the system lets it. What it does not
/// let is not told: nothing that is proved depends on it.
pub fn refuse_core_dumps() {
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    // A program that takes the dumps (`|/usr/lib/systemd/systemd-coredump`) is not bound by that limit; nor may
    // another process of the same person look into this one then.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}
