//! Runs of sealnix that the system ends where they take too long.

use std::path::Path;
use std::process::Command;

use crate::support::scratch::Run;

/// Seconds of the processor that a bounded run may take: what else the machine does decides nothing.
pub const MOST_SECONDS: u32 = 10;

/// Runs sealnix in a folder; the system ends it, and there is no exit code, after [`MOST_SECONDS`].
pub fn bounded(folder: &Path, arguments: &[&str]) -> Run {
    let script = format!("ulimit -t {MOST_SECONDS}; exec \"$0\" \"$@\"");
    let mut shell = Command::new("sh");
    shell.args(["-c", &script, env!("CARGO_BIN_EXE_sealnix")]).args(arguments);
    Run::of(shell.current_dir(folder))
}
