//! Whether a file is sealed for the recipients that it should be sealed for, as far as a header
//! tells it: a tag names its recipient; stanzas without one can only be counted.

use std::collections::BTreeSet;

use super::{Header, Kind, Stanza};
use crate::keys::bech32;
use crate::keys::ssh::Algorithm;
use crate::keys::{Recipient, tag};

/// What a header says about a list of recipients. That one `age1…` recipient was exchanged for
/// another one does not show: the counts are the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fit {
    /// Recipients (by index) that surely cannot open the file: no stanza has their tag.
    pub without_stanza: Vec<usize>,
    /// Stanzas (by index) that were surely written for none of the recipients.
    pub stale: Vec<usize>,
    /// The `age1…` recipients.
    pub x25519: Count,
    /// The `age1pq1…` recipients.
    pub hybrid: Count,
    /// Recipients (by index) of whose plugin it is not known what it writes. While there is one, no
    /// stanza of an unknown type is stale.
    pub undecided: Vec<usize>,
}

/// How many stanzas of an anonymous type there should be, and are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// How many different recipients are listed.
    pub distinct: usize,
    /// How many are listed; age writes a stanza for each, also for one that is listed twice.
    pub listed: usize,
    /// How many stanzas there are.
    pub there: usize,
}

impl Count {
    fn of<'a>(recipients: impl Iterator<Item = &'a str>, there: usize) -> Self {
        let texts: Vec<&str> = recipients.collect();
        let distinct = texts.iter().collect::<BTreeSet<_>>().len();
        Count { distinct, listed: texts.len(), there }
    }

    /// How many recipients surely have no stanza.
    pub fn lacking(self) -> usize {
        self.distinct.saturating_sub(self.there)
    }

    /// How many stanzas are surely of no recipient of this type.
    pub fn surplus(self) -> usize {
        self.there.saturating_sub(self.listed)
    }
}

impl Fit {
    /// Whether the file surely is sealed for others than these recipients.
    pub fn is_drifted(&self) -> bool {
        let counts = [self.x25519, self.hybrid];
        let too_many = self.undecided.is_empty() && counts.iter().any(|count| count.surplus() > 0);
        let too_few = counts.iter().any(|count| count.lacking() > 0);
        !self.without_stanza.is_empty() || !self.stale.is_empty() || too_many || too_few
    }
}

/// What a header says about whether its file is sealed for `recipients` and for nobody else.
pub fn compare(header: &Header, recipients: &[Recipient]) -> Fit {
    let expected: Vec<Expected> = recipients.iter().map(Expected::of).collect();
    let indices_of = |fits: &dyn Fn(&Expected) -> bool| indices(&expected, fits);
    let there = |kind| header.stanzas.iter().filter(|stanza| stanza.kind() == kind).count();
    let listed = |kind| {
        let pairs = recipients.iter().zip(&expected).filter(move |(_, expected)| **expected == kind);
        pairs.map(|(recipient, _)| recipient.canonical())
    };
    let undecided = indices_of(&|expected| *expected == Expected::AnyType);
    let is_stale = |stanza: &Stanza| match stanza.kind() {
        Kind::X25519 | Kind::Hybrid | Kind::Grease => false,
        Kind::Other => undecided.is_empty(),
        _ => !expected.iter().any(|expected| expected.is_addressed_by(stanza)),
    };
    let has_none = |expected: &Expected| {
        expected.has_tag() && !header.stanzas.iter().any(|stanza| expected.is_addressed_by(stanza))
    };
    Fit {
        without_stanza: indices_of(&has_none),
        stale: indices(&header.stanzas, &is_stale),
        x25519: Count::of(listed(Expected::X25519), there(Kind::X25519)),
        hybrid: Count::of(listed(Expected::Hybrid), there(Kind::Hybrid)),
        undecided,
    }
}

fn indices<T>(items: &[T], fits: &dyn Fn(&T) -> bool) -> Vec<usize> {
    items.iter().enumerate().filter(|(_, item)| fits(item)).map(|(index, _)| index).collect()
}

/// What age, or a plugin whose stanzas are known, writes for one recipient.
#[derive(Debug, PartialEq)]
enum Expected {
    X25519,
    Hybrid,
    Ssh(Algorithm, String),
    /// A point of P-256 in a token: the first four bytes of its hash. The stanza is the old
    /// `piv-p256` (c2sp.org/age-piv-p256) or `p256tag`.
    Token([u8; 4]),
    /// Likewise with ML-KEM beside it.
    HybridToken([u8; 4]),
    AnyType,
}

/// Bytes of a compressed point of P-256.
const COMPRESSED: usize = 33;
/// Bytes of an ML-KEM-768 encapsulation key, which stands before the point in a hybrid recipient.
const ENCAPSULATION_KEY: usize = 1184;

impl Expected {
    fn of(recipient: &Recipient) -> Self {
        match recipient {
            Recipient::X25519(_) => Expected::X25519,
            Recipient::Hybrid(_) => Expected::Hybrid,
            Recipient::Ssh(key) => Expected::Ssh(key.algorithm, key.tag.clone()),
            Recipient::Plugin { name, text } => Expected::of_plugin(name, text).unwrap_or(Expected::AnyType),
            Recipient::Pgp(_) => Expected::AnyType,
        }
    }

    fn of_plugin(name: &str, text: &str) -> Option<Self> {
        let (_, data) = bech32::decode(text).ok()?;
        match name {
            "yubikey" | "se" | "tag" if data.len() == COMPRESSED => Some(Expected::Token(tag::short_hash(&data))),
            "tagpq" => Some(Expected::HybridToken(tag::short_hash(data.get(ENCAPSULATION_KEY..)?))),
            _ => None,
        }
    }

    fn has_tag(&self) -> bool {
        !matches!(self, Expected::X25519 | Expected::Hybrid | Expected::AnyType)
    }

    fn is_addressed_by(&self, stanza: &Stanza) -> bool {
        let salted = |hash: &[u8; 4], encapsulated: &str| {
            let salt = format!("age-encryption.org/{}", stanza.tag);
            tag::salted(hash, encapsulated, salt.as_bytes()).unwrap_or_default()
        };
        match (self, stanza.kind()) {
            (Expected::Ssh(Algorithm::Ed25519, expected), Kind::SshEd25519(tag)) => expected == tag,
            (Expected::Ssh(Algorithm::Rsa, expected), Kind::SshRsa(tag)) => expected == tag,
            (Expected::Token(hash), Kind::Piv(tag)) => tag::text(hash) == tag,
            (Expected::Token(hash), Kind::Tagged { tag, encapsulated })
            | (Expected::HybridToken(hash), Kind::HybridTagged { tag, encapsulated }) => {
                salted(hash, encapsulated) == tag
            }
            _ => false,
        }
    }
}
