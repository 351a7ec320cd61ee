//! The Nix language and nothing else, with honest unknowns. It has never heard of sops or NixOS.

pub mod guard;
pub mod ir;
pub mod parse;
pub mod symbol;

pub use symbol::Symbol;
