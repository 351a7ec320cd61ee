//! Who is meant by a name that a person gives.

use std::collections::{BTreeMap, BTreeSet};

use crate::generate::rule_file::RuleFile;
use crate::identity::fold;
use crate::keys::Recipient;

use super::holders::Holder;
use super::reach::held;
use super::{Holders, HostError, Who, style};

/// Who has a name: exactly, else but for case and separators, else with the others' prefix; or who holds a key.
/// One of the other kind, and one of several whom the name fits as well, is refused.
pub(super) fn named(holders: &Holders, file: &RuleFile, who: Who, name: &str) -> Result<Holder, HostError> {
    let styled = style::anchor(file, holders, name);
    let key = held("age", name.trim());
    let is_called = |holder: &Holder| holder.name == name || holder.anchor.as_deref() == Some(name);
    let has_name = |holder: &Holder| holder.names.iter().any(|one| one == name);
    let nearly = |holder: &Holder| holder.names.iter().any(|one| fold(one) == fold(name));
    let by_key = |holder: &Holder| {
        holder.keys.iter().any(|one| held("age", one) == key) || holder.anchor.is_some() && holder.anchor == styled
    };
    let ways: [&dyn Fn(&Holder) -> bool; 4] = [&is_called, &has_name, &nearly, &by_key];
    // A key without a name is nobody's, and goes either way.
    let is_kind = |holder: &&Holder| holder.is_host == (who == Who::Host) || holder.names.is_empty();
    for way in ways {
        match holders.all.iter().filter(is_kind).filter(|holder| way(holder)).collect::<Vec<_>>()[..] {
            [] => {}
            [one] => return one_name(whole(one, holders, file), file),
            ref several => {
                let candidates = several.iter().map(|one| one.anchor.clone().unwrap_or_else(|| one.name.clone()));
                return Err(HostError::Ambiguous { name: name.to_owned(), candidates: candidates.collect() });
            }
        }
    }
    if let Some(other) = holders.all.iter().find(|holder| ways.iter().any(|way| way(holder))) {
        return Err(HostError::OtherKind { name: name.to_owned(), is_host: other.is_host });
    }
    let known = holders.all.iter().filter(|holder| !holder.names.is_empty() && is_kind(holder));
    Err(HostError::Unknown {
        path: file.config.path.clone(),
        name: name.to_owned(),
        known: known.map(|holder| holder.name.clone()).collect(),
    })
}

/// With the other form of its keys: an ssh key is the same key as the age recipient that is made of it.
fn whole(holder: &Holder, holders: &Holders, file: &RuleFile) -> Holder {
    let its: BTreeSet<String> = holder.keys.iter().map(|key| held("age", key)).collect();
    let of_rules = (0..file.config.rules.len()).flat_map(|rule| file.recipients(rule));
    let all = holders.all.iter().flat_map(|one| one.keys.iter().cloned()).chain(of_rules);
    let mut holder = holder.clone();
    holder.keys.extend(all.filter(|key| its.contains(&held("age", key))));
    holder
}

/// A key that has two names may be that of two machines, one of which stays.
fn one_name(holder: Holder, file: &RuleFile) -> Result<Holder, HostError> {
    let mut anchors: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for named in file.config.names.iter().filter(|named| named.is_anchor) {
        let Some(key) = Recipient::parse_any(&named.recipient) else { continue };
        if holder.keys.contains(key.canonical()) {
            anchors.entry(key.held_as().to_owned()).or_default().insert(named.name.clone());
        }
    }
    match anchors.into_values().find(|names| names.len() > 1) {
        Some(names) => Err(HostError::SharedKey { path: file.config.path.clone(), names: names.into_iter().collect() }),
        None => Ok(holder),
    }
}
