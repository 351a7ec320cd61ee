//! What a rules file and the files that it imports call keys. A name of a host that is bound to one key
//! tells that the host holds it, as an anchor in `.sops.yaml` does.

use std::collections::BTreeSet;

use super::{Group, Named};
use crate::keys::Recipient;
use crate::nix::eval::Eval;
use crate::nix::ir::{Content, FileId};
use crate::nix::value::{Attr, Value};
use crate::source::Place;

/// How deep a set of keys lies in another one: `keys.hosts.europe.atlas`.
const DEEPEST: usize = 5;

/// The names that the file with this id, and those it was seen to import, bind to keys and to lists of keys;
/// sorted by place.
pub(super) fn of<'a>(eval: &Eval<'a>, rules: FileId) -> (Vec<Named>, Vec<Group>) {
    let mut found = Found { eval, names: Vec::new(), groups: Vec::new(), seen: BTreeSet::new() };
    for id in eval.reached() {
        if let Some(Content::Parsed(node)) = eval.program.file(id).map(|file| &file.content)
            && let Ok(bound) = eval.bound_around(node)
        {
            found.set(&bound, &[]);
        }
        // The value of the rules themselves are files, not keys.
        if id != rules
            && let Ok(Value::Attrs(attrs)) = eval.force(eval.file(id))
        {
            found.set(attrs.entries, &[]);
        }
    }
    let Found { mut names, mut groups, .. } = found;
    names.sort_by(|a, b| (&a.place, &a.within).cmp(&(&b.place, &b.within)));
    names.dedup_by(|later, first| (&later.place, &later.recipient) == (&first.place, &first.recipient));
    groups.sort_by(|a, b| (&a.place, &a.within).cmp(&(&b.place, &b.within)));
    groups.dedup_by(|later, first| later.place == first.place);
    (names, groups)
}

struct Found<'a, 'e> {
    eval: &'e Eval<'a>,
    names: Vec<Named>,
    groups: Vec<Group>,
    /// Sets that were looked into, by address: a name may lead back to one.
    seen: BTreeSet<usize>,
}

impl<'a> Found<'a, '_> {
    fn set(&mut self, entries: &[Attr<'a>], within: &[String]) {
        for attr in entries {
            let Some(place) = self.place(attr) else { continue };
            // A condition that is not known makes no sure name.
            if attr.doubt.is_some() {
                continue;
            }
            match self.eval.force(attr.value) {
                Ok(Value::String(text)) => {
                    if let Some(recipient) = key(text.text) {
                        let (name, within) = (attr.name.to_string(), within.to_vec());
                        self.names.push(Named { name, within, recipient, place });
                    }
                }
                Ok(Value::List(list)) => {
                    let items = list.items.iter().filter_map(|item| self.eval.force_string(item).ok());
                    let recipients: Vec<_> = items.filter_map(|text| key(text.text)).collect();
                    if !recipients.is_empty() && attr.name.as_str() != "publicKeys" {
                        let (name, within) = (attr.name.to_string(), within.to_vec());
                        self.groups.push(Group { name, within, recipients, place });
                    }
                }
                Ok(Value::Attrs(attrs))
                    if within.len() < DEEPEST && self.seen.insert(std::ptr::from_ref(attrs) as usize) =>
                {
                    self.set(attrs.entries, &[within, &[attr.name.to_string()]].concat());
                }
                _ => {}
            }
        }
    }

    fn place(&self, attr: &Attr<'a>) -> Option<Place> {
        let place = self.eval.program.place(attr.place.of_name()?)?;
        (!place.path.starts_with('«')).then_some(place)
    }
}

/// The recipient that a text is; a file of several keys is none.
fn key(text: &str) -> Option<Recipient> {
    let text = text.trim();
    if text.contains('\n') { None } else { Recipient::parse_age(text).ok() }
}
