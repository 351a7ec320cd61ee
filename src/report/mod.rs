//! What is shown: human (miette) and JSON.

pub mod comparison;
mod digest;
pub mod excerpt;
pub mod human;
pub mod json;
pub mod mask;
pub mod obstacles;
pub mod summary;
mod unknown;
pub mod unknowns;
pub mod verify;

pub use summary::Summary;
