//! A fixture copied into a scratch git repository, and sealnix run on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// The folder `fixtures/`.
pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// A git repository that lives as long as this.
pub struct Scratch(TempDir);

impl Scratch {
    /// Copies a folder without what `leave_out` names, and adds everything to git's index except
    /// what `untracked` names (both relative to the folder).
    pub fn copy_of(folder: &Path, leave_out: &[&str], untracked: &[&str]) -> Self {
        let scratch = Scratch(TempDir::new().expect("a temporary folder"));
        let left_out: Vec<PathBuf> = leave_out.iter().map(|name| folder.join(name)).collect();
        copy(folder, scratch.path(), &left_out);
        scratch.git(&["init", "--quiet"]);
        let mut add = vec!["add", "--all", "--force", "--", "."];
        let excluded: Vec<String> = untracked.iter().map(|path| format!(":(exclude){path}")).collect();
        add.extend(excluded.iter().map(String::as_str));
        scratch.git(&add);
        scratch
    }

    /// Its root.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Runs sealnix in it.
    pub fn sealnix(&self, arguments: &[&str]) -> Run {
        sealnix_in(self.path(), arguments)
    }

    /// Runs git in it.
    pub fn git(&self, arguments: &[&str]) {
        // A person's own settings (ignore files, line ends) must not change what is tested.
        let output = Command::new("git")
            .args(["-c", "core.autocrlf=false"])
            .args(arguments)
            .current_dir(self.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .expect("git is installed");
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// What one run of sealnix gave.
pub struct Run {
    /// The exit code; none where a signal ended it.
    pub code: Option<i32>,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Run {
    /// Runs a command that is or becomes sealnix.
    pub fn of(command: &mut Command) -> Self {
        let Output { status, stdout, stderr } = command.output().expect("sealnix starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("sealnix writes UTF-8");
        Run { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
    }

    /// The standard output as JSON, or all that was said instead.
    pub fn json(&self) -> Result<Value, String> {
        serde_json::from_str(&self.stdout)
            .map_err(|error| format!("no JSON ({error}), exit code {:?}\n{}{}", self.code, self.stdout, self.stderr))
    }
}

/// Runs sealnix in a folder.
pub fn sealnix_in(folder: &Path, arguments: &[&str]) -> Run {
    Run::of(Command::new(env!("CARGO_BIN_EXE_sealnix")).args(arguments).current_dir(folder))
}

fn copy(from: &Path, to: &Path, left_out: &[PathBuf]) {
    fs::create_dir_all(to).expect("a folder to copy into");
    for entry in fs::read_dir(from).expect("a folder to copy") {
        let entry = entry.expect("an entry of it");
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if left_out.contains(&source) {
            continue;
        }
        if entry.file_type().expect("its type").is_dir() {
            copy(&source, &target, left_out);
        } else {
            fs::copy(&source, &target).expect("a copy");
        }
    }
}
