//! Time of reading sealed files: one YAML file of 5 MB on one core, and 1,000 files of usual size as
//! the vault reads them, from the text in memory to the leaf trees.
//!
//! `cargo bench --bench vault`. No test: figures depend on the machine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::string_slice, clippy::panic)]

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use sealnix::sops::{self, walk};
use sealnix::source::{Text, Tree};
use sealnix::vault::Vault;

const RUNS: usize = 15;

fn main() {
    let vector = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/vectors/02-yaml-types/enc.yaml");
    let vector = fs::read_to_string(vector).unwrap();
    let (data, metadata) = vector.split_at(vector.find("sops:").unwrap());

    let large = Text::new("large.yaml".into(), large(data, metadata));
    let bytes = large.content().len();
    let median = report("index the lines of 5 MB", || Text::new("large.yaml".into(), large.content().clone()));
    throughput(bytes, median);
    throughput(bytes, report("read 5 MB of YAML", || sops::read(&large).unwrap().unwrap()));
    throughput(
        bytes,
        report("walk 5 MB of YAML", || {
            walk(&large, sops::Format::Yaml, &sops::CryptRule::default(), |visit| {
                black_box(visit.path);
            })
        }),
    );

    let texts = (0..1000).map(|number| {
        let path = format!("secrets/{number}.yaml");
        (path.as_str().into(), Text::new(path.as_str().into(), vector.as_str()))
    });
    let tree = Tree { texts: texts.collect(), ..Tree::default() };
    report(&format!("read 1,000 files of {} bytes", vector.len()), || Vault::read(&tree));
}

/// The values of a file over and over, each time below a key of its own, and its metadata.
fn large(data: &str, metadata: &str) -> String {
    let indented: String = data.lines().map(|line| format!("    {line}\n")).collect();
    let mut content = String::new();
    for number in 0.. {
        if content.len() + metadata.len() > 5_000_000 {
            break;
        }
        content += &format!("service{number}:\n{indented}");
    }
    content + metadata
}

/// Runs it warm, prints the median of its times and gives it.
fn report<T>(name: &str, run: impl Fn() -> T) -> Duration {
    let time = || {
        let start = Instant::now();
        black_box(run());
        start.elapsed()
    };
    time();
    let mut times: Vec<Duration> = (0..RUNS).map(|_| time()).collect();
    times.sort();
    println!("{name}: median {:.1?} of {RUNS}, best {:.1?}", times[RUNS / 2], times[0]);
    times[RUNS / 2]
}

fn throughput(bytes: usize, time: Duration) {
    println!("    {:.1} MB/s", bytes as f64 / 1e6 / time.as_secs_f64());
}
