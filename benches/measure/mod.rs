//! Whole processes: their time and peak memory.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const TIME: &str = "/usr/bin/time";

/// How often a command is run.
#[derive(Clone, Copy)]
pub struct Runs {
    /// Before it is measured.
    pub warm_up: usize,
    /// Measured.
    pub measured: usize,
}

/// The command that checks a tree.
pub fn check(tree: &Path) -> [PathBuf; 3] {
    [env!("CARGO_BIN_EXE_sealnix").into(), "check".into(), tree.into()]
}

/// Runs a command warm, prints the median of its times and its peak memory, and gives the median.
pub fn report(name: &str, command: &[PathBuf], runs: Runs) -> Duration {
    let (mut times, mut code) = (Vec::with_capacity(runs.measured), None);
    for run in 0..runs.warm_up + runs.measured {
        let start = Instant::now();
        let status = Command::new(&command[0]).args(&command[1..]).stdout(Stdio::null()).stderr(Stdio::null()).status();
        let time = start.elapsed();
        code = status.expect("it starts").code();
        if run >= runs.warm_up {
            times.push(time);
        }
    }
    times.sort();
    let median = times[times.len() / 2];
    let memory = peak_memory(command).unwrap_or_else(|| format!("unknown ({TIME} is not installed)"));
    let (count, best) = (times.len(), times[0]);
    println!("{name}: median {median:.1?} of {count}, best {best:.1?}, peak memory {memory}, exit code {code:?}");
    median
}

/// The largest resident set of one run, as GNU time says it.
fn peak_memory(command: &[PathBuf]) -> Option<String> {
    let output = Command::new(TIME).args(["-f", "%M"]).args(command).stdout(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let kibibytes: f64 = text.lines().last()?.trim().parse().ok()?;
    Some(format!("{:.1} MiB", kibibytes / 1024.0))
}
