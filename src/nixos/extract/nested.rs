//! Systems within the system: containers, specialisations, guests. What they declare is not read; one
//! that declares secrets of its own is said.

use super::places::spot;
use super::{Reader, why};
use crate::manifest::Unknown as UnknownFact;
use crate::nix::Symbol;
use crate::nix::unknown::Stop;
use crate::nix::value::{Attr, Outcome, Value};
use crate::nixos::configuration::{Class, Configuration, Root, Setup};
use crate::nixos::definition::{Definition, Live, expand, live};

/// An option whose every element holds the modules of a system.
struct Kind {
    what: &'static str,
    option: &'static [&'static str],
    modules: &'static str,
    /// Its modules are all of it. Else their conditions may hang on what it is a part of.
    whole: bool,
}

const KINDS: [Kind; 3] = [
    Kind { what: "container", option: &["containers"], modules: "config", whole: true },
    Kind { what: "specialisation", option: &["specialisation"], modules: "configuration", whole: false },
    Kind { what: "microvm guest", option: &["microvm", "vms"], modules: "config", whole: true },
];

impl<'a> Reader<'a, '_> {
    /// Notes the systems within that declare secrets, or may.
    pub(super) fn nested_systems(&mut self, configuration: &'a Configuration<'a>) {
        // Others have no such options, or declare what is in them themselves.
        if configuration.class == Class::Plain {
            return;
        }
        for kind in &KINDS {
            if let Some(why) = self.unreadable(configuration, kind.option) {
                self.push(None, "secrets", format!("a {} may declare some: {why}", kind.what), None);
            }
            for (name, definitions) in self.written(configuration, kind.option).unwrap_or_default().of {
                let why = match self.declares_secrets(configuration, kind, &definitions) {
                    Ok(None) => continue,
                    Ok(Some("sops")) => {
                        "declares sops secrets of its own, and systems within a system are not looked at"
                    }
                    Ok(Some(_)) => "declares agenix secrets of its own, and systems within a system are not looked at",
                    Err(_) => "may declare secrets of its own: its modules could not be read",
                };
                let place = definitions.first().and_then(|definition| definition.place.of_name());
                self.unknowns.push(UnknownFact {
                    host: Some(self.host.clone()),
                    user: self.user.clone(),
                    field: "secrets".to_owned(),
                    why: format!("{} `{name}` {why}", kind.what),
                    place: place.and_then(|span| spot(self.eval, span)),
                    ..UnknownFact::default()
                });
            }
        }
    }

    /// Why the option that holds the systems may hold more than is written.
    fn unreadable(&self, configuration: &'a Configuration<'a>, option: &[&str]) -> Option<String> {
        let path: Vec<_> = option.iter().map(|name| Symbol::new(name)).collect();
        let definitions = configuration.definitions_at(self.eval, &path);
        let stop = match definitions.and_then(|definitions| self.live(&definitions)) {
            Ok(live) => live.iter().find_map(|live| match live.value {
                Value::Unknown(unknown) => Some(Stop::Unknown(unknown)),
                _ => None,
            })?,
            Err(stop) => stop,
        };
        Some(why(self.eval, stop))
    }

    /// The options by which the modules of a system define secrets or templates: `sops` or `age`.
    fn declares_secrets(
        &self,
        configuration: &'a Configuration<'a>,
        kind: &Kind,
        definitions: &[Definition<'a>],
    ) -> Outcome<'a, Option<&'static str>> {
        let mut roots = Vec::new();
        let mut special: Vec<Attr<'a>> = configuration.special.to_vec();
        for system in self.live(definitions)? {
            let system_attrs = self.eval.as_attrs(system.value)?;
            if let Some(modules) = system_attrs.get(Symbol::new(kind.modules)) {
                let modules = self.live(&[system.definition.child(modules)])?;
                roots.extend(modules.iter().map(|live| Root {
                    module: self.eval.done(live.value),
                    file: live.definition.module.file,
                    own: live.definition.module.own,
                    doubt: None,
                }));
            }
            if let Some(given) = system_attrs.get(Symbol::new("specialArgs")) {
                special.extend_from_slice(self.eval.force_attrs(given.value)?.entries);
            }
        }
        let setup = Setup {
            class: configuration.class,
            class_name: configuration.class_name,
            roots: self.eval.slice(&roots),
            special: self.eval.sorted(special),
            special_open: configuration.special_open,
            prefix: &[],
            open: None,
        };
        let within = Configuration::new(self.eval, configuration.world, setup);
        if let Some(why) = within.incomplete(self.eval)? {
            return Err(Stop::Unknown(why));
        }
        let defines = |option: [&str; 2]| {
            let definitions = within.definitions_at(self.eval, &option.map(Symbol::new))?;
            let values: Vec<Value<'a>> = if kind.whole {
                self.live(&definitions)?.iter().map(|live| live.value).collect()
            } else {
                expand(self.eval, &definitions)?.definitions.iter().map(|(_, value)| *value).collect()
            };
            Ok(values.iter().any(|value| !matches!(value, Value::Attrs(attrs) if attrs.entries.is_empty())))
        };
        for option @ [system, _] in [["sops", "secrets"], ["sops", "templates"], ["age", "secrets"]] {
            if defines(option)? {
                return Ok(Some(system));
            }
        }
        Ok(None)
    }

    /// The definitions that count, or may.
    fn live(&self, definitions: &[Definition<'a>]) -> Outcome<'a, Vec<Live<'a>>> {
        live(self.eval, expand(self.eval, definitions)?)
    }
}
