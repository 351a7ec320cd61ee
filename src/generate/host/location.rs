//! Where the files of a new host lie: where those of the others do.

use std::collections::BTreeMap;

use crate::generate::rule_file::{RuleFile, named_words};
use crate::sops::pattern;
use crate::source::Tree;

use super::{Holders, Repository};

/// A path like that of another host's secrets, which a rule is to take, relative to the rule file.
pub fn like_sibling(
    repository: &Repository<'_>,
    file: &RuleFile,
    rule: usize,
    names: &[String],
    name: &str,
) -> Option<String> {
    let taken =
        |path: &str| file.config.relative(path).is_some_and(|path| file.config.first_matching(path) == Some(rule));
    let documents = repository.documents(&file.config).map(|document| &document.path).filter(|path| taken(path));
    let of_sibling = documents.filter_map(|path| renamed(file.config.relative(path)?, names, name));
    let of_sibling: Vec<String> = of_sibling.collect();
    let (expression, _) = file.config.rules.get(rule)?.path_regex.as_ref()?;
    let expression = renamed(expression, names, &regex::escape(name).replace(r"\-", "-"))?;
    let regex = pattern::compile(&expression).ok()?;
    // `secrets/web/wifi.yaml` is that host's need; `secrets/web/secrets.yaml` is any host's.
    let plain = of_sibling.iter().map(|path| match path.rsplit_once('/') {
        Some((folder, last)) if last.contains('.') && !last.contains(name) => {
            format!("{folder}/secrets.{}", ending(last))
        }
        _ => path.clone(),
    });
    let fitting: Vec<String> = plain.filter(|path| regex.is_match(path)).collect();
    let shortest = |paths: Vec<String>| paths.into_iter().min_by_key(|path| (path.len(), path.clone()));
    shortest(fitting).or_else(|| example_of(&expression)).or_else(|| shortest(of_sibling))
}

fn ending(file: &str) -> &str {
    file.split_once('.').map_or("", |(_, ending)| ending)
}

/// A text with a name in the place of others; nothing where there are none.
fn renamed(text: &str, names: &[String], name: &str) -> Option<String> {
    let words = named_words(text, names);
    let mut renamed = text.to_owned();
    words.iter().rev().for_each(|word| renamed.replace_range(word.clone(), name));
    (!words.is_empty()).then_some(renamed)
}

/// A path that an expression takes; nothing for one that is beyond the usual forms.
pub fn example_of(expression: &str) -> Option<String> {
    let regex = pattern::compile(expression).ok()?;
    let mut plain = expression.trim_start_matches('^').trim_end_matches('$').to_owned();
    for wild in ["[^/]+", "[^/]*", ".*", ".+", r"\w+"] {
        plain = plain.replace(wild, "secrets");
    }
    plain = plain.replace(r"\.", ".").replace(r"\/", "/").replace(r"\-", "-").replace('?', "");
    // The first of alternatives.
    while let Some((before, rest)) = plain.split_once('(') {
        let (inside, after) = rest.split_once(')')?;
        let first = inside.trim_start_matches(':').split('|').next().unwrap_or_default();
        plain = match after.strip_prefix('*') {
            Some(after) => format!("{before}{after}"),
            None => format!("{before}{first}{after}"),
        };
    }
    let named = if plain.ends_with('/') { format!("{plain}secrets") } else { plain };
    let last = named.rsplit('/').next().unwrap_or_default();
    let candidates = if last.contains('.') { vec![named] } else { vec![format!("{named}.yaml"), named] };
    candidates.into_iter().find(|path| is_plain(path) && regex.is_match(path))
}

/// Whether nothing of an expression is left in a path.
fn is_plain(path: &str) -> bool {
    !path.is_empty() && path.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c)) && !path.starts_with('/')
}

/// Folders of what belongs to people.
const FOLDERS_OF_PEOPLE: [&str; 5] = ["home", "homes", "home-manager", "users", "user"];

/// The folder that holds the most hosts' folders with Nix code, such as `hosts` of `hosts/web/default.nix`.
pub fn folder_of_hosts(tree: &Tree, holders: &Holders, repository: &Repository<'_>) -> Option<String> {
    let of_manifest = repository.manifest.hosts.iter().map(|host| host.name.as_str());
    let names: Vec<&str> = holders.hosts().map(|host| host.name.as_str()).chain(of_manifest).collect();
    let mut found: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for path in tree.files.keys().filter(|path| path.ends_with(".nix")) {
        let parts: Vec<&str> = path.split('/').collect();
        // `home/web/` is of people on that host.
        if parts.iter().any(|part| FOLDERS_OF_PEOPLE.contains(part)) {
            continue;
        }
        for (at, part) in parts.iter().enumerate().take(parts.len().saturating_sub(1)) {
            if let Some(&name) = names.iter().find(|name| *name == part) {
                let hosts = found.entry(parts.get(..at).unwrap_or_default().join("/")).or_default();
                if !hosts.contains(&name) {
                    hosts.push(name);
                }
            }
        }
    }
    let depth = |folder: &str| folder.split('/').count();
    let best = found.into_iter().max_by_key(|(folder, hosts)| (hosts.len(), std::cmp::Reverse(depth(folder))));
    best.map(|(folder, _)| folder).filter(|folder| !folder.is_empty())
}
