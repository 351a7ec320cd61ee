//! A nested key of a file that is read as JSON, in which sops-nix cannot walk.

use crate::checks::{Rule, Verdict, World};
use crate::finding::{Finding, Label, Level};
use crate::sops::Found;

use super::lookup::{Lookup, lookups};

pub const RULE: Rule = Rule {
    id: "nested-key-in-json",
    level: Level::Error,
    page: include_str!("../../../docs/rules/nested-key-in-json.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    verdict.findings.extend(lookups(world).filter_map(|lookup| finding(&lookup)));
}

fn finding(lookup: &Lookup<'_>) -> Option<Finding> {
    let Lookup { declared, document, key, found } = lookup;
    let is_json = declared.secret.format.known().is_some_and(|format| format == "json");
    let Found::Leaf { child, .. } = *found else { return None };
    if !is_json || !key.contains('/') {
        return None;
    }
    let path = &document.path;
    let key_at = declared.field_label("key", "its key is written here");
    let format_at = declared.field_label("format", "its format is written here");
    let in_file = Label::new(child.key_place.clone(), "the value is here");
    Some(Finding {
        key: Some((*key).to_owned()),
        help: Some("write `format = \"yaml\";`: sops-nix reads JSON so too, and then finds nested keys".to_owned()),
        others: key_at.into_iter().chain(format_at).chain([in_file]).collect(),
        names: vec![path.to_string()],
        ..declared.finding(
            &RULE,
            format!("needs `{key}`"),
            format!(
                "`{key}` is a nested key of `{path}`, which `{}` reads as `json`. sops-nix finds no nested keys in \
                 that format. {}",
                declared.name,
                declared.fails()
            ),
        )
    })
}
