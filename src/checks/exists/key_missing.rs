//! The file has no such key.

use std::collections::BTreeMap;

use crate::checks::declared::declared;
use crate::checks::{Rule, Verdict, World};
use crate::command::{self, SopsFile};
use crate::finding::{Finding, Label, Level};
use crate::nearest::nearest;
use crate::sops::{Child, Document, Found, Value};
use crate::source::Place;

use super::lookup::{Lookup, look_up};

pub const RULE: Rule =
    Rule { id: "key-missing", level: Level::Error, page: include_str!("../../../docs/rules/key-missing.md"), check };

/// How many keys, or other files, a message names at most.
const SHOWN: usize = 6;

fn check(world: &World<'_>, verdict: &mut Verdict) {
    let mut searched = BTreeMap::new();
    for declared in declared(world.manifest) {
        match look_up(world, declared) {
            Ok(Some(lookup)) if matches!(lookup.found, Found::Missing | Found::ThroughLeaf(_)) => {
                let search = || Searched::of(world, lookup.document, lookup.key);
                let searched = searched.entry((&*lookup.document.path, lookup.key)).or_insert_with(search);
                verdict.findings.push(finding(&lookup, searched));
            }
            Ok(_) => {}
            Err(why) => {
                let (name, owner) = (declared.name, declared.owner());
                verdict.undecided_of_secret(
                    declared.host,
                    name,
                    format!("whether the key of `{name}` of {owner} exists: {why}"),
                );
            }
        }
    }
}

/// What is there instead of a key of a file; the same for every host that wants it.
struct Searched<'a> {
    /// The key of the file that was probably meant.
    near: Option<(String, &'a Child)>,
    /// Other files where the key leads to a value.
    elsewhere: Vec<(&'a str, &'a Child)>,
    /// The first keys of the file, and whether there are more.
    keys: Vec<String>,
    has_more: bool,
}

impl<'a> Searched<'a> {
    fn of(world: &World<'a>, document: &'a Document, key: &str) -> Self {
        let leaves = document.reachable_leaves();
        let near = nearest(key, leaves.iter().map(|(path, ..)| path.as_str()));
        let near = near.and_then(|near| leaves.iter().find(|(path, ..)| path == near));
        Searched {
            near: near.map(|(path, _, child)| (path.clone(), *child)),
            elsewhere: other_files(world, &document.path, key),
            keys: leaves.iter().take(SHOWN).map(|(path, ..)| path.clone()).collect(),
            has_more: leaves.len() > SHOWN,
        }
    }
}

fn finding(lookup: &Lookup<'_>, searched: &Searched<'_>) -> Finding {
    let Lookup { declared, document, key, .. } = lookup;
    let path = &document.path;
    let elsewhere = &searched.elsewhere;
    let near = searched.near.as_ref().map(|(near, _)| near.as_str());

    let mut message = format!("`{key}` is not in `{path}`");
    match (near, elsewhere.first()) {
        (Some(near), _) => message += &format!("; `{near}` is"),
        (None, Some((other, _))) => message += &format!("; it is in `{other}`"),
        (None, None) => {}
    }
    message += &match *key {
        // Its build check looks into the file as it is, with the metadata.
        "sops/mac" | "sops/version" => {
            ": that is metadata, which sops takes off. The build passes; activation then fails and installs no secret at all."
                .to_owned()
        }
        _ => format!(". {}", declared.fails()),
    };

    let key_at = declared.field_label("key", "its key is written here");
    let file_at = declared.field_label("sopsFile", "its file is named here");
    let in_file = match (&lookup.found, &searched.near) {
        (Found::ThroughLeaf(child), _) => {
            Label::new(child.key_place.clone(), format!("`{}` holds a value: nothing lies below it", child.key))
        }
        (_, Some((_, child))) => Label::new(child.key_place.clone(), "the nearest key of the file"),
        _ => Label::new(Place::whole_file(path.clone()), format!("this file has no `{key}`")),
    };
    let in_others =
        elsewhere.iter().map(|(_, child)| Label::new(child.key_place.clone(), format!("this file has `{key}`")));
    Finding {
        key: Some((*key).to_owned()),
        help: Some(help(lookup, searched)),
        suggestion: near.map(str::to_owned),
        others: key_at.into_iter().chain(file_at).chain([in_file]).chain(in_others).collect(),
        names: vec![path.to_string()],
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

fn help(lookup: &Lookup<'_>, searched: &Searched<'_>) -> String {
    let Lookup { document, key, .. } = lookup;
    let add = format!("add it with `{}`", command::edit(SopsFile::read(document)));
    // sops-nix splits at every `/` and knows no escape.
    let literal = document.parts.first().is_some_and(|root| match &root.value {
        Value::Map(children) => children.iter().any(|child| child.key == **key && key.contains('/')),
        _ => false,
    });
    if literal {
        return format!(
            "the file's key has a `/` in its own name, which sops-nix cannot reach: nest it with `{}`",
            command::edit(SopsFile::read(document))
        );
    }
    match (&searched.near, searched.elsewhere.first()) {
        (Some((near, _)), _) => format!("write `key = {};` (or name the secret so), or {add}", command::text(near)),
        (None, Some((other, _))) => format!("set `sopsFile` to `{other}`, or {add}"),
        (None, None) if searched.keys.is_empty() => add,
        (None, None) => {
            let shown: Vec<String> = searched.keys.iter().map(|key| format!("`{key}`")).collect();
            let more = if searched.has_more { ", …" } else { "" };
            format!("{add}; the file has {}{more}", shown.join(", "))
        }
    }
}
