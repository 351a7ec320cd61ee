//! No secret and no part of one is printed. A marker is planted wherever a person may have left a
//! secret in clear, and must be in no byte of what any command writes.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::support::scratch::{Scratch, fixtures};

const MARKER: &str = "hunter2xyzzy";

/// The repository of a rule's fixture, its module replaced and further files added.
fn repository(module: &str, files: &[(&str, &str)]) -> Scratch {
    let folder = TempDir::new().unwrap();
    let fixture = fixtures().join("rules/key-missing/fires");
    fs::copy(fixture.join("flake.nix"), folder.path().join("flake.nix")).unwrap();
    let write = |path: &str, content: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).unwrap();
        fs::write(path, content).unwrap();
    };
    let sealed = fs::read_to_string(fixture.join("secrets/web.yaml")).unwrap();
    write("secrets/web.yaml", &sealed);
    // A value that somebody typed into a sealed file without sops.
    write("secrets/edited.yaml", &format!("added: {MARKER}\n# {MARKER}\n{sealed}"));
    write("configuration.nix", module);
    files.iter().for_each(|(path, content)| write(path, content));
    Scratch::copy_of(folder.path(), &[], &[])
}

/// Runs every command that prints what it found; gives the human report of `check`.
fn says_nothing(repository: &Scratch) -> String {
    let commands: [&[&str]; 13] = [
        &["check"],
        &["check", "--format", "json"],
        &["check", "--format", "sarif"],
        &["check", "--format", "github"],
        &["manifest"],
        &["check", "--fail-on", "note"],
        &["hosts"],
        &["matrix"],
        &["matrix", "--format", "json"],
        &["matrix", "--format", "markdown"],
        &["why", "secrets/edited.yaml"],
        &["why", "secrets/plain.yaml", "--format", "json"],
        &["who", "web", "--format", "json"],
    ];
    let runs = commands.map(|arguments| (arguments, repository.sealnix(arguments)));
    for (arguments, run) in &runs {
        assert!(run.code.is_some_and(|code| code < 100), "{arguments:?}: {}", run.stderr);
        for output in [&run.stdout, &run.stderr] {
            assert!(!output.contains(MARKER), "{arguments:?} prints it:\n{output}");
            assert!(!output.contains(&MARKER[..7]), "{arguments:?} prints a part of it:\n{output}");
        }
    }
    runs[1].1.json().unwrap();
    runs[0].1.stdout.clone()
}

#[test]
fn a_file_in_clear() {
    let module = "{ sops.secrets.token.sopsFile = ./secrets/plain.yaml; }\n";
    let clear = [("secrets/plain.yaml", format!("token: {MARKER}\n"))];
    let shown = says_nothing(&repository(module, &[(clear[0].0, &clear[0].1)]));
    assert!(shown.contains("file-not-encrypted"), "{shown}");
}

#[test]
fn strings_and_comments_beside_a_finding() {
    let module = format!(
        "{{\n  services.foo.password = \"{MARKER}\";\n  sops.secrets.tokn.sopsFile = ./secrets/web.yaml; # was {MARKER}\n  \
         services.bar.text = ''\n    {MARKER}\n  '';\n}}\n"
    );
    let shown = says_nothing(&repository(&module, &[]));
    // The literal is itself a finding, whose place is masked whole, with its quotes.
    assert!(shown.contains("key-missing") && shown.contains("services.foo.password = …;"), "{shown}");
}

#[test]
fn a_clear_value_and_a_comment_of_a_sops_file() {
    let module = "{ sops.secrets.add.sopsFile = ./secrets/edited.yaml; sops.secrets.\"added/x\".sopsFile = \
                  ./secrets/edited.yaml; }\n";
    let shown = says_nothing(&repository(module, &[]));
    assert!(shown.contains("key-missing") && shown.contains("added: …"), "{shown}");
}

