//! What is shown: human (miette) and JSON.

pub mod comparison;
mod digest;
pub mod excerpt;
mod holders;
pub mod hosts;
pub mod human;
pub mod json;
pub mod mask;
pub mod matrix;
pub mod obstacles;
pub mod summary;
mod unknown;
pub mod unknowns;
pub mod verify;
pub mod who;
pub mod why;

pub use summary::Summary;
