//! Where a secret is written: every live definition, its fields, the literal a name was made from.

use std::collections::BTreeMap;

use super::Reader;
use crate::manifest::{Complete, Definition as Written, Spot};
use crate::nix::Symbol;
use crate::nix::eval::Eval;
use crate::nix::ir::Span;
use crate::nix::unknown::Unknown;
use crate::nix::value::{Attr, AttrPlace, Outcome, Value};
use crate::nixos::configuration::Configuration;
use crate::nixos::definition::{Definition, Expanded, expand, live};

/// The live definitions of a set.
#[derive(Default)]
pub(super) struct WrittenNames<'a> {
    /// Those of each name.
    pub(super) of: BTreeMap<Symbol, Vec<Definition<'a>>>,
    /// Why there may be more, of these names too.
    open: Option<&'a Unknown<'a>>,
}

impl<'a> Reader<'a, '_> {
    /// Every live definition below a path, by the names it gives.
    pub(super) fn written(
        &self,
        configuration: &'a Configuration<'a>,
        names: &[&str],
    ) -> Outcome<'a, WrittenNames<'a>> {
        let path: Vec<_> = names.iter().map(|name| Symbol::new(name)).collect();
        let definitions = configuration.definitions_at(self.eval, &path)?;
        let expanded = expand(self.eval, &definitions)?;
        let mut written = WrittenNames { of: BTreeMap::new(), open: expanded.open };
        for live in live(self.eval, expanded)? {
            let (entries, open) = match live.value {
                Value::Attrs(attrs) => (attrs.entries, attrs.open.map(|open| open.why)),
                Value::Unknown(unknown) => (&[][..], Some(unknown)),
                _ => continue,
            };
            written.open = written.open.or(open);
            for attr in entries {
                written.of.entry(attr.name).or_default().push(live.definition.child(attr));
            }
        }
        Ok(written)
    }

    /// Whether all definitions of a name are known.
    pub(super) fn complete(&self, attr: &Attr<'a>, written: &WrittenNames<'a>) -> Complete {
        let definitions = written.of.get(&attr.name).map_or(&[][..], Vec::as_slice);
        let open = written.open.or_else(|| match expand(self.eval, definitions) {
            Ok(Expanded { definitions, open }) => open.or(definitions.iter().find_map(|(_, value)| match value {
                Value::Unknown(unknown) => Some(*unknown),
                _ => None,
            })),
            Err(_) => None,
        });
        open.map_or(Complete::Yes, |why| Complete::No(why.to_string()))
    }

    pub(super) fn places(
        &self,
        attr: &Attr<'a>,
        written: &WrittenNames<'a>,
    ) -> (Option<Spot>, Option<Spot>, Vec<Written>) {
        let definitions = written.of.get(&attr.name).map_or(&[][..], Vec::as_slice);
        let live = expand(self.eval, definitions).and_then(|expanded| live(self.eval, expanded)).unwrap_or_default();
        let own = live.iter().filter(|live| live.definition.module.own);
        let listed: Vec<_> = own
            .map(|live| Written {
                file: live.definition.module.file.to_owned(),
                pos: live.definition.place.in_nix().and_then(|span| spot(self.eval, span)),
                fields: match live.value {
                    Value::Attrs(attrs) => attrs.entries.iter().map(|attr| self.field_place(attr)).collect(),
                    _ => BTreeMap::new(),
                },
            })
            .collect();
        let origin = live.iter().find_map(|live| match live.definition.place {
            place @ (AttrPlace::Generated(_) | AttrPlace::GeneratedAt(_)) => {
                place.of_name().and_then(|span| spot(self.eval, span))
            }
            AttrPlace::Written(_) | AttrPlace::Nowhere => None,
        });
        let first_field = || listed.iter().find_map(|written| written.fields.values().flatten().min().cloned());
        let at = listed.iter().find_map(|written| written.pos.clone()).or_else(first_field);
        (at, origin, listed)
    }

    pub(super) fn field_place(&self, attr: &Attr<'a>) -> (String, Option<Spot>) {
        (attr.name.to_string(), attr.place.in_nix().and_then(|span| spot(self.eval, span)))
    }
}

/// A place of the repository's own code.
pub(super) fn spot(eval: &Eval<'_>, span: Span) -> Option<Spot> {
    eval.program.place(span).filter(|place| !place.path.starts_with('«')).map(Spot)
}
