//! What `docs/in-your-flake.md` shows evaluates as it stands there, and gives the checks that it says.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::installed_nix::Store;
use crate::support::scratch::Scratch;

/// What each flake of the page gives, in their order.
const SHOWN: [(&str, &[&str]); 6] = [
    ("A plain flake", &["sealnix"]),
    ("flake-parts", &["sealnix"]),
    ("colmena", &["sealnix"]),
    ("Without a flake", &["secrets"]),
    ("A large fleet", &["sealnix-nixos-web", "sealnix-repository"]),
    ("As a part of each system", &["sealnix-web"]),
];

#[test]
fn what_the_page_shows_gives_the_checks_that_it_says() {
    let Some(store) = Store::new() else { return };
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/in-your-flake.md")).unwrap();
    let mut shown = Vec::new();
    for section in page.split("\n## ").skip(1) {
        let Some((_, block)) = section.split_once("```nix file=") else { continue };
        let (file, text) = block.split_once('\n').unwrap();
        let repository = repository(file, text.split_once("```").unwrap().0);
        let title = section.lines().next().unwrap();
        shown.push((title, checks(&store, &repository, file, title)));
    }
    let expected: Vec<(&str, Value)> = SHOWN.iter().map(|(title, checks)| (*title, json!(checks))).collect();
    assert_eq!(shown, expected);
}

/// The names of the checks: each derivation is made, and with it the manifest.
fn checks(store: &Store, repository: &Scratch, file: &str, title: &str) -> Value {
    let folder = repository.path().display();
    let checks = match (file, title) {
        ("default.nix", _) => format!("builtins.removeAttrs (import {folder}) [ \"web\" ]"),
        (_, "As a part of each system") => format!(
            "{{ sealnix-web = builtins.head (outputs {folder}).nixosConfigurations.web.config.system.checks; }}"
        ),
        _ => format!("(outputs {folder}).checks.x86_64-linux"),
    };
    store.evaluate(&format!(
        "let outputs = import ./fixtures/stubs/outputs.nix; checks = {checks};
        in builtins.filter (name: builtins.isString checks.${{name}}.drvPath) (builtins.attrNames checks)"
    ))
}

/// A repository with what the page says is there.
fn repository(file: &str, text: &str) -> Scratch {
    let root = env!("CARGO_MANIFEST_DIR");
    let repository = Scratch::copy_of(&Path::new(root).join("fixtures/stubs/repository"), &[], &[]);
    fs::write(repository.path().join(file), text).unwrap();
    let pins = format!("{{ nixpkgs.outPath = \"{root}/fixtures/stubs/nixpkgs\"; sealnix.outPath = \"{root}\"; }}");
    fs::create_dir(repository.path().join("npins")).unwrap();
    fs::write(repository.path().join("npins/default.nix"), pins).unwrap();
    repository
}
