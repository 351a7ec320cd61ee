//! What a finding is known by from one run to the next, whatever becomes of lines and wording.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Finding;

/// A hash over rule, host, user, file, secret, key and [what else it is known by](Finding::known_by); never over a line, a level or wording. Two findings that agree in all of these have the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

/// 32 hexadecimal digits.
impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Finding {
    /// One for each of its hosts, in their order; one if it concerns the repository.
    pub fn fingerprints(&self) -> Vec<Fingerprint> {
        self.each_host().map(|host| self.fingerprint(host)).collect()
    }

    /// Its hosts; none once, if it concerns the repository.
    pub fn each_host(&self) -> impl Iterator<Item = Option<&str>> {
        let repository = self.hosts.is_empty().then_some(None);
        self.hosts.iter().map(|host| Some(host.as_str())).chain(repository)
    }

    /// What it is about beside rule, host, user, file, secret and key: its container, template and names.
    pub fn known_by(&self) -> BTreeSet<&str> {
        let Finding { container, template, names, .. } = self;
        [container, template].into_iter().flatten().chain(names).map(String::as_str).collect()
    }

    fn fingerprint(&self, host: Option<&str>) -> Fingerprint {
        let Finding { rule, user, secret, key, primary, .. } = self;
        let mut hash = Sha256::new();
        let mut add = |part: Option<&str>| {
            // With its length: no two lists of parts are one text.
            hash.update(part.map_or(u64::MAX, |part| part.len() as u64).to_be_bytes());
            hash.update(part.unwrap_or_default());
        };
        let fields =
            [Some(*rule), host, user.as_deref(), Some(&*primary.place.path), secret.as_deref(), key.as_deref()];
        fields.into_iter().chain(self.known_by().into_iter().map(Some)).for_each(&mut add);
        let digits = hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        Fingerprint(digits)
    }
}
