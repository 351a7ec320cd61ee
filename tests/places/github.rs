//! `--format github`: workflow commands as GitHub's runner reads them. The reader below follows
//! actions/runner, `ActionCommand.TryParseV2`: properties up to the second `::`, separated by commas, then unescaped.

use std::collections::BTreeMap;

use super::{flake, fleet, repository, write};
use crate::support::scratch::{Run, sealnix_in};

/// An annotation: command, properties, text.
type Annotation = (String, BTreeMap<String, String>, String);

fn annotations(run: &Run) -> Vec<Annotation> {
    let commands = run.stdout.lines().filter_map(|line| line.strip_prefix("::"));
    commands
        .map(|line| {
            let (head, text) = line.split_once("::").expect("a text");
            let (command, properties) = head.split_once(' ').expect("properties");
            let property = |property: &str| {
                let (name, value) = property.split_once('=').expect("a value");
                (
                    name.to_owned(),
                    unescaped(value, &[("%3A", ":"), ("%2C", ","), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")]),
                )
            };
            let text = unescaped(text, &[("%0A", "\n"), ("%0D", "\r"), ("%25", "%")]);
            (command.to_owned(), properties.split(',').map(property).collect(), text)
        })
        .collect()
}

fn unescaped(text: &str, escapes: &[(&str, &str)]) -> String {
    escapes.iter().fold(text.to_owned(), |text, (escape, character)| text.replace(escape, character))
}

#[test]
fn every_finding_is_an_annotation_at_its_place() {
    let fleet = fleet();
    let (told, run) = (fleet.sealnix(&["check", "--format", "json"]), fleet.sealnix(&["check", "--format", "github"]));
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let findings = told.json().unwrap()["findings"].as_array().unwrap().clone();
    let annotations = annotations(&run);
    assert_eq!(annotations.len(), findings.len());
    for (finding, (command, properties, text)) in findings.iter().zip(&annotations) {
        let primary = &finding["places"][0];
        assert_eq!((command.as_str(), properties["title"].as_str()), ("error", finding["rule"].as_str().unwrap()));
        assert_eq!(properties["file"], finding["file"].as_str().unwrap());
        assert_eq!(properties["line"], primary["start"]["line"].to_string());
        assert_eq!(properties["endLine"], primary["end"]["line"].to_string());
        if let (Some(first), Some(last)) = (properties.get("col"), properties.get("endColumn")) {
            // GitHub's last column is within the range; ours is the one after it.
            let after: u64 = last.parse::<u64>().unwrap() + 1;
            assert_eq!(
                (first, after),
                (&primary["start"]["column"].to_string(), primary["end"]["column"].as_u64().unwrap())
            );
        }
        assert!(text.contains(finding["message"].as_str().unwrap()), "{text}");
        assert!(text.contains(finding["help"].as_str().unwrap()), "{text}");
        for place in finding["places"].as_array().unwrap() {
            assert!(text.contains(place["label"].as_str().unwrap()), "{text}");
        }
        for host in finding["hosts"].as_array().unwrap() {
            assert!(text.contains(host.as_str().unwrap()), "{text}");
        }
    }
    assert!(run.stdout.ends_with(": 5 errors, 0 warnings, 0 notes\n"), "{}", run.stdout);
}

/// GitHub shows only so many.
#[test]
fn the_worst_come_first() {
    let module = "{ config, ... }: { sops.secrets.b.sopsFile = ./none.yaml; }";
    let settings = "[levels]\nkey-missing = \"note\"\nsops-file-missing = \"error\"\n[levels.\"a.nix\"]\nsops-file-missing = \"note\"\n[levels.\"b.nix\"]\nsops-file-missing = \"warning\"\n";
    let of = |name: &str| module.replace("secrets.b", &format!("secrets.{name}"));
    let repository = repository(&[
        ("flake.nix", &flake("./a.nix ./b.nix ./c.nix")),
        ("a.nix", &of("a")),
        ("b.nix", &of("b")),
        ("c.nix", &of("c")),
        ("sealnix.toml", settings),
    ]);
    let run = repository.sealnix(&["check", "--format", "github"]);
    let annotations = annotations(&run);
    let commands: Vec<(&str, &str)> =
        annotations.iter().map(|(command, properties, _)| (command.as_str(), properties["file"].as_str())).collect();
    assert_eq!(commands, [("error", "c.nix"), ("warning", "b.nix"), ("notice", "a.nix")]);
    assert!(annotations.iter().all(|(_, properties, _)| properties.contains_key("col")), "{}", run.stdout);
}

/// A file's name may hold what ends a property, and a text what would be unescaped.
#[test]
fn names_are_escaped() {
    let module = "{ sops.secrets.\"a%0A::warning::b\".sopsFile = ./none.yaml; }";
    let repository = repository(&[("flake.nix", &flake("(import (./. + \"/a,b:c%.nix\"))")), ("a,b:c%.nix", module)]);
    let run = repository.sealnix(&["check", "--format", "github"]);
    let annotations = annotations(&run);
    let [(command, properties, text)] = annotations.as_slice() else { panic!("{}", run.stdout) };
    assert_eq!((command.as_str(), properties["title"].as_str()), ("error", "sops-file-missing"));
    assert_eq!((properties["file"].as_str(), properties["line"].as_str()), ("a,b:c%.nix", "1"));
    assert!(text.contains("Secret `a%0A::warning::b` is to be read"), "{text}");
}

#[test]
fn a_folder_of_a_repository_is_part_of_the_path() {
    let repository = repository(&[]);
    write(repository.path(), "nixos/flake.nix", &flake("{ sops.secrets.a.sopsFile = ./none.yaml; }"));
    repository.git(&["add", "."]);
    for (folder, arguments) in [("", ["check", "nixos"].as_slice()), ("nixos", &["check"])] {
        let run = sealnix_in(&repository.path().join(folder), &[arguments, &["--format", "github"]].concat());
        assert_eq!(annotations(&run)[0].1["file"], "nixos/flake.nix", "{}", run.stdout);
    }
}
