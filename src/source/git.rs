//! What git tracks, read from the index without a git process.
