//! The four bytes by which a stanza of an age file names its recipient. Two keys may have the same
//! ones, by a chance of one in four thousand million.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use sha2::{Digest, Sha256};

/// The block of SHA-256 in bytes, which HMAC (RFC 2104) fills its key up to.
const BLOCK: usize = 64;

/// The first four bytes of the SHA-256 hash.
pub(super) fn short_hash(bytes: &[u8]) -> [u8; 4] {
    first_four(Sha256::digest(bytes).into())
}

/// A tag as a stanza writes it.
pub(super) fn text(tag: &[u8; 4]) -> String {
    STANDARD_NO_PAD.encode(tag)
}

/// The tag of a C2SP tagged stanza: HKDF-Extract, which is HMAC-SHA-256 under the salt, over the
/// encapsulated key and the recipient's [`short_hash`]. None if the former is not base64.
pub(super) fn salted(hash: &[u8; 4], encapsulated: &str, salt: &[u8]) -> Option<String> {
    let encapsulated = STANDARD_NO_PAD.decode(encapsulated).ok()?;
    let mut key = [0; BLOCK];
    key.get_mut(..salt.len())?.copy_from_slice(salt);
    let keyed = |pad: u8| Sha256::new_with_prefix(key.map(|byte| byte ^ pad));
    let inner = keyed(0x36).chain_update(encapsulated).chain_update(hash).finalize();
    Some(text(&first_four(keyed(0x5c).chain_update(inner).finalize().into())))
}

fn first_four([a, b, c, d, ..]: [u8; 32]) -> [u8; 4] {
    [a, b, c, d]
}
