//! Where sops-nix' key sources are set, and which keys Nix copies to its store.

use std::collections::BTreeMap;

use super::Reader;
use super::places::spot;
use super::sops::certainty;
use crate::manifest::{Certainty, KeySource, Spot};
use crate::nix::Symbol;
use crate::nix::path::{Located, locate};
use crate::nix::unknown::Unknown;
use crate::nix::value::{Attrs, Doubt, Outcome, Value};
use crate::nixos::configuration::Configuration;
use crate::nixos::definition::{expand, live};
use crate::source::stored;

/// The options that name keys, beneath `sops`.
const OPTIONS: [&[&str]; 5] =
    [&["age", "keyFile"], &["age", "sshKeyPaths"], &["gnupg", "home"], &["gnupg", "sshKeyPaths"], SPLIT_GPG];

/// Of home-manager only. It has no path: what counts is whether it is there.
const SPLIT_GPG: &[&str] = &["gnupg", "qubes-split-gpg", "enable"];

/// Modules of nixpkgs that most hosts import by path, beneath `nixos/modules`: they leave openssh alone.
const WITHOUT_OPENSSH: [[&str; 2]; 6] = [
    ["scan", "not-detected.nix"],
    ["profiles", "qemu-guest.nix"],
    ["profiles", "minimal.nix"],
    ["profiles", "headless.nix"],
    ["profiles", "hardened.nix"],
    ["profiles", "all-hardware.nix"],
];

fn is_without_openssh(module: &Unknown<'_>) -> bool {
    let steps: Vec<&str> = module.path.iter().map(|step| step.as_str()).collect();
    let is_one = |last: &[&str]| WITHOUT_OPENSSH.iter().any(|module| last == module);
    matches!(steps.as_slice(), ["nixos", "modules", .., folder, file] if is_one(&[folder, file]))
}

impl<'a> Reader<'a, '_> {
    pub(super) fn key_sources(
        &self,
        configuration: &'a Configuration<'a>,
        sops: &'a Attrs<'a>,
    ) -> BTreeMap<String, KeySource> {
        let source = |path: &&[&str]| {
            let value = self.nested(sops, path);
            if *path == SPLIT_GPG && !matches!(value, Ok(Value::Bool(true) | Value::Unknown(_))) {
                return None;
            }
            let is_empty = matches!(value, Ok(Value::List(list)) if list.items.is_empty());
            let source = KeySource {
                at: self.set_at(configuration, path).ok().flatten(),
                copied: value.is_ok_and(|value| self.is_copied(value)),
                certainty: if is_empty { self.by_default(configuration) } else { Certainty::Certain },
            };
            (*path == SPLIT_GPG || source != KeySource::default()).then(|| (path.join("."), source))
        };
        OPTIONS.iter().filter_map(source).collect()
    }

    /// That openssh, whose host keys are the default, is off is sure only where no module that is not here may
    /// enable it.
    fn by_default(&self, configuration: &'a Configuration<'a>) -> Certainty {
        let foreign = configuration.collected(self.eval).map_or(&[][..], |collected| collected.foreign);
        let doubt = foreign.iter().find(|module| !is_without_openssh(module));
        doubt.map_or(Certainty::Certain, |why| certainty(Some(Doubt::Assumed(why))))
    }

    /// Where the first definition that counts stands.
    fn set_at(&self, configuration: &'a Configuration<'a>, path: &[&str]) -> Outcome<'a, Option<Spot>> {
        let path: Vec<Symbol> = ["sops"].iter().chain(path).map(|name| Symbol::new(name)).collect();
        let definitions = configuration.definitions_at(self.eval, &path)?;
        let live = live(self.eval, expand(self.eval, &definitions)?)?;
        let mut own = live.iter().filter(|live| live.definition.module.own);
        Ok(own.find_map(|live| spot(self.eval, live.definition.place.in_nix()?)))
    }

    /// Whether a key that a value names is copied to the store, as paths are in what sops-nix writes for
    /// activation, or lies in it, as a flake's files do.
    fn is_copied(&self, value: Value<'a>) -> bool {
        match value {
            Value::Path(_) => true,
            Value::String(text) => match locate(text.text) {
                Located::Repository(_) | Located::Input { .. } => self.eval.pure.get(),
                Located::Outside(path) => stored(path).is_some(),
            },
            Value::List(list) => list.items.iter().any(|item| match self.eval.force(item) {
                Ok(value @ (Value::Path(_) | Value::String(_))) => self.is_copied(value),
                _ => false,
            }),
            _ => false,
        }
    }
}
