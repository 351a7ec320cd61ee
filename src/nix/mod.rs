//! The Nix language and nothing else, with honest unknowns. It has never heard of sops or NixOS.

pub mod builtins;
pub mod eval;
pub mod guard;
pub mod ir;
pub mod parse;
pub mod path;
pub mod symbol;
pub mod unknown;
pub mod value;

pub use symbol::Symbol;
