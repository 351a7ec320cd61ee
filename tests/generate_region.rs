//! Marked regions in a Nix file that a person wrote: what is between the markers is generated, all else stays.

use std::collections::BTreeSet;
use std::fs;

use proptest::prelude::*;
use serde_json::json;

use crate::support::generated::{assert_finds, assert_parses, generate, refused, repository, secrets, text};
use crate::support::installed_nix;
use crate::support::scratch::Scratch;
use crate::support::sealed;

const MODULE: &str = "modules/own.nix";

/// A repository whose host imports a module that a person writes.
fn with(module: &str) -> Scratch {
    repository(&[MODULE], &[(MODULE, module), ("secrets/a.yaml", &sealed::yaml("token: STR\nport: INT\n"))])
}

/// A module as people write it, with a string that quotes the markers and layout that no formatter leaves.
const OWN: &str = "# Mine.\n{ config, lib, ... }: {\n      networking.hostName   =  \"web\";\n  environment.etc.note.text = ''\n    # sealnix: begin module nothing.yaml\n    # sealnix: end\n  '';\n\n  # sealnix: ignore[key-missing] soon\n  # sealnix: begin module secrets/a.yaml --owner app\n  # sealnix: end\n\n  # Last.\n}\n";

#[test]
fn a_region_is_filled_and_all_else_stays() {
    let repository = with(OWN);
    let run = repository.sealnix(&["generate", "--check"]);
    assert_eq!(run.code, Some(1));
    insta::assert_snapshot!(run.stdout);
    assert_eq!(generate(&repository, "--all").stdout, "wrote modules/own.nix\n1 generated file: 1 written\n");
    let filled = text(&repository, MODULE);
    let (before, after) = OWN.split_once("  # sealnix: end\n\n").unwrap();
    let inside = filled.strip_prefix(before).unwrap().strip_suffix(after).unwrap();
    insta::assert_snapshot!(inside);
    assert_parses(&repository, MODULE);
    assert_eq!(secrets(&repository), json!({ "token": ["secrets/a.yaml", "token", "yaml", "app", []] }));
    // The owner's own comment silences nothing, and sops-nix delivers no number.
    assert_finds(&repository, &[("unused-suppression", MODULE), ("unused-key", "port")]);
    assert_eq!(generate(&repository, "--check").stdout, "1 generated file: all fresh\n");
    // The key is gone, and so is its declaration.
    fs::write(repository.path().join("secrets/a.yaml"), sealed::yaml("other: STR\n")).unwrap();
    generate(&repository, "--all");
    assert_eq!(
        text(&repository, MODULE),
        filled.replace("token", "other").replace(
            "    # `port` is left out: it is sealed as a whole number, and sops-nix delivers only text.\n",
            ""
        )
    );
}

#[test]
fn several_regions_stand_as_deep_as_their_markers() {
    let module = "{ lib, ... }:\n{\n  config = lib.mkIf true {\n    # sealnix: begin module secrets/a.yaml --prefix one_\n    # sealnix: end\n  };\n}\n";
    let repository = with(module);
    fs::write(
        repository.path().join("modules/two.nix"),
        "{\n# sealnix: begin module secrets/a.yaml\n# sealnix: end\n   # sealnix: begin module secrets/a.yaml --prefix x/\n   # sealnix: end\n\t# sealnix: begin module secrets/a.yaml --prefix y/\n\t# sealnix: end\n}\n",
    )
    .unwrap();
    assert_eq!(
        generate(&repository, "--all").stdout,
        "wrote modules/own.nix\nwrote modules/two.nix\n2 generated files: 2 written\n"
    );
    insta::assert_snapshot!(format!("{}\n{}", text(&repository, MODULE), text(&repository, "modules/two.nix")));
    assert_parses(&repository, "modules/two.nix");
    assert_eq!(secrets(&repository), json!({ "one_token": ["secrets/a.yaml", "token", "yaml", null, []] }));
    let two = installed_nix::Store::new().map(|store| {
        let path = repository.path().join("modules/two.nix");
        store.evaluate(&format!("builtins.attrNames (import {}).sops.secrets", path.display()))
    });
    assert!(two.is_none_or(|names| names == json!(["token", "x/token", "y/token"])));
}

