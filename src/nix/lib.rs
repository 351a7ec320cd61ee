//! nixpkgs' lib.
