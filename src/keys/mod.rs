//! Recipients (public keys) and their ssh forms. Who holds them is [`crate::identity`]'s matter.

mod bech32;
pub mod recipient;
pub mod ssh;

pub use bech32::Bech32Error;
pub use recipient::{Malformed, Recipient};
