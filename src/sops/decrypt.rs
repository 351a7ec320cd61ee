//! One sealed value opened with the data key: AES-256-GCM, with the length of nonce that the value has (32 bytes,
//! as sops writes it), authenticated together with its key path (reference: sops.md section 3).

use aes_gcm::AesGcm;
use aes_gcm::aead::consts::{U12, U16, U32};
use aes_gcm::aead::generic_array::{ArrayLength, GenericArray};
use aes_gcm::aead::{AeadInPlace, KeyInit};
use aes_gcm::aes::Aes256;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use thiserror::Error;
use zeroize::Zeroizing;

use super::plain;
use super::seal::{Parts, SealedType};

/// The length of a data key in bytes.
pub const KEY: usize = 32;
/// The length of an authentication tag in bytes.
const TAG: usize = 16;

/// The longest text of keys that is taken, in bytes.
const PATH: usize = 16 << 10;

/// As Go's `base64.StdEncoding`, which sops reads with: the bits that are left over may be any.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

/// The key that a file's values are sealed with.
pub struct DataKey(Zeroizing<[u8; KEY]>);

/// A value opened, in the form in which the MAC takes it.
pub struct Plain {
    /// The type that it says it has; nothing authenticates that.
    pub sealed_type: SealedType,
    /// Its bytes; wiped when dropped.
    pub bytes: Zeroizing<Vec<u8>>,
}

/// Why a value does not open. It tells nothing of the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Broken {
    /// Text where a sealed value must be.
    #[error("it is not sealed, though the file's rules say that it is")]
    NotSealed,
    /// A number, boolean or date where a sealed value must be.
    #[error("it is a clear {0}, though the file's rules say that it is sealed")]
    Clear(&'static str),
    /// A part is not Base64, or the nonce has a length that nothing writes.
    #[error("its sealed form is broken")]
    Form,
    /// Changed, moved to another key, or sealed with another data key.
    #[error("it was changed or moved since it was sealed")]
    Authentication,
    /// Its type is none that sops knows.
    #[error("its type is none that sops knows")]
    UnknownType,
    /// Bytes, which old versions of sops read.
    #[error("its type is `bytes`, which only old versions of sops read")]
    Bytes,
    /// A sealed comment whose type says that it is a number, a boolean or a date.
    #[error("it is a comment, and its type is that of a value")]
    NoComment,
    /// The keys that lead to it.
    #[error("the keys that lead to it are longer than sealnix reads (16 KiB)")]
    Path,
    /// What is sealed is not of the type that is written beside it.
    #[error("it does not hold what its type says")]
    NotItsType,
    /// A clear value that sops cannot take into the MAC.
    #[error("it is a value that sops cannot take")]
    Unsupported,
}

impl DataKey {
    /// Takes a key that was unwrapped; nothing if it is not of the length that sops makes.
    pub(super) fn new(bytes: &[u8]) -> Option<DataKey> {
        let mut key = Zeroizing::new([0; KEY]);
        if bytes.len() != KEY {
            return None;
        }
        key.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        Some(DataKey(key))
    }

    /// Opens a sealed value that stands at a key path. The empty text is sealed as itself.
    pub fn open(&self, sealed: &str, path: &[&str]) -> Result<Plain, Broken> {
        // They are authenticated with every value below them, so long ones would take hours.
        match path.iter().map(|key| key.len() + 1).sum::<usize>() > PATH {
            true => Err(Broken::Path),
            false => self.open_with(sealed, &(path.join(":") + ":")),
        }
    }

    /// Opens a sealed value that was sealed together with a text.
    pub(super) fn open_with(&self, sealed: &str, with: &str) -> Result<Plain, Broken> {
        if sealed.is_empty() {
            return Ok(Plain { sealed_type: SealedType::Str, bytes: Zeroizing::default() });
        }
        let sealed = Parts::parse(sealed).ok_or(Broken::NotSealed)?;
        let nonce = decode(sealed.iv)?;
        let mut bytes = decode(sealed.data)?;
        // Where the tag begins is not told by the parts, but by its length.
        bytes.extend_from_slice(&decode(sealed.tag)?);
        match nonce.len() {
            12 => self.open_in_place::<U12>(&nonce, &mut bytes, with)?,
            16 => self.open_in_place::<U16>(&nonce, &mut bytes, with)?,
            32 => self.open_in_place::<U32>(&nonce, &mut bytes, with)?,
            _ => return Err(Broken::Form),
        }
        let bytes = plain::of_sealed(sealed.sealed_type, bytes)?;
        Ok(Plain { sealed_type: sealed.sealed_type, bytes })
    }

    fn open_in_place<N: ArrayLength<u8>>(&self, nonce: &[u8], bytes: &mut Vec<u8>, with: &str) -> Result<(), Broken> {
        let cipher = AesGcm::<Aes256, N>::new(GenericArray::from_slice(&*self.0));
        let text = bytes.len().checked_sub(TAG).ok_or(Broken::Authentication)?;
        let tag = GenericArray::clone_from_slice(bytes.get(text..).unwrap_or_default());
        bytes.truncate(text);
        let opened = cipher.decrypt_in_place_detached(GenericArray::from_slice(nonce), with.as_bytes(), bytes, &tag);
        opened.map_err(|_| Broken::Authentication)
    }
}

/// Go passes over line ends; a line feed ends the sealed form before.
fn decode(text: &str) -> Result<Zeroizing<Vec<u8>>, Broken> {
    let decoded = match text.contains('\r') {
        true => BASE64.decode(text.replace('\r', "")),
        false => BASE64.decode(text),
    };
    decoded.map(Zeroizing::new).map_err(|_| Broken::Form)
}
