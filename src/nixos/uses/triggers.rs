//! What restarts a unit when a sealed file changes: the file among the unit's triggers, whose path in the store changes
//! with it (nixpkgs copies paths there), or its hash.

use sha2::{Digest, Sha256};

use super::text::Noted;
use super::{Search, Way};
use crate::manifest::{Namespace, Used};
use crate::nix::Symbol;
use crate::nix::builtins::text_of;
use crate::nix::path::{Located, locate};
use crate::nix::value::{Attr, Attrs, Value};

/// The characters of a SHA-256 as `builtins.hashFile` writes it.
const HASH: usize = 64;

impl<'a> Search<'a, '_> {
    /// Notes the secrets whose file a text of a unit's triggers is made of.
    pub(super) fn trigger(&mut self, text: &str, way: Way<'a, '_>) {
        let is_trigger = self.path.last().is_some_and(|option| option.as_str().ends_with("Triggers"));
        let is_hash = text.len() == HASH && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_trigger || !(is_hash || text.contains("/nix/store/")) {
            return;
        }
        for sets in self.sets {
            let secrets = sets.sets.iter().filter(|(of, _)| *of == Namespace::Secrets);
            for secret in secrets.flat_map(|(_, secrets): &(Namespace, &'a Attrs<'a>)| secrets.entries) {
                let Some(file) = self.sops_file(secret) else { continue };
                if text.contains(file) || is_hash && self.hash(file).is_some_and(|hash| hash == text) {
                    let what = Used::FileHash { name: secret.name.to_string() };
                    self.note(what, sets.user, way.at, Noted::of(way), way);
                }
            }
        }
    }

    fn sops_file(&self, secret: &Attr<'a>) -> Option<&'a str> {
        let options = self.eval.force(secret.value).ok()?;
        match self.eval.settle(self.eval.select_name(options, Symbol::new("sopsFile"), None)) {
            Ok(Value::Path(path)) => Some(path),
            _ => None,
        }
    }

    fn hash(&self, file: &'a str) -> Option<String> {
        let (Located::Repository(path) | Located::Input { path, .. }) = locate(file) else { return None };
        let digest = Sha256::digest(text_of(self.eval, path).ok()?);
        Some(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}
