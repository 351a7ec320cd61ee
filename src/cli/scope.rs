//! Of which hosts a run speaks: `--host NAME`, `--no-hosts`.

use std::borrow::Cow;

use super::error::RunError;
use crate::finding::Finding;
use crate::manifest::{Host, Manifest};

/// Of which hosts findings are reported. The rules always see all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Scope {
    /// All, and the repository as a whole.
    #[default]
    All,
    /// These only.
    Hosts(Vec<String>),
    /// None: only what concerns the repository as a whole.
    Repository,
}

impl Scope {
    /// Whether there is a host of each name.
    pub fn is_of(&self, manifest: &Manifest) -> Result<(), RunError> {
        let Scope::Hosts(names) = self else { return Ok(()) };
        match names.iter().find(|&name| !manifest.hosts.iter().any(|host| host.name == *name)) {
            Some(name) => Err(RunError::no_such_host(name, manifest)),
            None => Ok(()),
        }
    }

    /// The names of the hosts, where only some are asked for.
    pub fn hosts(&self) -> Option<&[String]> {
        match self {
            Scope::Hosts(names) => Some(names),
            Scope::All | Scope::Repository => None,
        }
    }

    /// Whether what concerns a host, or the repository as a whole, is reported.
    pub fn takes(&self, host: Option<&str>) -> bool {
        match (self, host) {
            (Scope::All, _) | (Scope::Repository, None) => true,
            (Scope::Hosts(names), Some(host)) => names.iter().any(|name| name == host),
            (Scope::Hosts(_), None) | (Scope::Repository, Some(_)) => false,
        }
    }

    /// What of a finding is reported: of one that concerns several hosts, those that are asked for.
    pub fn narrow(&self, mut finding: Finding) -> Option<Finding> {
        if finding.hosts.is_empty() {
            return self.takes(None).then_some(finding);
        }
        finding.hosts.retain(|host| self.takes(Some(host)));
        (!finding.hosts.is_empty()).then_some(finding)
    }

    /// What the summary counts.
    pub fn of<'m>(&self, manifest: &'m Manifest) -> Cow<'m, Manifest> {
        if *self == Scope::All {
            return Cow::Borrowed(manifest);
        }
        let taken = |host: &&Host| self.takes(Some(&host.name));
        let hosts = manifest.hosts.iter().filter(taken).cloned().collect();
        let unknowns = if self.takes(None) { manifest.unknowns.clone() } else { Vec::new() };
        Cow::Owned(Manifest { hosts, unknowns, ..*manifest })
    }
}
