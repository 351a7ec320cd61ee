//! Which entry of a rules file is about a file.

use crate::agenix::{Agenix, Entry, RulesFile};

/// The paths that an entry may name, the one in the rules file's own folder first: agenix takes a name from the folder
/// that it is called in, which may be one above.
pub fn names(rules: &RulesFile, entry: &Entry) -> impl Iterator<Item = String> {
    let folder = rules.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let name = entry.name.strip_prefix("./").unwrap_or(&entry.name).to_owned();
    let above = folder.match_indices('/').map(|(at, _)| at).rev().filter_map(|end| folder.get(..end));
    let above = above.chain((!folder.is_empty()).then_some(""));
    let above: Vec<String> = above.map(|above| join(above, &name)).collect();
    std::iter::once(entry.file.to_string()).chain(above)
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// The entry that is about a file.
pub fn of<'a>(agenix: &'a Agenix, path: &str) -> Option<(&'a RulesFile, &'a Entry)> {
    agenix.entries().find(|(rules, entry)| names(rules, entry).any(|name| name == path))
}