#[test]
fn a_sops_file_that_cannot_be_read() {
    let module = "{ sops.secrets.token.sopsFile = ./secrets/broken.yaml; }\n";
    let broken = format!("token: {MARKER}\nother: [{MARKER}\nsops:\n    mac: {MARKER}\n    age: {MARKER}\n");
    says_nothing(&repository(module, &[("secrets/broken.yaml", &broken)]));
}

#[test]
fn a_string_without_its_end() {
    let module = format!("{{\n  a.text = \"open;\n  b.password = \"{MARKER}\";\n}}\n");
    let shown = says_nothing(&repository(&module, &[]));
    assert!(shown.contains("nix-syntax"), "{shown}");
}

/// A secret whose key is this expression.
fn with_key(expression: &str) -> Scratch {
    let key = format!("sops.secrets.token = {{ sopsFile = ./secrets/web.yaml; key = {expression}; }};");
    repository(&format!("{{ config, ... }}:\n{{\n  networking.domain = \"{MARKER}\";\n  {key}\n}}\n"), &[])
}

#[test]
fn messages_of_evaluation_errors() {
    // What a message holds is whatever the configuration puts into it.
    for fails in [
        "throw \"it is ${config.networking.domain}\"",
        &format!("builtins.trace \"{MARKER}\" (throw \"no\")"),
        &format!("assert \"{MARKER}\" == 1; \"a\""),
        &format!("builtins.fromJSON \"{{ {MARKER}\""),
        &format!("1 + \"{MARKER}\""),
    ] {
        says_nothing(&with_key(fails));
    }
}

#[test]
fn a_message_that_is_one_literal() {
    // A message that is one literal need not be the words behind `throw`: its origin may be any value of the
    // configuration.
    for fails in ["throw config.networking.domain", "abort config.networking.domain", &format!("throw \"{MARKER}\"")] {
        says_nothing(&with_key(fails));
    }
}

/// The message of an assertion is shown where it is written; one that comes from elsewhere may be any value.
#[test]
fn a_message_that_is_a_value_of_the_configuration() {
    for message in ["config.networking.domain", "let it = config.networking.domain; in it"] {
        let module = format!(
            "{{ config, ... }}: {{\n  networking.domain = \"{MARKER}\";\n  assertions = [\n    {{ assertion = \
             config.networking.domain == \"\"; message = {message}; }}\n    {{ assertion = config.networking.domain == \
             \"\"; message = \"plain words\"; }}\n  ];\n}}\n"
        );
        let shown = says_nothing(&repository(&module, &[]));
        assert_eq!(shown.matches("⚠ The assertion is false").count(), 2, "{shown}");
        assert!(shown.contains("plain words"), "{shown}");
    }
}

/// A private key that was written where its recipient belongs, in the rule file, is nowhere shown, nor a part of it.
#[test]
fn a_private_key_among_the_recipients_is_not_shown() {
    const KEY: &str = "AGE-SECRET-KEY-1QQPQ0SM7GXQ5Z5YZP9PHT0QH6P3Q5XYWRNN2PYLFKQ5S4M6Y8Q7SLDETZC";
    let rules = format!("keys:\n  - &me {KEY}\ncreation_rules:\n  - path_regex: web\n    age: *me\n  - age: {KEY}\n");
    let repository = repository("{ }", &[(".sops.yaml", &rules)]);
    for line in ["check", "why secrets/web.yaml", "why new", "matrix", "hosts", "who me", "who AGE-SECRET-KEY-1QQPQ0SM"]
    {
        let formats: &[&str] =
            if line == "matrix" { &["human", "json", "csv", "markdown"] } else { &["human", "json"] };
        for format in formats {
            let arguments: Vec<&str> = line.split(' ').chain(["--format", format]).collect();
            let run = repository.sealnix(&arguments);
            let text = [run.stdout, run.stderr].concat();
            assert!(!text.is_empty() && !text.contains("QQPQ0") && !text.contains("LDETZC"), "{line} {format}: {text}");
        }
    }
}
