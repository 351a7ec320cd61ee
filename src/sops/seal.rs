//! `ENC[AES256_GCM,data:…,iv:…,tag:…,type:…]`: what it tells without a key.

use super::document::Format;

/// The type that sops sealed a value as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SealedType {
    /// Text.
    Str,
    /// A whole number.
    Int,
    /// A number with a fraction; every number of a JSON file up to sops 3.12.
    Float,
    /// A boolean.
    Bool,
    /// Bytes, as old versions wrote them.
    Bytes,
    /// A YAML date.
    Time,
    /// A comment.
    Comment,
    /// A type that sops does not know.
    Other,
}

/// A sealed value: its type and the length of its plaintext in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seal {
    /// Its type.
    pub sealed_type: SealedType,
    /// Length of the plaintext in bytes.
    pub length: usize,
}

/// A sealed value in its parts, the first three in Base64.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts<'a> {
    /// The ciphertext, as long as the plaintext (AES-GCM).
    pub data: &'a str,
    /// The nonce.
    pub iv: &'a str,
    /// The authentication tag.
    pub tag: &'a str,
    /// The type.
    pub sealed_type: SealedType,
}

impl<'a> Parts<'a> {
    /// Reads a sealed value as sops does: the form is looked for at the start only, greedily, on
    /// one line, and what follows its last bracket is ignored. Absent if the text is not sealed.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let sealed = text.strip_prefix("ENC[AES256_GCM,data:")?;
        let sealed = sealed.split('\n').next()?;
        let (sealed, _ignored) = sealed.rsplit_once(']')?;
        let (sealed, sealed_type) = sealed.rsplit_once(",type:")?;
        let (sealed, tag) = sealed.rsplit_once(",tag:")?;
        let (data, iv) = sealed.rsplit_once(",iv:")?;
        let is_whole = ![data, iv, tag, sealed_type].contains(&"");
        is_whole.then(|| Parts { data, iv, tag, sealed_type: SealedType::of(sealed_type) })
    }
}

impl Seal {
    /// What a sealed value tells without a key. Absent if the text is not sealed.
    pub fn parse(text: &str) -> Option<Seal> {
        let Parts { data, sealed_type, .. } = Parts::parse(text)?;
        Some(Seal { sealed_type, length: data.trim_end_matches('=').len().saturating_mul(3) / 4 })
    }
}

impl SealedType {
    /// What a number or a boolean is called; nothing for what sops-nix delivers, as it does dates.
    pub fn not_text(self, format: Format) -> Option<&'static str> {
        match self {
            // Up to 3.12 sops seals every number of a JSON file as a float.
            SealedType::Float if format == Format::Json => Some("a number"),
            SealedType::Int => Some("a whole number"),
            SealedType::Float => Some("a number with a fraction"),
            SealedType::Bool => Some("a boolean"),
            SealedType::Str | SealedType::Bytes | SealedType::Time | SealedType::Comment | SealedType::Other => None,
        }
    }

    fn of(name: &str) -> SealedType {
        match name {
            "str" => SealedType::Str,
            "int" => SealedType::Int,
            "float" => SealedType::Float,
            "bool" => SealedType::Bool,
            "bytes" => SealedType::Bytes,
            "time" => SealedType::Time,
            "comment" => SealedType::Comment,
            _ => SealedType::Other,
        }
    }
}
