//! Files and their text: places, the line index, the walk over the repository, what git tracks.

mod attributes;
mod checkout;
pub mod generated;
pub mod git;
mod late;
mod mentions;
mod objects;
pub mod origin;
mod place;
mod read;
mod sample;
pub mod splice;
mod staged;
pub mod start;
pub mod syntax;
pub mod text;
pub mod tracking;
pub mod tree;
pub mod visible;
pub mod walk;

pub use attributes::Encrypted;
pub use checkout::{input_of, stored};
pub use origin::Origin;
pub use place::{Place, Position, RepoPath};
pub use sample::is_sample;
pub use start::{EntryPoint, StartError};
pub use syntax::SyntaxError;
pub use text::Text;
pub use tree::{Entry, Kind, Link, NotLooked, Tree};
pub use walk::WalkError;
