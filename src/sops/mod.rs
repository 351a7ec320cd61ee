//! sops files: leaves, seals and metadata; never a plaintext. Knows nothing of Nix.

mod blank;
pub mod document;
mod dotenv;
mod flat;
mod ini;
pub mod metadata;
mod read;
pub mod seal;
mod yaml;

pub use blank::is_blank;
pub use document::{Child, Document, Format, Found, Leaf, Node, Value};
pub use metadata::{Metadata, Recipient};
pub use read::{Refused, read};
pub use seal::{Seal, SealedType};
