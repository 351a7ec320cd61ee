//! The Nix that is installed. `.ci/run` installs it and demands it; elsewhere a test says that it did
//! not run.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Set by `.ci/run`: without Nix the test fails.
const DEMANDED: &str = "SEALNIX_TEST_NEEDS_NIX";

/// Nix needs neither root nor users for its builds; and what it is told is all that it is told.
const CONFIGURATION: &str =
    "build-users-group =\nsandbox = false\nexperimental-features = nix-command flakes\nsubstitute = false";

/// Nix with a store of its own in a scratch folder, so that nothing of a test stays.
pub struct Nix(PathBuf);

impl Nix {
    /// None where it is not installed and need not be.
    pub fn with_store_in(scratch: &Path) -> Option<Self> {
        if Command::new("nix-instantiate").arg("--version").output().is_ok_and(|output| output.status.success()) {
            return Some(Nix(scratch.to_owned()));
        }
        assert!(std::env::var_os(DEMANDED).is_none(), "nix-instantiate is not installed (Debian: nix-bin)");
        // Not captured, unlike what eprintln! writes.
        std::io::stderr().write_all(b"SKIPPED: nix-instantiate is not installed (Debian: nix-bin)\n").unwrap();
        None
    }

    /// One of its programs.
    pub fn program(&self, name: &str) -> Command {
        let Nix(scratch) = self;
        let mut program = Command::new(name);
        for (variable, folder) in [
            ("NIX_STORE_DIR", "store"),
            ("NIX_STATE_DIR", "state"),
            ("NIX_LOG_DIR", "log"),
            ("NIX_LOCALSTATE_DIR", "state"),
            ("HOME", "home"),
            ("XDG_CACHE_HOME", "home/cache"),
        ] {
            program.env(variable, scratch.join(folder));
        }
        program.env("NIX_CONFIG", CONFIGURATION).env_remove("NIX_PATH").env_remove("NIX_REMOTE");
        program
    }
}
