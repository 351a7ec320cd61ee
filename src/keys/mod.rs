//! Recipients (public keys) and their ssh forms. Who holds them is [`crate::identity`]'s matter.

pub mod recipient;
pub mod ssh;
