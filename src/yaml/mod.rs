//! Text with places: a bounded node tree over parser events (JSON too).
//!
//! The parser is granit-parser; nothing of it is seen outside [`parse`].

pub mod edit;
pub mod kind;
pub mod node;
mod parse;
mod typed;

pub use edit::Editor;
pub use kind::Kind;
pub use node::{Anchor, Comment, Entry, Node, Scalar, Style, Value, Yaml};
pub use parse::{MAX_ANCHORS, MAX_DEPTH, MAX_NODES, YamlError, parse};
