//! Parses the arguments, runs the command, exits with its code; nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    sealnix::cli::main()
}
