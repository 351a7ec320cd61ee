//! Parses the arguments, runs the command, exits with its code; nothing else.

use std::process::ExitCode;

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    sealnix::cli::main()
}
