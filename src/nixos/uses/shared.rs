//! A value that several options are given, such as a script of a `let`: it is looked through once, and what was found in it
//! is a use of each.

use super::{Search, Way};
use crate::manifest::{Spot, Use, Used};
use crate::nixos::configuration::dotted;

/// A use within a value.
#[derive(Clone, PartialEq)]
pub(super) struct Found {
    used: Use,
    /// It stands in the value itself, and not where that was first given to an option.
    is_inside: bool,
}

impl Search<'_, '_> {
    /// Keeps what was found in a value since `first`.
    pub(super) fn keep(&mut self, address: usize, first: usize, way: Way<'_, '_>) {
        let given_at = self.place(way);
        let mut found: Vec<Found> = Vec::new();
        for used in self.uses.get(first..).unwrap_or_default() {
            let one = Found { used: used.clone(), is_inside: Some(&used.at) != given_at.as_ref() };
            if is_of_each(&used.what) && !found.contains(&one) {
                found.push(one);
            }
        }
        self.found.insert(address, found);
    }

    /// Notes what was found in a value before, at the current option; nothing where it was not looked through yet.
    pub(super) fn again(&mut self, address: usize, way: Way<'_, '_>) -> bool {
        let Some(found) = self.found.get(&address).cloned() else { return false };
        let given_at = self.place(way);
        for Found { used, is_inside } in found {
            let at = if is_inside { Some(used.at.clone()) } else { given_at.clone() };
            if let (Some(at), Some(certainty)) = (at, self.gated(&used.what, way.certainty)) {
                self.uses.push(Use { option: dotted(&self.path), at, certainty, ..used });
            }
        }
        true
    }

    fn place(&self, way: Way<'_, '_>) -> Option<Spot> {
        way.at.and_then(|span| self.eval.program.place(span)).map(Spot)
    }
}

/// Whether each option that is given it uses it; else it is a mistake of the value, which is said once.
fn is_of_each(what: &Used) -> bool {
    match what {
        Used::SecretPath { .. }
        | Used::AgeSecretPath { .. }
        | Used::Placeholder { .. }
        | Used::TemplatePath { .. }
        | Used::FileHash { .. }
        | Used::LiteralPath { .. } => true,
        Used::PlainLiteral { .. }
        | Used::ReadAtEval { .. }
        | Used::AgeReadAtEval { .. }
        | Used::LiteralReadAtEval { .. }
        | Used::NotDeclared { .. } => false,
    }
}
