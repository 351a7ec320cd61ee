//! Files and their text: places, the line index, the walk over the repository, what git tracks.

pub mod git;
pub mod place;
pub mod syntax;
pub mod text;
pub mod tree;

pub use place::{Place, Position, RepoPath};
pub use syntax::SyntaxError;
pub use text::Text;
pub use tree::{Entry, NotLooked, Tree};
