//! What an evaluated configuration says of its own key.

use crate::keys::Recipient;
use crate::manifest::Agenix;
use crate::source::Place;

use super::holder::Holder;
use super::{Evidence, Held};

/// agenix-rekey's default for `age.rekey.hostPubkey`, a key of bytes 1: nobody's.
const NOBODYS: &str = "age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq";

/// `age.rekey.hostPubkey` of agenix-rekey, of a host or a home-manager user: its files are made for that key. A path
/// on the host is none.
pub(super) fn of(agenix: Option<&Agenix>, holder: &Holder) -> Vec<Held> {
    let held = agenix.and_then(|agenix| {
        let rekey = agenix.rekey.as_ref()?;
        let text = rekey.host_pubkey.known().filter(|text| text.trim() != NOBODYS)?;
        let recipient = Recipient::parse_age(text).ok()?;
        let place = rekey.host_pubkey_at.as_ref().map(|spot| spot.0.clone());
        let place = place.unwrap_or_else(|| Place::whole_file("flake.nix".into()));
        Some(Held::for_agenix(&recipient, Evidence::Evaluated, place, holder))
    });
    held.into_iter().collect()
}
