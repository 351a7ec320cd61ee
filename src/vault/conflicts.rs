//! Merges that were left half done in sops files.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{Place, RepoPath, Text, Tree};

/// The first line of what git leaves of a conflict (git-merge(1), "How conflicts are presented").
const OURS: &str = "<<<<<<< ";

/// Where a merge was left half done, of those files that hold one.
pub(super) fn find<'a>(tree: &Tree, sealed: impl Iterator<Item = &'a RepoPath>) -> BTreeMap<RepoPath, Place> {
    let texts = sealed.filter_map(|path| tree.texts.get(path));
    texts.filter_map(|text| Some((text.path().clone(), marker(text)?))).collect()
}

/// The line with which the first conflict begins, if it ends too.
fn marker(text: &Text) -> Option<Place> {
    let content: &str = text.content();
    if !content.contains(OURS) {
        return None;
    }
    let mut at = 0;
    let starts: Vec<(usize, &str)> = content
        .split_inclusive('\n')
        .map(|line| {
            at += line.len();
            (at - line.len(), line)
        })
        .collect();
    let marks: BTreeSet<&str> = starts.iter().filter_map(|(_, line)| line.get(..7)).collect();
    let (start, line) = starts.iter().find(|(_, line)| line.starts_with(OURS))?;
    marks.contains("=======").then(|| text.place(*start..start + line.trim_end().len()))
}
