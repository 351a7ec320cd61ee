//! What is shown: to people (miette), to other programs (JSON), to GitHub and to code scanners (SARIF).

pub mod comparison;
mod digest;
pub mod excerpt;
pub mod github;
mod holders;
pub mod home;
pub mod hosts;
pub mod human;
pub mod json;
pub mod mask;
pub mod matrix;
pub mod obstacles;
pub mod sarif;
pub mod schema;
pub mod summary;
mod unknown;
pub mod unknowns;
pub mod verify;
pub mod who;
pub mod why;

pub use summary::Summary;
