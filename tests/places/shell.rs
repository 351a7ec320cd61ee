//! `completions` and `man`: accepted by the programs that read them.

use std::fs;
use std::process::Command;

use super::repository;
use crate::support::installed::Needed;

const GROFF: Needed =
    Needed { programs: &["groff"], demanded_by: "SEALNIX_TEST_NEEDS_GROFF", debian: "apt-get install groff" };

/// Whether a shell is here to parse a script.
fn is_here(shell: &str) -> bool {
    Command::new(shell).arg("-c").arg("true").output().is_ok_and(|output| output.status.success())
}

#[test]
fn shells_take_their_completions() {
    let repository = repository(&[]);
    for shell in ["bash", "zsh", "fish"] {
        let run = repository.sealnix(&["completions", shell]);
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
        for word in ["explain", "staged", "sarif", "key-missing"] {
            assert!(run.stdout.contains(word), "{shell}: {word}");
        }
        if is_here(shell) {
            let script = repository.path().join(shell);
            fs::write(&script, run.stdout).unwrap();
            let parsed = Command::new(shell).arg("-n").arg(&script).output().unwrap();
            assert!(parsed.status.success(), "{shell}: {}", String::from_utf8_lossy(&parsed.stderr));
        }
    }
}

#[test]
fn bash_completes_a_rule() {
    let repository = repository(&[]);
    let script = repository.sealnix(&["completions", "bash"]).stdout;
    let ask = "COMP_WORDS=(sealnix explain key-mis); COMP_CWORD=2; _sealnix sealnix key-mis explain; echo \"${COMPREPLY[@]}\"";
    let bash = Command::new("bash").args(["--norc", "-c", &format!("{script}\n{ask}")]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&bash.stdout), "key-missing\n", "{}", String::from_utf8_lossy(&bash.stderr));
}

#[test]
fn fish_completes_a_rule() {
    if !is_here("fish") {
        return;
    }
    let repository = repository(&[]);
    let script = repository.sealnix(&["completions", "fish"]).stdout;
    for (line, completed) in
        [("sealnix explain key-mis", "key-missing\n"), ("sealnix check --only key-mis", "key-missing\n")]
    {
        let ask = format!("{script}\ncomplete -C '{line}'");
        let fish = Command::new("fish").args(["--no-config", "-c", &ask]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&fish.stdout), completed, "{}", String::from_utf8_lossy(&fish.stderr));
    }
}

#[test]
fn every_command_has_its_page() {
    let repository = repository(&[]);
    let run = repository.sealnix(&["man", "man1"]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    let pages: Vec<_> =
        fs::read_dir(repository.path().join("man1")).unwrap().map(|page| page.unwrap().path()).collect();
    for name in ["sealnix", "sealnix-check", "sealnix-generate-module", "sealnix-host-add", "sealnix-completions"] {
        assert!(
            pages.iter().any(|page| page.file_name().unwrap() == format!("{name}.1").as_str()),
            "{name}: {pages:?}"
        );
    }
    assert_eq!(run.stdout.lines().count(), pages.len());
    assert!(
        repository
            .sealnix(&["man"])
            .stdout
            .starts_with(&fs::read_to_string(repository.path().join("man1/sealnix.1")).unwrap())
    );
    if !GROFF.is_here() {
        return;
    }
    for page in pages {
        let groff =
            Command::new("groff").args(["-K", "utf8", "-man", "-ww", "-z", "-Tutf8"]).arg(&page).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&groff.stderr), "", "{}", page.display());
    }
}
