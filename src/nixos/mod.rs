//! What Nix code means here: modules, options, hosts, declarations and uses.

pub mod arguments;
pub mod configuration;
pub mod declaration;
mod defaults;
pub mod definition;
pub mod evaluated;
pub mod extract;
pub mod facts;
pub mod hosts;
pub mod lock;
pub mod merge;
pub mod module;
pub mod packages;
pub mod schema;
pub mod types;
pub mod undeclared;
pub mod uses;
pub mod world;

pub use hosts::{Evaluated, evaluate, program};
