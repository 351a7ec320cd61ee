//! What Nix code means here.
