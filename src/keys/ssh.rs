//! OpenSSH public keys, and ssh-ed25519 → age recipient as `ssh-to-age` and sops-nix do it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use curve25519_dalek::edwards::CompressedEdwardsY;
use thiserror::Error;

use super::{bech32, tag};

/// Why a text is not an ssh public key that sops can use.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SshError {
    /// Another type than the two that age supports.
    #[error("only ssh-ed25519 and ssh-rsa keys can be recipients")]
    UnsupportedType,
    /// There is no second word, or it is not base64.
    #[error("its second word is not base64")]
    NotBase64,
    /// The blob is cut short, too long or of another type than the first word says.
    #[error("its base64 text is not a whole {0} key")]
    BadBlob(&'static str),
    /// The 32 bytes are not a point of the curve.
    #[error("it is not a point of the curve: a character was changed")]
    NotAPoint,
}

/// What kind of ssh key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// `ssh-ed25519`, with its converted age recipient.
    Ed25519,
    /// `ssh-rsa`.
    Rsa,
}

impl Algorithm {
    fn name(self) -> &'static str {
        match self {
            Algorithm::Ed25519 => "ssh-ed25519",
            Algorithm::Rsa => "ssh-rsa",
        }
    }
}

/// An ssh public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// Its type.
    pub algorithm: Algorithm,
    /// Its type and blob, without the comment.
    pub text: String,
    /// How a stanza of an age file names it: unpadded base64 of the first four bytes of its blob's
    /// SHA-256.
    pub tag: String,
    /// The `age1…` recipient that sops-nix makes of it on the host; an RSA key has none.
    pub age: Option<String>,
}

impl PublicKey {
    /// Reads `TYPE BASE64 [COMMENT]`, the form of a `.pub` file's line and of a sops recipient.
    pub fn parse(line: &str) -> Result<Self, SshError> {
        let mut words = line.split_ascii_whitespace();
        let algorithm = match words.next() {
            Some("ssh-ed25519") => Algorithm::Ed25519,
            Some("ssh-rsa") => Algorithm::Rsa,
            _ => return Err(SshError::UnsupportedType),
        };
        let encoded = words.next().ok_or(SshError::NotBase64)?;
        let blob = STANDARD.decode(encoded).map_err(|_| SshError::NotBase64)?;
        let bad_blob = || SshError::BadBlob(algorithm.name());
        let fields = wire_strings(&blob).ok_or_else(bad_blob)?;
        let age = match (algorithm, fields.as_slice()) {
            (Algorithm::Ed25519, [name, point]) if *name == b"ssh-ed25519" => {
                let point: [u8; 32] = (*point).try_into().map_err(|_| bad_blob())?;
                Some(age_recipient(point)?)
            }
            (Algorithm::Rsa, [name, _exponent, _modulus]) if *name == b"ssh-rsa" => None,
            _ => return Err(bad_blob()),
        };
        let text = format!("{} {encoded}", algorithm.name());
        Ok(PublicKey { algorithm, text, tag: tag::text(&tag::short_hash(&blob)), age })
    }
}

/// The length-prefixed strings of an SSH wire blob (RFC 4251 section 5); nothing if a length runs
/// past the end.
fn wire_strings(mut rest: &[u8]) -> Option<Vec<&[u8]>> {
    let mut strings = Vec::new();
    while !rest.is_empty() {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (string, after) = after.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        strings.push(string);
        rest = after;
    }
    Some(strings)
}

/// The Edwards point's Montgomery u coordinate as a Bech32 text (reference: sops.md section 5).
fn age_recipient(point: [u8; 32]) -> Result<String, SshError> {
    let point = CompressedEdwardsY(point).decompress().ok_or(SshError::NotAPoint)?;
    bech32::encode("age", point.to_montgomery().as_bytes()).ok_or(SshError::NotAPoint)
}
