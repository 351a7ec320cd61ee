//! `join(exact, static)`: Nix's declarations over the static ones, the static uses and places kept.
