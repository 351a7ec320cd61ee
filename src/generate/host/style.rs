//! How a rule file calls its hosts.

use std::collections::BTreeMap;

use crate::generate::rule_file::RuleFile;

use super::Holders;

/// The anchor of a new host, as those of most hosts are made of their names; nothing where the file gives
/// its recipients no anchors.
pub fn anchor(file: &RuleFile, holders: &Holders, name: &str) -> Option<String> {
    if !file.has_anchors() {
        return file.config.rules.is_empty().then(|| name.to_owned());
    }
    let anchors: Vec<(&str, &str)> =
        holders.hosts().filter_map(|host| Some((host.name.as_str(), host.anchor.as_deref()?))).collect();
    let mut styles: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let (mut with_dash, mut without_dash) = (false, false);
    for (name, anchor) in &anchors {
        let spelled = name.replace('-', "_");
        let found = anchor.find(name).map(|at| (at, name.len()));
        let found = found.or_else(|| anchor.find(&spelled).map(|at| (at, spelled.len())));
        let Some((at, length)) = found else { continue };
        let affixes = anchor.get(..at).zip(anchor.get(at + length..));
        *styles.entry(affixes.unwrap_or_default()).or_default() += 1;
        with_dash |= name.contains('-') && anchor.contains(name);
        without_dash |= name.contains('-') && !anchor.contains(name);
    }
    let (prefix, suffix) = match styles.into_iter().max_by_key(|(_, count)| *count) {
        Some((affixes, count)) if 2 * count > anchors.len() => affixes,
        _ => ("", ""),
    };
    let name = if without_dash && !with_dash { name.replace('-', "_") } else { name.to_owned() };
    Some(format!("{prefix}{name}{suffix}"))
}
