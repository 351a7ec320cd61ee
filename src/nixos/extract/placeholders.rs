//! Which secrets' placeholders a template's content holds.

use std::collections::BTreeSet;

use super::Reader;
use crate::manifest::Fact;
use crate::nix::Symbol;
use crate::nix::eval::Coercion;
use crate::nix::unknown::{Reason, Stop, Unknown};
use crate::nix::value::{Outcome, Value};
use crate::nixos::configuration::Configuration;

impl<'a> Reader<'a, '_> {
    /// The secrets whose placeholder is in the content, sorted.
    pub(super) fn placeholders(
        &mut self,
        configuration: &Configuration<'a>,
        label: &str,
        content: Outcome<'a>,
    ) -> Fact<Vec<String>> {
        let mut names = BTreeSet::new();
        match content.and_then(|content| self.add_placeholders(configuration, content, &mut names)) {
            Ok(()) => Fact::Known(names.into_iter().collect()),
            Err(stop) => {
                self.note(None, &format!("{label}.placeholders"), stop);
                Fact::Unknown
            }
        }
    }

    /// Goes through the pieces of a text that is not known as a whole. A package in it is a path of the
    /// store, which holds no placeholder; what a function of a package set made of one may hold any.
    fn add_placeholders(
        &self,
        configuration: &Configuration<'a>,
        text: Value<'a>,
        names: &mut BTreeSet<String>,
    ) -> Outcome<'a, ()> {
        let _depth = self.eval.limits.enter(self.eval)?;
        match self.eval.coerce(text, Coercion::Plain) {
            Ok(text) => {
                let kind = Symbol::new("placeholder");
                let own = text.context.iter().filter(|mark| mark.kind == kind && mark.scope == configuration.scope);
                names.extend(own.map(|mark| mark.name.to_owned()));
                Ok(())
            }
            Err(Stop::Unknown(unknown)) if !unknown.pieces.is_empty() => unknown.pieces.iter().try_for_each(|piece| {
                let piece = self.eval.settle(self.eval.force(piece))?;
                self.add_placeholders(configuration, piece, names)
            }),
            Err(Stop::Unknown(unknown)) if is_of_a_package(unknown) => Ok(()),
            Err(stop) => Err(stop),
        }
    }
}

/// Whether something unknown is an attribute of a package set, and nothing went into it.
fn is_of_a_package(unknown: &Unknown<'_>) -> bool {
    unknown.reason == Reason::Package && unknown.parts.is_empty() && !unknown.path.is_empty()
}
