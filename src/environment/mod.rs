//! Environment files, as systemd reads them: names and quotes, never values.

pub mod name;
pub mod shape;
