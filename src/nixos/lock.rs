//! `flake.lock`: where in a Nix store the inputs of the flake lie, if they are there.

use serde_json::Value;

use super::hosts::input;
use crate::nix::builtins::source_path;

/// An input as `flake.lock` (version 7) locks it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locked {
    /// Its name in the flake.
    pub name: String,
    /// What its source is called in a store: `<hash>-source`.
    pub store_name: String,
}

/// The inputs of the flake itself that sealnix does not know without their files. One that follows
/// another is that other. Their names in the store hang on where it is, usually `/nix/store`.
pub fn locked(text: &str, store: &str) -> Vec<Locked> {
    serde_json::from_str(text).ok().and_then(|lock| inputs(&lock, store)).unwrap_or_default()
}

fn inputs(lock: &Value, store: &str) -> Option<Vec<Locked>> {
    let nodes = lock.get("nodes")?;
    let root = nodes.get(lock.get("root")?.as_str()?)?;
    let inputs = root.get("inputs")?.as_object()?.iter();
    let locked = |node: &Value| nodes.get(node.as_str()?)?.get("locked");
    Some(inputs.filter_map(|(name, node)| locked_as(name, locked(node)?, store)).collect())
}

fn locked_as(name: &str, locked: &Value, store: &str) -> Option<Locked> {
    let field = |name: &str| locked.get(name).and_then(Value::as_str);
    let url = match (field("url"), field("owner"), field("repo")) {
        (None, Some(owner), Some(repository)) => format!("github:{owner}/{repository}"),
        (url, ..) => url.unwrap_or_default().to_owned(),
    };
    if input::known(&url).is_some() {
        return None;
    }
    Some(Locked { name: name.to_owned(), store_name: source_path(field("narHash")?, store)? })
}
