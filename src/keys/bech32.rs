//! Bech32 as age uses it: BIP-173 without a limit on the length.

use bech32::primitives::decode::{CheckedHrpstring, CheckedHrpstringError, UncheckedHrpstringError};
use bech32::{Bech32, Checksum, Hrp};
use thiserror::Error;

/// Why a text is not Bech32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Bech32Error {
    /// A character outside the alphabet, or upper and lower case mixed.
    #[error("it holds a character that no age recipient has")]
    Character,
    /// The last six characters do not fit the rest.
    #[error("its checksum is wrong: a character was changed or lost")]
    Checksum,
}

/// The Bech32 checksum over texts of any length: an `age1pq1…` recipient has about 2,000
/// characters, and the limit of the standard is only about how many errors are sure to be found.
enum Unlimited {}

impl Checksum for Unlimited {
    type MidstateRepr = u32;
    const CODE_LENGTH: usize = usize::MAX;
    const CHECKSUM_LENGTH: usize = Bech32::CHECKSUM_LENGTH;
    const GENERATOR_SH: [u32; 5] = Bech32::GENERATOR_SH;
    const TARGET_RESIDUE: u32 = Bech32::TARGET_RESIDUE;
}

/// The human-readable part and the bytes.
pub(super) fn decode(text: &str) -> Result<(String, Vec<u8>), Bech32Error> {
    match CheckedHrpstring::new::<Unlimited>(text) {
        Ok(checked) => Ok((checked.hrp().to_lowercase(), checked.byte_iter().collect())),
        Err(CheckedHrpstringError::Parse(UncheckedHrpstringError::Char(_) | UncheckedHrpstringError::Hrp(_))) => {
            Err(Bech32Error::Character)
        }
        Err(_) => Err(Bech32Error::Checksum),
    }
}

/// The text of `data`; nothing if `human` is no human-readable part. It never grows, so that no copy of a private
/// key is left behind.
pub(super) fn encode(human: &str, data: &[u8]) -> Option<String> {
    let length = human.len() + 1 + data.len().saturating_mul(8).div_ceil(5) + Unlimited::CHECKSUM_LENGTH;
    let mut text = String::with_capacity(length);
    bech32::encode_to_fmt::<Unlimited, _>(&mut text, Hrp::parse(human).ok()?, data).ok()?;
    Some(text)
}
