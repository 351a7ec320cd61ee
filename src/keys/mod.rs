//! Recipients (public keys), their ssh forms, and what an age file tells about its own. Who holds them is [`crate::identity`]'s matter.

pub mod age_file;
mod bech32;
pub mod private;
pub mod recipient;
pub mod ssh;
mod tag;

pub use bech32::Bech32Error;
pub use recipient::{Malformed, Recipient};
