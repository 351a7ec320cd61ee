//! The key leads to something that is no value.

use crate::checks::{Rule, Verdict, World};
use crate::command::{self, SopsFile};
use crate::finding::{Finding, Label, Level};
use crate::sops::{Child, Found, Leaf, Value};

use super::lookup::{Lookup, lookups};

pub const RULE: Rule = Rule {
    id: "key-is-not-a-leaf",
    level: Level::Error,
    page: include_str!("../../../docs/rules/key-is-not-a-leaf.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    verdict.findings.extend(lookups(world).filter_map(|lookup| finding(&lookup)));
}

fn finding(lookup: &Lookup<'_>) -> Option<Finding> {
    let Lookup { declared, document, key, found } = lookup;
    let (child, what, at, advice) = match *found {
        Found::Map(child) => (child, "leads to a map of further keys", "a map", below(key, child)),
        Found::List(child) => {
            let advice = "sops-nix cannot reach into lists: give the value a key of its own".to_owned();
            (child, "leads into a list", "a list", advice)
        }
        Found::Leaf { leaf: Leaf::Null, child } => (child, "is null", "null", "give it a value".to_owned()),
        Found::OnlyInLaterDocument(child) => {
            let advice = "sops-nix reads the first YAML document only: move the key there".to_owned();
            (child, "is only in a later YAML document", "only in a later document", advice)
        }
        Found::Leaf { .. } | Found::ThroughLeaf(_) | Found::Missing => return None,
    };
    let path = &document.path;
    let key_at = declared.field_label("key", "its key is written here");
    let in_file = Label::new(child.key_place.clone(), at);
    Some(Finding {
        key: Some((*key).to_owned()),
        help: Some(format!("{advice} (`{}` opens the file)", command::edit(SopsFile::read(document)))),
        others: key_at.into_iter().chain([in_file]).collect(),
        names: vec![path.to_string()],
        ..declared.finding(
            &RULE,
            format!("needs a value at `{key}`"),
            format!("`{key}` {what} in `{path}`, but a secret is one value. {}", declared.fails()),
        )
    })
}

/// What to declare instead of a map.
fn below(key: &str, child: &Child) -> String {
    let Value::Map(children) = &child.node.value else { return String::new() };
    match children.first() {
        Some(first) => {
            format!("declare what lies below it, such as `{key}/{}`; or the whole file, with `key = \"\";`", first.key)
        }
        None => "give it a value".to_owned(),
    }
}
