//! What is shown: human (miette) and JSON.
