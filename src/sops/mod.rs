//! sops files: leaves, seals and metadata; never a plaintext. Knows nothing of Nix.

pub mod document;
mod dotenv;
mod flat;
mod ini;
pub mod metadata;
mod read;
pub mod seal;
pub mod yaml;

pub use document::{Child, Document, Format, Found, Leaf, Node, Value};
pub use metadata::{Metadata, Recipient};
pub use read::{Refused, read};
pub use seal::{Seal, SealedType};
