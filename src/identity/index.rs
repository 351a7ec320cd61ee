//! Holders by their names: a fleet's names are not compared one by one.

use std::collections::{BTreeMap, HashMap};

use super::Evidence;
use super::holder::{Holder, Kind, fold, without_affixes};

/// The holders of one kind, by their places in a list, under each of their names.
pub(super) struct Index<'h> {
    pub(super) kind: Kind,
    exact: HashMap<&'h str, Vec<usize>>,
    folded: HashMap<&'h str, Vec<usize>>,
}

impl<'h> Index<'h> {
    pub(super) fn of(kind: Kind, holders: &'h [Holder]) -> Self {
        let mut index = Index { kind, exact: HashMap::new(), folded: HashMap::new() };
        for (place, holder) in holders.iter().enumerate().filter(|(_, holder)| holder.kind == kind) {
            for name in holder.names() {
                index.exact.entry(name).or_default().push(place);
            }
            for name in holder.folded_names() {
                index.folded.entry(name).or_default().push(place);
            }
        }
        index
    }

    /// Those whose very name it is.
    pub(super) fn named(&self, name: &str) -> &[usize] {
        self.exact.get(name).map_or(&[], Vec::as_slice)
    }

    /// Those whose name it is but for case and `-_.`.
    pub(super) fn folded(&self, name: &str) -> &[usize] {
        self.folded.get(fold(name).as_str()).map_or(&[], Vec::as_slice)
    }

    /// Those that a name fits in any way, and how well.
    pub(super) fn fitting(&self, name: &str) -> BTreeMap<usize, Evidence> {
        let stripped = without_affixes(self.kind, name);
        let stripped = stripped.iter().flat_map(|name| self.folded(name));
        let mut fitting: BTreeMap<usize, Evidence> = stripped.map(|&place| (place, Evidence::StrippedName)).collect();
        // What fits better replaces it.
        fitting.extend(self.folded(name).iter().map(|&place| (place, Evidence::FoldedName)));
        fitting.extend(self.named(name).iter().map(|&place| (place, Evidence::Name)));
        fitting
    }
}
