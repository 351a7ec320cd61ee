//! What several tests need: repositories to run sealnix on, and the programs it is compared with.

pub mod bounded;
pub mod declared;
pub mod generated;
pub mod installed;
pub mod installed_nix;
pub mod mutants;
pub mod recorded;
pub mod schema;
pub mod scratch;
pub mod sealed;
pub mod small_flake;
pub mod systemd_environment;
pub mod walkthrough;
