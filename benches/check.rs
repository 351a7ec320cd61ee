//! Whole-process time and peak memory of `sealnix check`.
//!
//! `cargo bench`, or `SEALNIX_BENCH_TREE=/path/to/a/repository cargo bench` to compare a larger
//! tree with the bare rnix parse of all its .nix files. No test: figures depend on the machine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::string_slice, clippy::panic)]

use std::env;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rayon::prelude::*;

const WARM_UP: usize = 3;
const RUNS: usize = 21;
const TIME: &str = "/usr/bin/time";

fn main() {
    let arguments: Vec<String> = env::args().collect();
    match arguments.get(1..).unwrap_or_default() {
        [mode, tree] if mode == "parse-one-thread" => nix_files(tree.as_ref()).iter().for_each(|file| parse(file)),
        [mode, tree] if mode == "parse" => nix_files(tree.as_ref()).par_iter().for_each(|file| parse(file)),
        _ => measure(),
    }
}

fn measure() {
    let fleet = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/fleet");
    report("check fixtures/fleet", &check(&fleet));
    let Some(tree) = env::var_os("SEALNIX_BENCH_TREE").map(PathBuf::from) else {
        println!("SEALNIX_BENCH_TREE is not set: no larger tree was measured");
        return;
    };
    println!("{}: {} .nix files", tree.display(), nix_files(&tree).len());
    let whole = report("check", &check(&tree));
    for mode in ["parse", "parse-one-thread"] {
        let bare = report(mode, &[env::current_exe().unwrap(), mode.into(), tree.clone()]);
        println!("    check / {mode}: {:.2}", whole.as_secs_f64() / bare.as_secs_f64());
    }
}

/// The command that checks a tree.
fn check(tree: &Path) -> [PathBuf; 3] {
    [env!("CARGO_BIN_EXE_sealnix").into(), "check".into(), tree.into()]
}

/// Runs a command warm, prints the median of its times and its peak memory, and gives the median.
fn report(name: &str, command: &[PathBuf]) -> Duration {
    let (mut times, mut code) = (Vec::with_capacity(RUNS), None);
    for run in 0..WARM_UP + RUNS {
        let start = Instant::now();
        let status = Command::new(&command[0]).args(&command[1..]).stdout(Stdio::null()).stderr(Stdio::null()).status();
        let time = start.elapsed();
        code = status.expect("it starts").code();
        if run >= WARM_UP {
            times.push(time);
        }
    }
    times.sort();
    let median = times[RUNS / 2];
    let memory = peak_memory(command).unwrap_or_else(|| format!("unknown ({TIME} is not installed)"));
    println!("{name}: median {median:.1?} of {RUNS}, best {:.1?}, peak memory {memory}, exit code {code:?}", times[0]);
    median
}

/// The largest resident set of one run, as GNU time says it.
fn peak_memory(command: &[PathBuf]) -> Option<String> {
    let output = Command::new(TIME).args(["-f", "%M"]).args(command).stdout(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let kibibytes: f64 = text.lines().last()?.trim().parse().ok()?;
    Some(format!("{:.1} MiB", kibibytes / 1024.0))
}

fn nix_files(tree: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(tree).into_iter().filter_entry(|entry| entry.file_name() != ".git");
    let files = entries.map(|entry| entry.unwrap()).filter(|entry| entry.file_type().is_file());
    files.map(walkdir::DirEntry::into_path).filter(|path| path.extension().is_some_and(|end| end == "nix")).collect()
}

fn parse(file: &Path) {
    if let Ok(text) = std::fs::read_to_string(file) {
        black_box(rnix::Root::parse(&text));
    }
}
