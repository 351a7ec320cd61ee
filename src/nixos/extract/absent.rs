//! Secrets that are not declared only if what was assumed holds, such as that nothing enables a service.

use super::Reader;
use super::places::spot;
use crate::manifest::AssumedAbsent;
use crate::nix::Symbol;
use crate::nix::unknown::Unknown;
use crate::nix::value::{Attr, AttrPlace, Outcome, Value};
use crate::nixos::configuration::Configuration;
use crate::nixos::definition::{Definition, expand};

impl<'a> Reader<'a, '_> {
    /// Definitions of secrets at `sops.secrets` or `age.secrets` that do not count by an assumption, but for
    /// names that are declared all the same.
    pub(super) fn assumed_absent(
        &self,
        configuration: &'a Configuration<'a>,
        option: [&str; 2],
        is_declared: impl Fn(&str) -> bool,
    ) -> Outcome<'a, Vec<AssumedAbsent>> {
        let definitions = configuration.definitions_at(self.eval, &option.map(Symbol::new))?;
        let mut absent = Vec::new();
        for (set, value) in expand(self.eval, &definitions)?.definitions {
            let Value::Attrs(attrs) = value else { continue };
            let others = || attrs.entries.iter().filter(|attr| !is_declared(attr.name.as_str()));
            if let Some(why) = set.assumed_away(self.eval) {
                let others: Vec<_> = others().collect();
                absent.extend(others.first().map(|first| self.absent(&others, first.place, why)));
                continue;
            }
            // A set that was made by an assumption, as `optionalAttrs` makes one, may hold more.
            absent.extend(set.assumed.map(|why| self.absent(&[], set.place, why)));
            for attr in others() {
                let why = self.assumed_away(set.child(attr))?;
                absent.extend(why.map(|why| self.absent(&[attr], attr.place, why)));
            }
        }
        Ok(absent)
    }

    /// What was assumed where no definition of one name counts.
    fn assumed_away(&self, definition: Definition<'a>) -> Outcome<'a, Option<&'a Unknown<'a>>> {
        let expanded = expand(self.eval, &[definition])?;
        Ok(expanded.definitions.iter().find_map(|(definition, _)| definition.assumed_away(self.eval)))
    }

    fn absent(&self, attrs: &[&Attr<'a>], place: AttrPlace<'_>, why: &'a Unknown<'a>) -> AssumedAbsent {
        AssumedAbsent {
            secrets: attrs.iter().map(|attr| attr.name.to_string()).collect(),
            why: why.to_string(),
            at: place.in_nix().and_then(|span| spot(self.eval, span)),
        }
    }
}
