//! `sealnix check` of whole repositories beside the bare rnix parse of their Nix files, and beside deadnix and
//! statix where they are installed, as a table in Markdown (docs/speed.md).
//!
//! `cargo bench --bench oracle -- FOLDER…`, or `SEALNIX_BENCH_TREES` with folders separated by colons. No test:
//! figures depend on the machine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::string_slice, clippy::panic)]

#[path = "measure/bare.rs"]
mod bare;

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bare::{nix_files, parse};

/// Runs of each, of which the shortest counts: what else the machine does only makes one longer.
const RUNS: usize = 9;

/// What a check may take: so often the bare parse, and so much more.
const LIMIT: (u32, Duration) = (2, Duration::from_millis(50));

fn main() {
    let named: Vec<PathBuf> = env::args().skip(1).filter(|it| !it.starts_with("--")).map(PathBuf::from).collect();
    let listed = env::var_os("SEALNIX_BENCH_TREES").unwrap_or_default();
    let trees = if named.is_empty() { env::split_paths(&listed).collect() } else { named };
    println!("| repository | .nix files | bare parse | sealnix check | ratio | limit | deadnix | statix check |");
    println!("|---|--:|--:|--:|--:|--:|--:|--:|");
    trees.iter().for_each(|tree| measure(tree));
}

/// Prints the line of a repository.
fn measure(tree: &Path) {
    let files = nix_files(tree);
    let bare = best(|| nix_files(tree).iter().for_each(|file| parse(file)));
    let check = best(|| run(env!("CARGO_BIN_EXE_sealnix"), &["check"], tree).expect("sealnix starts"));
    let limit = bare * LIMIT.0 + LIMIT.1;
    let beside = |program: &str, arguments: &[&str]| {
        let time = run(program, arguments, tree).map(|()| best(|| run(program, arguments, tree).unwrap_or_default()));
        time.map_or_else(|| "not here".to_owned(), milliseconds)
    };
    println!(
        "| {} | {} | {} | {} | {:.1} | {}{} | {} | {} |",
        tree.file_name().unwrap_or_default().to_string_lossy(),
        files.len(),
        milliseconds(bare),
        milliseconds(check),
        check.as_secs_f64() / bare.as_secs_f64(),
        milliseconds(limit),
        if check > limit { " over" } else { "" },
        beside("deadnix", &["--quiet"]),
        beside("statix", &["check"]),
    );
}

/// Runs a program over a tree; none where there is no such program. What it finds, and so its exit code, does
/// not matter here.
fn run(program: &str, arguments: &[&str], tree: &Path) -> Option<()> {
    let mut command = Command::new(program);
    command.args(arguments).arg(tree).stdout(Stdio::null()).stderr(Stdio::null()).status().ok().map(drop)
}

fn best(work: impl Fn()) -> Duration {
    let time = |_| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..RUNS).map(time).min().unwrap()
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}
