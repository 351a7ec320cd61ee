//! The assertions of the repository's own modules that do not hold.

use super::Reader;
use super::places::spot;
use crate::manifest::{Certainty, FailedAssertion};
use crate::nix::Symbol;
use crate::nix::ir::Span;
use crate::nix::value::{AttrPlace, Outcome, Str, Value};
use crate::nixos::configuration::Configuration;
use crate::nixos::definition::{Live, expand, live};

impl<'a> Reader<'a, '_> {
    /// Those of one configuration; what cannot be evaluated may hold.
    pub(super) fn failed_assertions(
        &self,
        configuration: &'a Configuration<'a>,
        user: Option<&str>,
        into: &mut Vec<FailedAssertion>,
    ) -> Outcome<'a, ()> {
        let definitions = configuration.definitions_at(self.eval, &[Symbol::new("assertions")])?;
        let own: Vec<_> = definitions.into_iter().filter(|definition| definition.module.own).collect();
        for live in live(self.eval, expand(self.eval, &own)?)? {
            let Value::List(list) = live.value else { continue };
            for item in list.items {
                let (item, assumed) = self.eval.observe(|| self.eval.force(item));
                let Ok(Value::Attrs(item)) = item else { continue };
                let Some(assertion) = item.get(Symbol::new("assertion")) else { continue };
                let (holds, also) = self.eval.observe(|| self.eval.force(assertion.value));
                if !matches!(holds, Ok(Value::Bool(false))) {
                    continue;
                }
                let place = [assertion.place, live.definition.place].into_iter().find_map(AttrPlace::of_name);
                let Some(at) = place.and_then(|span| spot(self.eval, span)) else { continue };
                let message = item.get(Symbol::new("message"));
                into.push(FailedAssertion {
                    message: message.and_then(|message| match self.eval.force(message.value) {
                        Ok(Value::String(text)) => self.as_written(message.place, text),
                        _ => None,
                    }),
                    user: user.map(str::to_owned),
                    at,
                    certainty: certainty(&live, assumed.or(also).map(ToString::to_string)),
                });
            }
        }
        Ok(())
    }

    /// A text that is one literal, written where the attribute is and without anything put in: what is put in, or
    /// comes from elsewhere, may be a secret.
    fn as_written(&self, place: AttrPlace<'a>, text: &Str<'a>) -> Option<String> {
        let (AttrPlace::Written(name), literal) = (place, text.origin?) else { return None };
        let between = Span { start: name.end, end: literal.start, ..name };
        let is_here = name.file == literal.file && self.eval.source(between)?.trim() == "=";
        let is_plain = is_here && !self.eval.source(literal)?.contains("${");
        is_plain.then(|| text.text.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

fn certainty(live: &Live<'_>, assumed: Option<String>) -> Certainty {
    let assumed = live.definition.assumed.map(ToString::to_string).or(assumed);
    match live.doubt() {
        Some(doubt) => Certainty::Conditional(doubt.to_string()),
        None => assumed.map_or(Certainty::Certain, Certainty::Assumed),
    }
}