#[test]
fn broken_regions_are_refused_with_their_line_and_nothing_is_written() {
    let begin = "# sealnix: begin module secrets/a.yaml";
    let cases = [
        format!("{{\n  {begin}\n}}\n"),
        "{\n  # sealnix: end\n}\n".to_owned(),
        format!("{{\n  {begin}\n  {begin}\n  # sealnix: end\n}}\n"),
        format!("{{\n  a = 1; {begin}\n  # sealnix: end\n}}\n"),
        "{\n  # sealnix: begin modul secrets/a.yaml\n  # sealnix: end\n}\n".to_owned(),
        "{\n  # sealnix: begin\n  # sealnix: end\n}\n".to_owned(),
        "{\n  # sealnix: begin module secrets/b.yaml\n  # sealnix: end\n}\n".to_owned(),
        "{\n  # sealnix: begin module secrets/a.yaml --only tokne\n  # sealnix: end\n}\n".to_owned(),
        format!("{{\n  imports = [\n    {begin}\n    # sealnix: end\n  ];\n}}\n"),
        format!(
            "{{\n  sops.secrets.token.mode = \"0400\";\n  sops.secrets.token = 1;\n  {begin}\n  # sealnix: end\n}}\n"
        ),
        format!("{{\n  {begin} --namespace a.b\n  # sealnix: end\n}}\n"),
        format!("{{\n  a = ;\n  {begin}\n  # sealnix: end\n}}\n"),
    ];
    let said = cases.map(|module| {
        let repository = with(&module);
        let said = refused(&repository, "--check");
        assert_eq!(refused(&repository, "--all"), said);
        assert_eq!(text(&repository, MODULE), module);
        format!("{module}{said}")
    });
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn a_template_needs_the_configuration_around_it() {
    let region = "  # sealnix: begin env secrets/a.yaml --unit hyper\n  # sealnix: end\n";
    let repository = with(&format!("{{ pkgs, ... }}:\n{{\n{region}}}\n"));
    let said = refused(&repository, "--all");
    assert!(said.contains("line 3: what is generated here uses `config`, which nothing binds"), "{said}");
    for module in [format!("{{ config, ... }}:\n{{\n{region}}}\n"), format!("args: with args; {{\n{region}}}\n")] {
        fs::write(repository.path().join(MODULE), module).unwrap();
        generate(&repository, "--all");
        assert_parses(&repository, MODULE);
        assert_eq!(generate(&repository, "--check").stdout, "1 generated file: all fresh\n");
        assert_finds(&repository, &[("unused-key", "port")]);
    }
}

/// The formatter recurses: it is not driven by how far in a marker is.
#[test]
fn a_marker_may_stand_far_in() {
    for indent in [41, 700, 20_000] {
        let blanks = " ".repeat(indent);
        let repository =
            with(&format!("{{\n{blanks}# sealnix: begin module secrets/a.yaml\n{blanks}# sealnix: end\n}}\n"));
        generate(&repository, "--all");
        let filled = text(&repository, MODULE);
        assert!(filled.contains(&format!("\n{blanks}sops.secrets = {{\n{blanks}  token.sopsFile = ")), "{filled}");
        assert_parses(&repository, MODULE);
        assert_eq!(generate(&repository, "--check").stdout, "1 generated file: all fresh\n");
    }
}

/// Only what says nothing else ends a region: no prose, and no comment within it.
#[test]
fn prose_ends_no_region() {
    let name = "sealnix: end x.json";
    let repository =
        with(&format!("{{\n  # sealnix: end of the world\n  # sealnix: begin module '{name}'\n  # sealnix: end\n}}\n"));
    fs::write(repository.path().join(name), sealed::json("\"a\": {\"b\": STR}, \"n\": FLOAT")).unwrap();
    generate(&repository, "--all");
    let filled = text(&repository, MODULE);
    assert!(
        filled.contains("\n    # - sealnix: end x.json is read as YAML")
            || filled.contains("\n  # - sealnix: end x.json is read as YAML"),
        "{filled}"
    );
    assert_eq!(generate(&repository, "--check").stdout, "1 generated file: all fresh\n");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    /// Whatever a person writes around them.
    #[test]
    fn bytes_outside_stay(
        before in "(  [a-z]{1,5} = [0-9]{1,3};[ \t]{0,3}(# \\PC{0,9})?\r?\n){0,4}",
        after in "\n{1,3}(    [A-Z]{1,5} =\t\"[a-z é]{0,4}\"\n  ;\n){0,3}",
        indent in 0..9_usize,
    ) {
        let blanks = " ".repeat(indent);
        let head = format!("{{\n{before}{blanks}# sealnix: begin module secrets/a.yaml\n");
        let tail = format!("{blanks}# sealnix: end{after}\n}}\n");
        let repository = with(&format!("{head}old = 1;\n{tail}"));
        let run = repository.sealnix(&["generate", "--all"]);
        let filled = text(&repository, MODULE);
        if run.code == Some(0) {
            prop_assert!(filled.starts_with(&head) && filled.ends_with(&tail), "{}", filled);
            let again = repository.sealnix(&["generate", "--check"]);
            prop_assert_eq!(again.code, Some(0), "{}", again.stdout);
        } else {
            // One name twice is a mistake of the person, and so is a keyword as a name.
            let names = before.lines().chain(after.lines()).filter_map(|line| {
                let mut words = line.split_whitespace();
                words.next().filter(|_| words.next() == Some("="))
            });
            let mut seen = BTreeSet::from(["sops", "if", "then", "else", "let", "in", "rec", "with", "or"]);
            prop_assert!(!names.into_iter().all(|name| seen.insert(name)), "{}{}", filled, run.stderr);
            prop_assert!(run.stderr.contains("not valid Nix"), "{}", run.stderr);
            prop_assert_eq!(filled, format!("{head}old = 1;\n{tail}"));
        }
    }
}
