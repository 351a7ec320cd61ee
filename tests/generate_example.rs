//! An example is sealnix's own as long as nobody has entered a value: then it is theirs, and no value of it is shown.

use std::fs;

use crate::support::generated::{generate, refused, repository, text};
use crate::support::scratch::Scratch;
use crate::support::sealed;

const FILES: [&str; 2] = ["a.example.yaml", "shape.txt"];

/// A repository with two examples, one of them under a name that tells no format.
fn with_examples() -> Scratch {
    let repository = repository(&[], &[("a.yaml", &sealed::yaml("token: STR\nn: INT\n"))]);
    FILES.iter().for_each(|file| drop(generate(&repository, &format!("example a.yaml --out {file}"))));
    repository
}

fn fill_in(repository: &Scratch, file: &str) -> String {
    let filled = text(repository, file).replace("token: \"\"", "token: hunter2");
    assert!(filled.contains("hunter2"));
    fs::write(repository.path().join(file), &filled).unwrap();
    filled
}

#[test]
fn an_example_that_is_blank_is_refreshed() {
    let repository = with_examples();
    assert_eq!(generate(&repository, "--check").stdout, "2 generated files: all fresh\n");
    fs::write(repository.path().join("a.yaml"), sealed::yaml("token: STR\nother: STR\n")).unwrap();
    let run = repository.sealnix(&["generate", "--check"]);
    assert!(run.code == Some(1) && run.stdout.contains("\n+other: \"\"\n"), "{}", run.stdout);
    generate(&repository, "--all");
    assert_eq!(generate(&repository, "--check").stdout, "2 generated files: all fresh\n");
}

#[test]
fn one_that_is_filled_in_is_neither_shown_nor_overwritten() {
    for file in FILES {
        let repository = with_examples();
        let filled = fill_in(&repository, file);
        let run = repository.sealnix(&["generate", "--check"]);
        assert_eq!(run.code, Some(1));
        assert_eq!(
            run.stdout,
            format!(
                "{file} is an example and has been filled in: seal it, or move it elsewhere\n\
                 What {file} holds is not shown: there may be secrets in it.\n\n\
                 2 generated files: 1 stale; `sealnix generate --all` overwrites what a person wrote only with --force\n"
            )
        );
        for line in ["--all", "--all --dry-run"] {
            assert!(refused(&repository, line).contains("has been filled in"));
        }
        let one = format!("example a.yaml --out {file}");
        for line in [one.clone(), format!("{one} --dry-run")] {
            let said = refused(&repository, &line);
            assert!(said.contains("has been filled in") && said.contains("--force"), "{said}");
        }
        assert_eq!(text(&repository, file), filled);
        for line in ["--all --force --dry-run".to_owned(), format!("{one} --force --dry-run")] {
            let said = generate(&repository, &line).stdout;
            assert_eq!(said, format!("What {file} holds is not shown: there may be secrets in it.\n"));
        }
        assert_eq!(text(&repository, file), filled);
        generate(&repository, &format!("{one} --force"));
        assert_eq!(generate(&repository, "--check").stdout, "2 generated files: all fresh\n");
    }
}

/// sops leaves comments at the top level in clear where it seals only what `encrypted_regex` names.
#[test]
fn one_that_is_sealed_in_place_is_a_secret() {
    let repository = with_examples();
    let head = text(&repository, FILES[0]).lines().take(2).collect::<Vec<_>>().join("\n");
    let sealed = format!("{head}\n{}", sealed::yaml("token: STR\n"));
    for file in FILES {
        fs::write(repository.path().join(file), &sealed).unwrap();
    }
    assert_eq!(generate(&repository, "--all --force").stdout, "0 generated files: 0 written\n");
    for file in FILES {
        for options in ["", "--force", "--force --dry-run"] {
            let said = refused(&repository, &format!("example a.yaml --out {file} {options}"));
            assert!(said.contains("is sealed"), "{said}");
        }
    }
    assert!(refused(&repository, "module a.yaml --out a.yaml --force").contains("is sealed"));
    let toml = text(&repository, "sealnix.toml") + "\n[generate]\n\"a.example.yaml\" = \"example a.yaml\"\n";
    fs::write(repository.path().join("sealnix.toml"), toml).unwrap();
    for line in ["--check", "--all", "--all --force"] {
        assert!(refused(&repository, line).contains("is sealed"));
    }
    FILES.iter().for_each(|file| assert_eq!(text(&repository, file), sealed));
}

#[test]
fn what_a_person_wrote_is_not_shown() {
    let repository = with_examples();
    fs::write(repository.path().join("own.env"), "TOKEN=hunter2\n").unwrap();
    for command in ["example", "module"] {
        let line = format!("{command} a.yaml --out own.env");
        assert!(refused(&repository, &line).contains("holds something else"));
        let said = generate(&repository, &format!("{line} --force --dry-run")).stdout;
        assert_eq!(said, "What own.env holds is not shown: there may be secrets in it.\n");
    }
}
