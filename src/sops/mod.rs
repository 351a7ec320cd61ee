//! sops files: leaves, seals and metadata, and what a key proves of them. Knows nothing of Nix.

mod blank;
pub mod crypt;
pub mod data_key;
pub mod decrypt;
pub mod document;
mod dotenv;
mod enc;
mod fields;
mod flat;
mod ini;
mod json;
pub mod mac;
pub mod metadata;
pub mod pattern;
mod plain;
mod read;
pub mod seal;
pub mod shamir;
mod undecryptable;
mod unsealed;
pub mod walk;
mod yaml;

pub use blank::is_blank;
pub use crypt::CryptRule;
pub use document::{Child, Document, Format, Found, Leaf, Node, Value};
pub use metadata::{Metadata, Recipient};
pub use read::{Refused, read, read_as};
pub use seal::{Seal, SealedType};
pub use unsealed::Count;
pub use walk::{Visit, Visited, walk};
