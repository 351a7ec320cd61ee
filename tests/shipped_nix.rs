//! What sealnix ships in Nix: the flake, the package, the modules, the templates and what the documentation shows.
//!
//! There is no nixpkgs here. `fixtures/stubs` stands in for it: it has just those functions, packages and options that
//! these files ask for, checks what it is given, and builds nothing. So these tests prove that every output evaluates,
//! is what its name says, and asks nixpkgs for nothing that is not in the stubs; they do not prove that the package
//! builds, nor that nixpkgs' functions are what the stubs take them for. The stubs' module system knows conditions,
//! defaults, lists and places, and of types only what they let pass.

mod host_check;
mod outputs;
mod pages;
mod templates;
