//! What goes to a terminal alone: how far a long run has got, colours, links.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use super::{flake, repository};
use crate::support::installed::Needed;
use crate::support::scratch::Scratch;

const SCRIPT: Needed =
    Needed { programs: &["script"], demanded_by: "SEALNIX_TEST_NEEDS_SCRIPT", debian: "apt-get install bsdutils" };

/// What a run with a terminal (util-linux' script(1)) shows on it, and what one without says on its standard error.
fn shown(repository: &Scratch, arguments: &[&str], settings: &[(&str, &str)]) -> (String, String) {
    let sealnix = env!("CARGO_BIN_EXE_sealnix");
    let run = |command: &mut Command| {
        for name in ["NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "COLORTERM", "TERM_PROGRAM", "FORCE_HYPERLINK"] {
            command.env_remove(name);
        }
        command.env_remove("VTE_VERSION").env_remove("KONSOLE_VERSION").env("TERM", "xterm-256color");
        command.envs(settings.iter().copied()).current_dir(repository.path()).stdin(Stdio::null());
        let output = command.output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let line = format!("{sealnix} {}", arguments.join(" "));
    let terminal = run(Command::new("script").args(["--quiet", "--return", "--command", &line, "/dev/null"])).0;
    (terminal, run(Command::new(sealnix).args(arguments)).1)
}

/// A Nix that takes long and gives no answer.
fn with_slow_nix() -> (Scratch, String) {
    let repository = repository(&[("flake.nix", &flake("{ }"))]);
    let programs = repository.path().join(".git/programs");
    fs::create_dir(&programs).unwrap();
    fs::write(programs.join("nix"), "#!/bin/sh\nsleep 1\nexit 1\n").unwrap();
    fs::set_permissions(programs.join("nix"), fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    (repository, path)
}

#[test]
fn who_waits_is_told_what_for() {
    if !SCRIPT.is_here() {
        return;
    }
    let (repository, path) = with_slow_nix();
    let settings = [("PATH", path.as_str())];
    let (terminal, piped) = shown(&repository, &["check", "--eval"], &settings);
    assert!(terminal.contains("asking Nix"), "{terminal}");
    // The line is cleared before anything else is said.
    let after = terminal.rsplit_once("asking Nix").unwrap().1;
    assert!(after.contains("\u{1b}[2K") && after.contains('\u{d7}'), "{terminal:?}");
    assert!(!piped.contains("asking Nix") && !piped.contains('\u{1b}'), "{piped}");
    let quiet = shown(&repository, &["check", "--eval", "--quiet"], &settings).0;
    assert!(!quiet.contains("asking Nix") && !quiet.contains("\u{1b}[2K"), "{quiet:?}");
    let dumb = shown(&repository, &["check", "--eval"], &[settings[0], ("TERM", "dumb")]).0;
    assert!(!dumb.contains("asking Nix") && !dumb.contains('\u{1b}'), "{dumb:?}");
}

#[test]
fn colours_and_links_are_where_the_terminal_has_them_and_nobody_says_otherwise() {
    if !SCRIPT.is_here() {
        return;
    }
    let repository = repository(&[("flake.nix", &flake("{ sops.secrets.a.sopsFile = ./none.yaml; }"))]);
    let has = |settings: &[(&str, &str)]| {
        let terminal = shown(&repository, &["check"], settings).0;
        (terminal.contains("\u{1b}[3"), terminal.contains("\u{1b}]8;;https://"))
    };
    // Without a home there is nowhere to lead to.
    let linked = sealnix::report::home::repository().is_some();
    let links = ("FORCE_HYPERLINK", "1");
    assert_eq!(has(&[]), (true, false));
    assert_eq!(has(&[("VTE_VERSION", "7600")]), (true, linked));
    assert_eq!(has(&[("NO_COLOR", "1"), ("VTE_VERSION", "7600")]), (false, linked));
    assert_eq!(has(&[("TERM", "dumb"), ("VTE_VERSION", "7600")]), (false, false));
    let piped = |settings: &[(&str, &str)]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sealnix"));
        command.arg("check").current_dir(repository.path()).env_remove("NO_COLOR").env("TERM", "xterm-256color");
        let text = String::from_utf8(command.envs(settings.iter().copied()).output().unwrap().stdout).unwrap();
        (text.contains("\u{1b}[3"), text.contains("\u{1b}]8;;https://"))
    };
    assert_eq!(piped(&[]), (false, false));
    assert_eq!(piped(&[links]), (false, linked));
    assert_eq!(piped(&[("FORCE_COLOR", "1")]), (true, false));
    assert_eq!(piped(&[("CLICOLOR_FORCE", "1")]), (true, false));
}
