//! The file has no such key.

use crate::checks::declared::declared;
use crate::checks::nearest::nearest;
use crate::checks::{Rule, Verdict, World, command};
use crate::finding::{Finding, Label, Level};
use crate::sops::{Child, Found};
use crate::source::Place;

use super::lookup::{Lookup, look_up};

pub const RULE: Rule =
    Rule { id: "key-missing", level: Level::Error, page: include_str!("../../../docs/rules/key-missing.md"), check };

/// How many keys, or other files, a message names at most.
const SHOWN: usize = 6;

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for declared in declared(world.manifest) {
        match look_up(world, declared) {
            Ok(Some(lookup)) if matches!(lookup.found, Found::Missing | Found::ThroughLeaf(_)) => {
                verdict.findings.push(finding(world, &lookup));
            }
            Ok(_) => {}
            Err(why) => {
                let (name, owner) = (declared.name, declared.owner());
                verdict.undecided.push(format!("whether the key of `{name}` of {owner} exists: {why}"));
            }
        }
    }
}

fn finding(world: &World<'_>, lookup: &Lookup<'_>) -> Finding {
    let Lookup { declared, document, key, .. } = lookup;
    let path = &document.path;
    let leaves = document.reachable_leaves();
    let near = nearest(key, leaves.iter().map(|(path, ..)| path.as_str()));
    let near_key = near.and_then(|near| leaves.iter().find(|(path, ..)| path == near)).map(|(_, _, child)| *child);
    let elsewhere = other_files(world, path, key);

    let mut message = format!("`{key}` is not in `{path}`");
    match (near, elsewhere.first()) {
        (Some(near), _) => message += &format!("; `{near}` is"),
        (None, Some((other, _))) => message += &format!("; it is in `{other}`"),
        (None, None) => {}
    }
    message += &format!(". {}", declared.fails());

    let key_at = declared.field_label("key", "its key is written here");
    let file_at = declared.field_label("sopsFile", "its file is named here");
    let in_file = match (&lookup.found, near_key) {
        (Found::ThroughLeaf(child), _) => {
            Label::new(child.key_place.clone(), format!("`{}` holds a value: nothing lies below it", child.key))
        }
        (_, Some(child)) => Label::new(child.key_place.clone(), "the nearest key of the file"),
        _ => Label::new(Place::whole_file(path.clone()), format!("this file has no `{key}`")),
    };
    let in_others =
        elsewhere.iter().map(|(_, child)| Label::new(child.key_place.clone(), format!("this file has `{key}`")));
    Finding {
        key: Some((*key).to_owned()),
        help: Some(help(lookup, near, elsewhere.first().map(|(other, _)| *other), &leaves)),
        suggestion: near.map(str::to_owned),
        others: key_at.into_iter().chain(file_at).chain([in_file]).chain(in_others).collect(),
        ..declared.finding(&RULE, format!("needs `{key}`"), message)
    }
}

/// Other files where the key leads to a value.
fn other_files<'a>(world: &World<'a>, path: &str, key: &str) -> Vec<(&'a str, &'a Child)> {
    let others = world.vault.documents().filter(|document| &*document.path != path);
    let having = others.filter_map(|document| match document.find(key) {
        Found::Leaf { child, .. } => Some((&*document.path, child)),
        _ => None,
    });
    having.take(SHOWN).collect()
}

fn help(
    lookup: &Lookup<'_>,
    near: Option<&str>,
    elsewhere: Option<&str>,
    leaves: &[(String, crate::sops::Leaf, &Child)],
) -> String {
    let Lookup { document, key, .. } = lookup;
    let add = format!("add it with `{}`", command::edit(&document.path));
    // sops-nix splits at every `/` and knows no escape.
    let literal = document.parts.first().is_some_and(|root| match &root.value {
        crate::sops::Value::Map(children) => children.iter().any(|child| child.key == **key && key.contains('/')),
        _ => false,
    });
    if literal {
        return format!(
            "the file's key has a `/` in its own name, which sops-nix cannot reach: nest it with `{}`",
            command::edit(&document.path)
        );
    }
    match (near, elsewhere) {
        (Some(near), _) => format!("write `key = \"{near}\";` (or name the secret so), or {add}"),
        (None, Some(other)) => format!("set `sopsFile` to `{other}`, or {add}"),
        (None, None) if leaves.is_empty() => add,
        (None, None) => {
            let shown: Vec<String> = leaves.iter().take(SHOWN).map(|(path, ..)| format!("`{path}`")).collect();
            let more = if leaves.len() > SHOWN { ", …" } else { "" };
            format!("{add}; the file has {}{more}", shown.join(", "))
        }
    }
}
