//! The assertions of the repository's own modules that do not hold.

use super::Reader;
use super::places::spot;
use crate::manifest::{Certainty, FailedAssertion};
use crate::nix::Symbol;
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
                let message = item.get(Symbol::new("message")).map(|message| self.eval.force(message.value));
                into.push(FailedAssertion {
                    message: match message {
                        Some(Ok(Value::String(text))) => self.as_written(text),
                        _ => None,
                    },
                    user: user.map(str::to_owned),
                    at,
                    certainty: certainty(&live, assumed.or(also).map(ToString::to_string)),
                });
            }
        }
        Ok(())
    }

    /// A text that is one literal without anything put in: what is put in may be a secret.
    fn as_written(&self, text: &Str<'a>) -> Option<String> {
        let source = self.eval.source(text.origin?)?;
        (!source.contains("${")).then(|| text.text.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

fn certainty(live: &Live<'_>, assumed: Option<String>) -> Certainty {
    let assumed = live.definition.assumed.map(ToString::to_string).or(assumed);
    match live.doubt() {
        Some(doubt) => Certainty::Conditional(doubt.to_string()),
        None => assumed.map_or(Certainty::Certain, Certainty::Assumed),
    }
}
