//! A Nix file that does not parse.

use std::collections::BTreeSet;

use crate::checks::{Rule, Verdict, World};
use crate::command;
use crate::finding::{Finding, Label, Level};
use crate::source::is_sample;

pub const RULE: Rule =
    Rule { id: "nix-syntax", level: Level::Error, page: include_str!("../../../docs/rules/nix-syntax.md"), check };

fn check(world: &World<'_>, verdict: &mut Verdict) {
    let mut said = BTreeSet::new();
    for error in world.syntax_errors {
        let path = &error.place.path;
        let tracked = world.tree.files.get(path).is_none_or(|entry| entry.tracked);
        // A file that waits to be written is no mistake yet, nor is a template whose blanks another program fills.
        let is_empty = || world.tree.texts.get(path).is_some_and(|text| holds_nothing(text.content()));
        let waits = !error.imported && (is_sample(path) || is_empty());
        if !tracked || waits || !said.insert(path) {
            continue;
        }
        let (level, what) = if error.imported {
            (Level::Error, "Every host that imports it fails to evaluate, and what it declares could not be checked.")
        } else {
            (Level::Warning, "No host imports it, so nothing fails yet.")
        };
        verdict.findings.push(Finding {
            level,
            help: Some(format!("`{}` shows what Nix says", command::nix_parse(path))),
            ..RULE.finding(
                Label::new(error.place.clone(), error.message.clone()),
                format!("`{path}` is not valid Nix: {}. {what}", error.message),
            )
        });
    }
}

/// Whether a file is empty, or nothing but comments to the end of a line.
fn holds_nothing(text: &str) -> bool {
    text.lines().map(str::trim).all(|line| line.is_empty() || line.starts_with('#'))
}
