//! sealnix answers one question about a NixOS configuration repository, before anything is
//! built or deployed: for every host, does every secret that it declares exist, as what it is
//! declared to be, in an encrypted file that this host can open?
//!
//! # The house
//!
//! Imports point one way: a room uses only rooms above it in this list. `tests/architecture.rs`
//! holds this.
//!
//! | room | what lives there |
//! |---|---|
//! | [`source`] | files and their text, places, the walk over the repository, what git tracks |
//! | [`yaml`] | text with places: a bounded node tree over parser events (JSON too) |
//! | [`nearest`] | the name that was probably meant |
//! | [`environment`] | environment files, as systemd reads them: names and quotes, never values |
//! | [`manifest`] | the waist: what each host declares and uses; a public, versioned JSON |
//! | [`finding`] | what a check says: one mistake, with its places |
//! | [`keys`] | recipients and their ssh forms |
//! | [`config`] | `sealnix.toml`: who a host is, levels, excludes, policies |
//! | [`nix`] | the Nix language and nothing else, with honest unknowns |
//! | [`sops`] | sops files: leaves, seals, metadata; never a plaintext |
//! | [`nixos`] | what Nix code means here: modules, options, hosts, declarations, uses |
//! | [`policy`] | `.sops.yaml`: parse, match, explain |
//! | [`agenix`] | `secrets.nix`: which age files there are to be, and whom each is sealed for |
//! | [`by_nix`] | `--eval`: the user's own Nix, and what it says of the hosts |
//! | [`vault`] | every sops and age file of the repository |
//! | [`command`] | the command lines that mend things |
//! | [`identity`] | who holds which key, by what evidence |
//! | [`access`] | who can read which file, who should, and who wants to |
//! | [`checks`] | the rules: they see manifest, vault, policy, identities and tree, and nothing else |
//! | [`proof`] | what identities open: files and hosts proved by decryption |
//! | [`levels`] | what a finding's level is in the end; the only place that decides it |
//! | [`report`] | human (miette) and JSON output |
//! | [`generate`] | what people write by hand: modules, templates, examples, the rules of a new host |
//! | [`cli`] | arguments; one file a command |

pub mod access;
pub mod agenix;
pub mod by_nix;
pub mod checks;
pub mod cli;
pub mod command;
pub mod config;
pub mod environment;
pub mod finding;
pub mod generate;
pub mod identity;
pub mod keys;
pub mod levels;
pub mod manifest;
pub mod nearest;
pub mod nix;
pub mod nixos;
pub mod policy;
pub mod proof;
pub mod report;
pub mod sops;
pub mod source;
pub mod vault;
pub mod yaml;
