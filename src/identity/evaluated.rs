//! What the evaluated configuration of a host says of its own key.

use crate::keys::Recipient;
use crate::manifest::Host;
use crate::source::Place;

use super::holder::Holder;
use super::{Evidence, Held};

/// agenix-rekey's default for `age.rekey.hostPubkey`, a key of bytes 1: nobody's.
const NOBODYS: &str = "age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq";

/// `age.rekey.hostPubkey` of agenix-rekey: the host's files are made for it. A path on the host is none.
pub(super) fn of_hosts(hosts: &[Host], holders: &[Holder]) -> Vec<Vec<Held>> {
    let held = |(host, holder): (&Host, &Holder)| {
        let rekey = host.agenix.as_ref()?.rekey.as_ref()?;
        let text = rekey.host_pubkey.known().filter(|text| text.trim() != NOBODYS)?;
        let recipient = Recipient::parse_age(text).ok()?;
        let place = rekey.host_pubkey_at.as_ref().map(|spot| spot.0.clone());
        let place = place.unwrap_or_else(|| Place::whole_file("flake.nix".into()));
        Some(Held::for_agenix(&recipient, Evidence::Evaluated, place, holder))
    };
    hosts.iter().zip(holders).map(|pair| held(pair).into_iter().collect()).collect()
}
