//! The Nix language and nothing else, with honest unknowns. It has never heard of sops or NixOS.

pub mod arena;
pub mod builtins;
pub mod comments;
pub mod eval;
pub mod evaluate;
pub mod guard;
pub mod ir;
pub mod lib;
pub mod literals;
mod parse;
pub mod path;
mod program;
pub mod symbol;
pub mod unknown;
pub mod value;

pub use ir::Program;
pub use symbol::Symbol;
