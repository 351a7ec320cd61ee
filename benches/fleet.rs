//! Time and peak memory of `sealnix check` over generated fleets of 10, 100 and 1,000 hosts with 20
//! secrets each, over 200 shared modules: the time is to be linear in the hosts.
//!
//! `cargo bench --bench fleet`; `cargo bench --bench fleet -- generate FOLDER HOSTS` only writes one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::string_slice, clippy::panic)]

#[path = "fleet/keys.rs"]
mod keys;
mod measure;
#[path = "fleet/tree.rs"]
mod tree;

use std::env;
use std::path::Path;

use measure::{Runs, check, report};

const RUNS: Runs = Runs { warm_up: 1, measured: 5 };

fn main() {
    let arguments: Vec<String> = env::args().collect();
    match arguments.get(1..).unwrap_or_default() {
        [mode, folder, hosts, ..] if mode == "generate" => tree::write(Path::new(folder), hosts.parse().unwrap()),
        _ => [10, 100, 1000].into_iter().for_each(measure),
    }
}

fn measure(hosts: usize) {
    let folder = tempfile::tempdir().unwrap();
    tree::write(folder.path(), hosts);
    let median = report(&format!("check {hosts} hosts"), &check(folder.path()), RUNS);
    println!("    {:.2?} a host", median / hosts as u32);
}
