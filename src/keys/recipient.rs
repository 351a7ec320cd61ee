//! The forms of a recipient, and one text for each key however it is written.

use thiserror::Error;

use super::bech32::{self, Bech32Error};
use super::ssh::{PublicKey, SshError};

/// Length of an X25519 public key in bytes.
const X25519: usize = 32;
/// Length of an ML-KEM-768 + X25519 public key in bytes (C2SP age, `mlkem768x25519`).
const HYBRID: usize = 1184 + 32;

/// A key that a sops file can be sealed for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient {
    /// `age1…`.
    X25519(String),
    /// `age1pq1…`, from sops 3.12 on.
    Hybrid(String),
    /// `age1NAME1…`: a key that the program `age-plugin-NAME` holds.
    Plugin {
        /// The plugin's name.
        name: String,
        /// The recipient.
        text: String,
    },
    /// `ssh-ed25519 …` or `ssh-rsa …`.
    Ssh(PublicKey),
    /// An OpenPGP fingerprint or key id, upper case without blanks.
    Pgp(String),
}

/// Why a text is not a recipient. It never holds the text: that may be a private key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Malformed {
    /// Not a form that is known.
    #[error("it is neither an age recipient (age1…) nor an ssh public key")]
    UnknownForm,
    /// An `AGE-SECRET-KEY-…` where the public key belongs.
    #[error("it is a private key; the public key belongs here (`age-keygen -y` prints it)")]
    PrivateKey,
    /// Two recipients with nothing but blanks between them.
    #[error("it holds a blank: recipients are separated by commas, a new line alone does not separate them")]
    Blank,
    /// Not Bech32.
    #[error(transparent)]
    Bech32(#[from] Bech32Error),
    /// Bech32 of the wrong length.
    #[error("it holds {found} bytes where its key has {expected}")]
    Length {
        /// How many it holds.
        found: usize,
        /// How many the key has.
        expected: usize,
    },
    /// Not an ssh key that age can use.
    #[error(transparent)]
    Ssh(#[from] SshError),
    /// Not hexadecimal, or too short or long for a fingerprint.
    #[error("it is not an OpenPGP fingerprint (40 hexadecimal digits)")]
    Fingerprint,
}

impl Recipient {
    /// Reads one recipient of an `age` list (reference: sops.md section 2).
    pub fn parse_age(text: &str) -> Result<Self, Malformed> {
        let text = text.trim();
        if text.starts_with("ssh-") {
            return Ok(Recipient::Ssh(PublicKey::parse(text)?));
        }
        if is_private(text) {
            return Err(Malformed::PrivateKey);
        }
        if !text.starts_with("age1") {
            return Err(Malformed::UnknownForm);
        }
        if text.contains(char::is_whitespace) {
            return Err(Malformed::Blank);
        }
        let (human, data) = bech32::decode(text)?;
        let of_length = |expected| match data.len() {
            found if found == expected => Ok(text.to_owned()),
            found => Err(Malformed::Length { found, expected }),
        };
        match human.strip_prefix("age1") {
            None if human == "age" => Ok(Recipient::X25519(of_length(X25519)?)),
            Some("pq") => Ok(Recipient::Hybrid(of_length(HYBRID)?)),
            Some(name) if !name.is_empty() => Ok(Recipient::Plugin { name: name.to_owned(), text: text.to_owned() }),
            _ => Err(Malformed::UnknownForm),
        }
    }

    /// Reads one fingerprint of a `pgp` list. A short key id is accepted, as gpg accepts it.
    pub fn parse_pgp(text: &str) -> Result<Self, Malformed> {
        let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let digits = digits.strip_prefix("0x").unwrap_or(&digits).to_ascii_uppercase();
        let fits =
            matches!(digits.len(), 8 | 16 | 32 | 40 | 64) && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        if fits { Ok(Recipient::Pgp(digits)) } else { Err(Malformed::Fingerprint) }
    }

    /// Reads a text that stands alone, such as an anchor's: an age or ssh recipient, or a whole
    /// fingerprint.
    pub fn parse_any(text: &str) -> Option<Self> {
        let whole = |recipient: &Recipient| matches!(recipient, Recipient::Pgp(digits) if digits.len() >= 40);
        Recipient::parse_age(text).ok().or_else(|| Recipient::parse_pgp(text).ok().filter(whole))
    }

    /// The key, written in the one way in which this crate compares keys: an ssh key without its
    /// comment and *not* converted, for sops treats the two as different recipients.
    pub fn canonical(&self) -> &str {
        match self {
            Recipient::X25519(text) | Recipient::Hybrid(text) | Recipient::Pgp(text) => text,
            Recipient::Plugin { text, .. } => text,
            Recipient::Ssh(key) => &key.text,
        }
    }

    /// The recipient that a host holding this key opens with: an ssh-ed25519 key in the converted
    /// form that sops-nix makes of it, everything else as it is.
    pub fn held_as(&self) -> &str {
        match self {
            Recipient::Ssh(PublicKey { age: Some(age), .. }) => age,
            other => other.canonical(),
        }
    }

    /// The ssh key itself, where it is one.
    pub fn ssh(&self) -> Option<&str> {
        match self {
            Recipient::Ssh(key) => Some(&key.text),
            _ => None,
        }
    }
}

/// [`Recipient::canonical`] of a metadata or rule entry of that kind; a text that does not parse,
/// or of a cloud service, stands for itself.
pub fn canonical(kind: &str, text: &str) -> String {
    let recipient = match kind {
        "age" => Recipient::parse_age(text).ok(),
        "pgp" => Recipient::parse_pgp(text).ok(),
        _ => None,
    };
    recipient.map_or_else(|| text.to_owned(), |recipient| recipient.canonical().to_owned())
}

/// What stands for a private key that was written where its recipient belongs.
const A_PRIVATE_KEY: &str = "(a private key)";

/// A text that is to be a recipient, as it may be shown: of a private key, put there by mistake, nothing.
pub fn without_private_key(text: &str) -> &str {
    if is_private(text) { A_PRIVATE_KEY } else { text }
}

/// Whether a text is a whole age private key, `AGE-SECRET-KEY-1…` or the `AGE-SECRET-KEY-PQ-1…` of age 1.3, with the
/// checksum of one: a placeholder has none. Both are 32 bytes.
pub fn is_age_private_key(text: &str) -> bool {
    let decoded = bech32::decode(&text.to_ascii_lowercase());
    let is_kind = |human: &str| matches!(human, "age-secret-key-" | "age-secret-key-pq-");
    decoded.is_ok_and(|(human, data)| is_kind(&human) && data.len() == X25519)
}

fn is_private(text: &str) -> bool {
    let text = text.to_ascii_uppercase();
    ["AGE-SECRET-KEY-", "AGE-PLUGIN-", "PRIVATE KEY-----"].iter().any(|part| text.contains(part))
}
