//! The keys that clan-core keeps of its machines, `sops/machines/NAME/key.json`: an object, or a list of them, with
//! `publickey` and `type` (source: clan-core's documentation, "Secrets", and repositories that use it).

use crate::keys::Recipient;
use crate::source::{Place, Text, Tree};
use crate::yaml;

use super::holder::{Holder, Kind};
use super::index::Index;
use super::{Evidence, Held};

/// What these files say of each host.
pub(super) fn of_hosts(hosts: &[Holder], tree: &Tree) -> Vec<Vec<Held>> {
    let index = Index::of(Kind::Host, hosts);
    let mut claims: Vec<Vec<Held>> = vec![Vec::new(); hosts.len()];
    for (name, text) in tree.texts.iter().filter_map(|(path, text)| Some((machine(path)?, text))) {
        for &place in index.named(name) {
            let held = keys(text).into_iter().map(|(key, at)| Held::new(&key, Evidence::PublicKeyFile, at));
            if let Some(claims) = claims.get_mut(place) {
                claims.extend(held);
            }
        }
    }
    claims
}

/// The machine whose key file it is.
fn machine(path: &str) -> Option<&str> {
    let (above, name) = path.strip_suffix("/key.json")?.rsplit_once('/')?;
    (above == "sops/machines" || above.ends_with("/sops/machines")).then_some(name)
}

fn keys(text: &Text) -> Vec<(Recipient, Place)> {
    let Ok(json) = yaml::parse(text) else { return Vec::new() };
    let Some(root) = json.documents.first() else { return Vec::new() };
    let key = |object: &yaml::Node| {
        let is_age = json.get(object, "type").and_then(yaml::Node::text) == Some("age");
        let key = json.get(object, "publickey").filter(|_| is_age)?;
        Some((Recipient::parse_age(key.text()?).ok()?, text.place(key.span.clone())))
    };
    match root.items() {
        [] => key(root).into_iter().collect(),
        several => several.iter().filter_map(key).collect(),
    }
}
