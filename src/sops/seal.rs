//! `ENC[AES256_GCM,data:…,iv:…,tag:…,type:…]`: what it tells without a key.

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
