//! The Nix language and nothing else, with honest unknowns. It has never heard of sops or NixOS.

pub mod guard;
pub mod ir;
mod parse;
mod program;
pub mod symbol;

pub use ir::Program;
pub use symbol::Symbol;
