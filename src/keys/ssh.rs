//! ssh-ed25519 public key → age recipient.
