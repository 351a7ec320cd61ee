//! Whole-process time and peak memory of `sealnix check`.
//!
//! `cargo bench --bench check`, with `SEALNIX_BENCH_TREE=/path/to/a/repository` to compare a larger
//! tree with the bare rnix parse of all its .nix files. No test: figures depend on the machine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::string_slice, clippy::panic)]

#[path = "measure/bare.rs"]
mod bare;
mod measure;

use std::env;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use bare::{nix_files, parse};
use measure::{Runs, check, report};

const RUNS: Runs = Runs { warm_up: 3, measured: 21 };

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
    report("check fixtures/fleet", &check(&fleet), RUNS);
    let Some(tree) = env::var_os("SEALNIX_BENCH_TREE").map(PathBuf::from) else {
        println!("SEALNIX_BENCH_TREE is not set: no larger tree was measured");
        return;
    };
    println!("{}: {} .nix files", tree.display(), nix_files(&tree).len());
    let whole = report("check", &check(&tree), RUNS);
    for mode in ["parse", "parse-one-thread"] {
        let bare = report(mode, &[env::current_exe().unwrap(), mode.into(), tree.clone()], RUNS);
        println!("    check / {mode}: {:.2}", whole.as_secs_f64() / bare.as_secs_f64());
    }
}
