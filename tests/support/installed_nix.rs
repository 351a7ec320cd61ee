//! The Nix that is installed here. `.ci/run` installs and demands it; elsewhere a test says that it did not run.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// Set by `.ci/run`: without Nix the tests fail.
const DEMANDED: &str = "SEALNIX_TEST_NEEDS_NIX";

/// A store of its own, that lives as long as this: nothing is written to the machine's, and nobody need be root.
pub struct Store(TempDir);

impl Store {
    /// An empty one; none where there is no Nix and none is demanded.
    pub fn new() -> Option<Self> {
        if Command::new("nix-instantiate").arg("--version").output().is_ok_and(|output| output.status.success()) {
            let store = Store(TempDir::new().expect("a temporary folder"));
            // Before several processes open it at once.
            assert!(store.run("nix-store", &["--init"]).status.success());
            return Some(store);
        }
        assert!(std::env::var_os(DEMANDED).is_none(), "nix-instantiate is not installed (Debian: nix-bin)");
        // Not captured, unlike what eprintln! writes.
        let said = b"SKIPPED: nix-instantiate is not installed: nothing was evaluated (Debian: nix-bin)\n";
        std::io::stderr().write_all(said).expect("standard error");
        None
    }

    /// The value of an expression whose paths are relative to this repository. Nothing is built.
    pub fn evaluate(&self, expression: &str) -> Value {
        let output = self.run("nix-instantiate", &["--eval", "--strict", "--json", "--expr", expression]);
        assert!(output.status.success(), "{expression}\n{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("Nix writes JSON")
    }

    /// Builds the derivation that an expression is: what it made, or Nix's log.
    pub fn build(&self, expression: &str) -> Result<String, String> {
        let output = self.run("nix-build", &["--no-out-link", "--expr", expression]);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if !output.status.success() {
            return Err(text(&output.stderr));
        }
        let made = text(&output.stdout);
        Ok(std::fs::read_to_string(made.trim_end()).expect("what Nix built"))
    }

    /// The package, as an expression, that holds a binary that cargo built.
    pub fn package(&self, binary: &str) -> String {
        let folder = self.0.path().join("package");
        std::fs::create_dir_all(folder.join("bin")).expect("a folder for it");
        std::fs::copy(binary, folder.join("bin/sealnix")).expect("a copy of it");
        let path = folder.display();
        format!("{{ type = \"derivation\"; outPath = builtins.path {{ name = \"sealnix\"; path = {path}; }}; }}")
    }

    /// The folder that is its own.
    pub fn folder(&self) -> &Path {
        self.0.path()
    }

    /// Runs one of Nix' programs.
    pub fn run(&self, program: &str, arguments: &[&str]) -> Output {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        self.command(program).args(arguments).current_dir(folder).output().expect("Nix starts")
    }

    /// A program that is one of Nix', or runs it.
    pub fn command(&self, program: &str) -> Command {
        let inside = |folder: &str| self.0.path().join(folder);
        let mut command = Command::new(program);
        command
            .env(
                "NIX_CONFIG",
                "build-users-group =\nsandbox = false\nsubstituters =\nexperimental-features = nix-command flakes",
            )
            .env("NIX_STORE_DIR", inside("store"))
            .env("NIX_STATE_DIR", inside("state"))
            .env("NIX_LOCALSTATE_DIR", inside("state"))
            .env("NIX_LOG_DIR", inside("log"))
            .env("NIX_REMOTE", "")
            .env("HOME", self.0.path());
        command
    }
}
