//! Values that no host declares and that are kept all the same: for people, for scripts, for what is switched off.

use std::collections::BTreeSet;

use memchr::memmem::Finder;

use crate::checks::World;
use crate::checks::declared::declared;
use crate::source::Place;

/// The command lines of sops that hand out values.
const DECRYPTING: [&str; 3] = [" -d", "decrypt", "exec-"];

/// A script that decrypts a file by itself, which may read any key of it.
pub fn decrypted_by(world: &World<'_>, path: &str) -> Option<Place> {
    world.tree.mentions(path).find_map(|(line, place)| {
        let decrypts = line.contains("sops") && DECRYPTING.iter().any(|part| line.contains(part));
        decrypts.then_some(place)
    })
}

/// Whether a value is no secret, or one that a person keeps beside what the host gets: a public key, and the
/// password of which the hash is declared.
pub fn is_for_people(key: &str, declared: &BTreeSet<&str>) -> bool {
    let is_hash_of = |other: &&str| {
        let rest =
            other.strip_prefix(key).map(|rest| rest.trim_start_matches(['-', '_', '.', '/']).to_ascii_lowercase());
        rest.is_some_and(|rest| matches!(rest.as_str(), "hash" | "hashed"))
    };
    is_public(key) || declared.iter().any(is_hash_of)
}

/// Whether a name ends in the words for a public key: `host_key_pub`, `nix-serve.public`, `hub-public-key`.
fn is_public(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let words: Vec<&str> = key.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    match words.as_slice() {
        [.., "pub" | "public" | "pubkey" | "publickey"] | [.., "pub" | "public", "key"] => true,
        [.., last] => last.ends_with("publickey"),
        [] => false,
    }
}

/// Where Nix code names a secret that is declared nowhere: a module that no host imports or that is switched off.
pub struct Dormant<'w, 'a> {
    world: &'w World<'a>,
    declared: BTreeSet<&'a str>,
}

impl<'w, 'a> Dormant<'w, 'a> {
    pub fn of(world: &'w World<'a>) -> Self {
        let names = declared(world.manifest).flat_map(|declared| {
            [Some(declared.name), declared.secret.key.known().map(String::as_str)].into_iter().flatten()
        });
        Dormant { world, declared: names.collect() }
    }

    /// The first place at which code says `"KEY"` or `secrets.KEY`. In a module that hosts have, `key = "KEY"` is a
    /// definition that another one has overridden.
    pub fn declaration(&self, key: &str) -> Option<Place> {
        if self.declared.contains(key) {
            return None;
        }
        let code = self.world.tree.texts.values().filter(|text| text.path().ends_with(".nix"));
        let (name, reference) = (format!("\"{key}\""), format!("secrets.{key}"));
        let spellings = [Finder::new(&name), Finder::new(&reference)];
        let mut said = code.flat_map(|text| {
            let content: &str = text.content();
            let is_here = self.world.evaluated.contains(text.path());
            let before = move |place: &Place| content.get(..place.start.byte as usize)?.rsplit('\n').next();
            let is_overridden =
                move |place: &Place| is_here && before(place).is_some_and(|line| line.contains("key ="));
            text.said(&spellings).into_iter().filter(move |place| !is_overridden(place))
        });
        said.next()
    }
}
