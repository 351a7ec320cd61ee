//! Private keys in clear among the files of the repository.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rayon::prelude::*;

use super::openpgp;
use crate::keys::recipient::is_age_private_key;
use crate::source::{Place, Text, Tree, is_sample};

/// A private key in a file that git tracks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrivateKey {
    /// What it is, as a noun: "an age key".
    pub kind: &'static str,
    /// Its first line, or all of it where it has but one.
    pub place: Place,
    /// Whether the file holds nothing but keys and comments.
    pub fills_file: bool,
}

/// What age keys begin with; the second is for the post-quantum kind.
const AGE: [&str; 2] = ["AGE-SECRET-KEY-1", "AGE-SECRET-KEY-PQ-1"];
/// Characters of an age key behind [`AGE`]: 32 bytes and a checksum in Bech32.
const AGE_REST: usize = 58;

const SSH: &str = "an ssh key";
const OPENPGP: &str = "an OpenPGP key";

/// The first line of each kind's armor (RFC 7468, RFC 9580, and OpenSSH's PROTOCOL.key).
const ARMORS: [(&str, &str); 6] = [
    ("-----BEGIN OPENSSH PRIVATE KEY-----", SSH),
    ("-----BEGIN RSA PRIVATE KEY-----", "an RSA key"),
    ("-----BEGIN EC PRIVATE KEY-----", "an elliptic curve key"),
    ("-----BEGIN DSA PRIVATE KEY-----", "a DSA key"),
    ("-----BEGIN PRIVATE KEY-----", "a PKCS #8 key"),
    ("-----BEGIN PGP PRIVATE KEY BLOCK-----", OPENPGP),
];
/// An OpenSSH key that no passphrase protects: in Base64 the magic, and `none` for cipher and key derivation.
const OPENSSH_IN_CLEAR: &str = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZ";
/// The public blobs of ssh keys that nixpkgs publishes with their private halves: that of its virtual builders
/// (`nixos/modules/profiles/keys`) and that of its tests (`nixos/tests/ssh-keys.nix`). Everyone has them, so that a
/// repository with one of them gives nothing away.
const PUBLISHED: [&str; 2] = [
    "AAAAC3NzaC1lZDI1NTE5AAAAIJBWcxb/Blaqt1auOtE+F8QUWrUotiC5qBJ+UuEWdVCb",
    "AAAAC3NzaC1lZDI1NTE5AAAAIDPQXmEVMVLmeFRyafKMVWgPDkv8/uRBTwmcEDatZzMD",
];
/// Characters of Base64 that any key has: what has fewer is an example.
const LEAST: usize = 64;

/// Every private key of the tree's own files, but for tests, templates and examples; in parallel. Keys that a
/// passphrase protects are none, as far as their armor tells.
pub(super) fn find(tree: &Tree) -> Vec<PrivateKey> {
    let is_ours = |path: &str| {
        let is_tracked = tree.files.get(path).is_some_and(|entry| entry.tracked);
        is_tracked && !is_sample(path) && !tree.is_elsewhere(path)
    };
    let texts: Vec<&Text> = tree.texts.values().collect();
    let of_text = |text: &&Text| {
        let content: &str = text.content();
        let may_hold = content.contains("PRIVATE KEY") || AGE.iter().any(|begin| content.contains(begin));
        if may_hold && is_ours(text.path()) && tree.behind_links(text.path()) == *text.path() {
            in_text(text)
        } else {
            Vec::new()
        }
    };
    texts.par_iter().flat_map_iter(of_text).collect()
}

fn in_text(text: &Text) -> Vec<PrivateKey> {
    let content: &str = text.content();
    let fills_file = is_key_file(content);
    let of_age = AGE.into_iter().flat_map(|begin| content.match_indices(begin)).filter_map(|(start, begin)| {
        let end = start + begin.len() + AGE_REST;
        let is_key = is_age_private_key(content.get(start..end)?);
        is_key.then(|| PrivateKey { kind: "an age key", place: text.place(start..end), fills_file })
    });
    let armored = ARMORS.into_iter().flat_map(|(begin, kind)| {
        content.match_indices(begin).filter_map(move |(start, _)| {
            let body = content.get(start + begin.len()..)?.split("-----END").next()?;
            is_in_clear(kind, body).then(|| PrivateKey {
                kind,
                place: text.place(start..start + begin.len()),
                fills_file,
            })
        })
    });
    let mut keys: Vec<PrivateKey> = of_age.chain(armored).collect();
    keys.sort_by(|a, b| a.place.cmp(&b.place));
    keys
}

/// Whether a text is made of keys of age, or of armored ones, and of comments.
fn is_key_file(content: &str) -> bool {
    let mut in_armor = false;
    content.lines().map(str::trim).all(|line| {
        let is_edge = line.starts_with("-----");
        let is_of_key = in_armor
            || is_edge
            || line.is_empty()
            || line.starts_with('#')
            || AGE.iter().any(|begin| line.starts_with(begin));
        in_armor = if is_edge { line.starts_with("-----BEGIN") } else { in_armor };
        is_of_key
    })
}

/// Whether what stands between the lines of an armor is a key that anybody can use.
fn is_in_clear(kind: &str, body: &str) -> bool {
    if body.contains("ENCRYPTED") {
        return false;
    }
    // In a string of Nix or JSON a line ends with the two characters `\\n`.
    let lines = body.split('\n').flat_map(|line| line.split("\\n")).map(str::trim);
    let is_base64 = |line: &&str| line.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte));
    let base64: String = lines.filter(is_base64).collect();
    let in_clear = || match kind {
        SSH => base64.starts_with(OPENSSH_IN_CLEAR) && !is_published(&base64),
        OPENPGP => !is_protected_openpgp(&base64),
        _ => true,
    };
    base64.len() >= LEAST && in_clear()
}

/// The armor ends in a checksum of its own.
fn is_protected_openpgp(base64: &str) -> bool {
    let data = base64.split('=').next().unwrap_or_default();
    let whole = data.get(..data.len() / 4 * 4).and_then(|whole| STANDARD.decode(whole).ok());
    whole.is_some_and(|block| openpgp::is_protected(&block) == Some(true))
}

/// Whether an OpenSSH key, which holds its public half, is one that everyone has.
fn is_published(base64: &str) -> bool {
    let Ok(key) = STANDARD.decode(base64) else { return false };
    let public = PUBLISHED.iter().filter_map(|public| STANDARD.decode(public).ok());
    public.into_iter().any(|public| key.windows(public.len()).any(|part| part == public))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// The beginning of an OpenSSH key in clear with this public blob (PROTOCOL.key), and nothing where the private
    /// half would be.
    fn without_private_half(public: &[u8]) -> String {
        let mut key = b"openssh-key-v1\0".to_vec();
        for field in [&b"none"[..], b"none", b""] {
            key.extend(u32::try_from(field.len()).unwrap().to_be_bytes());
            key.extend(field);
        }
        key.extend(1u32.to_be_bytes());
        key.extend(u32::try_from(public.len()).unwrap().to_be_bytes());
        key.extend(public);
        key.extend([0; 60]);
        STANDARD.encode(key)
    }

    #[test]
    fn a_key_that_nixpkgs_publishes_gives_nothing_away() {
        let mut public = STANDARD.decode(PUBLISHED[0]).unwrap();
        assert!(!is_in_clear("an ssh key", &format!("\n{}\n", without_private_half(&public))));
        *public.last_mut().unwrap() ^= 1;
        assert!(is_in_clear("an ssh key", &format!("\n{}\n", without_private_half(&public))));
    }
}
