//! Proof by decryption: what identities open, whether it is whole, and whether a host can read all that it
//! declares. Plaintext is in memory one value at a time, is wiped, and is told to nobody.

pub mod agenix;
pub mod file;
pub mod host;
pub mod memory;

pub use file::{FileProof, Outcome, State};
pub use host::HostProof;

/// What a run proved.
#[derive(Debug, Clone, Default)]
pub struct Proofs {
    /// Files by themselves.
    pub files: Vec<FileProof>,
    /// Hosts, with their files.
    pub hosts: Vec<HostProof>,
}

impl Proofs {
    /// Every file that was proved, those of hosts included.
    pub fn all_files(&self) -> impl Iterator<Item = &FileProof> {
        self.files.iter().chain(self.hosts.iter().flat_map(|host| &host.files))
    }
}
