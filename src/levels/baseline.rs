//! The baseline: findings that were there when somebody began to check, and that are to be mended another time.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Judged;
use crate::finding::{Finding, Fingerprint};

/// The version of the file.
const VERSION: u32 = 1;

/// What a baseline file holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline(BTreeMap<Fingerprint, Entry>);

/// One finding of one host. The fingerprint alone is what it is known by; all else is for people.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Entry {
    /// The rule.
    pub rule: String,
    /// The path of the primary place.
    pub file: String,
    /// The host, if it concerns one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The home-manager user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The declared secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// The key inside the sops file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// See [`Finding::known_by`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// How many findings are alike in all of this.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub times: usize,
    /// See [`Finding::fingerprints`].
    pub fingerprint: Fingerprint,
}

fn one() -> usize {
    1
}

fn is_one(times: &usize) -> bool {
    *times == 1
}

/// What it is about, on one line.
impl fmt::Display for Entry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Entry { rule, file, host, user, secret, key, names, .. } = self;
        write!(formatter, "{rule} in {file}")?;
        let mut about: Vec<&str> = Vec::new();
        for word in [secret, key].into_iter().flatten().chain(names).map(String::as_str) {
            if !about.contains(&word) {
                about.push(word);
            }
        }
        if !about.is_empty() {
            write!(formatter, ": {}", about.join(", "))?;
        }
        match (user, host) {
            (Some(user), Some(host)) => write!(formatter, " ({user} on {host})"),
            (Some(one), None) | (None, Some(one)) => write!(formatter, " ({one})"),
            (None, None) => Ok(()),
        }
    }
}

/// Why a file is no baseline.
#[derive(Debug, Error)]
pub enum BaselineError {
    /// It is none.
    #[error("it is not what `--update-baseline` writes")]
    Syntax(#[from] serde_json::Error),
    /// Another version wrote it.
    #[error("it is of version {0}, and this sealnix knows version {VERSION}")]
    Version(u32),
}

impl Baseline {
    /// Reads a file.
    ///
    /// # Errors
    /// If it is no baseline of this version; it is not used in part.
    pub fn read(text: &str) -> Result<Self, BaselineError> {
        #[derive(Deserialize)]
        struct Header {
            version: u32,
        }
        #[derive(Deserialize)]
        struct Written {
            findings: Vec<Entry>,
        }
        let Header { version } = serde_json::from_str(text)?;
        if version != VERSION {
            return Err(BaselineError::Version(version));
        }
        let Written { findings } = serde_json::from_str(text)?;
        Ok(Baseline(findings.into_iter().map(|entry| (entry.fingerprint.clone(), entry)).collect()))
    }

    /// The file: JSON, sorted, one line an entry, so that a diff shows what came and went.
    pub fn written(&self) -> Result<String, serde_json::Error> {
        let mut entries: Vec<&Entry> = self.0.values().collect();
        entries.sort();
        let lines = entries.into_iter().map(|entry| Ok(format!("\n    {}", serde_json::to_string(entry)?)));
        let lines = lines.collect::<Result<Vec<_>, serde_json::Error>>()?;
        let end = if lines.is_empty() { "" } else { "\n  " };
        Ok(format!("{{\n  \"version\": {VERSION},\n  \"findings\": [{}{end}]\n}}\n", lines.join(",")))
    }

    /// The findings of a run, without those that no baseline hides.
    pub fn of(findings: &[Finding], is_never_hidden: impl Fn(&Finding) -> bool) -> Self {
        let mut entries: BTreeMap<Fingerprint, Entry> = BTreeMap::new();
        for finding in findings.iter().filter(|finding| !is_never_hidden(finding)) {
            for (host, fingerprint) in finding.each_host().zip(finding.fingerprints()) {
                let new = || Entry::new(finding, host, fingerprint.clone());
                entries.entry(fingerprint.clone()).or_insert_with(new).times += 1;
            }
        }
        Baseline(entries)
    }

    /// Keeps what another one holds and this one does not, or more often, unless it is certainly gone.
    pub fn keep(&mut self, other: &Baseline, is_gone: impl Fn(&Entry) -> bool) {
        for (fingerprint, entry) in other.0.iter().filter(|(_, entry)| !is_gone(entry)) {
            let here = self.0.entry(fingerprint.clone()).or_insert_with(|| entry.clone());
            here.times = here.times.max(entry.times);
        }
    }

    /// How many entries it has.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Drops what it holds from the findings, host by host. What it holds and nobody found is fixed, if it is certainly
    /// gone where nobody finds it.
    pub fn hide(
        &self,
        judged: &mut Judged,
        is_never_hidden: impl Fn(&Finding) -> bool,
        is_gone: impl Fn(&Entry) -> bool,
    ) {
        let mut left: BTreeMap<&Fingerprint, usize> =
            self.0.iter().map(|(known, entry)| (known, entry.times)).collect();
        let mut hidden = 0;
        let mut is_known = |fingerprint: &Fingerprint| {
            let times = left.get_mut(fingerprint).filter(|times| **times > 0);
            times.map(|times| *times -= 1).inspect(|()| hidden += 1).is_some()
        };
        judged.findings.retain_mut(|finding| {
            if is_never_hidden(finding) {
                return true;
            }
            let mut known = finding.fingerprints().iter().map(&mut is_known).collect::<Vec<_>>().into_iter();
            if finding.hosts.is_empty() {
                return known.next() != Some(true);
            }
            finding.hosts.retain(|_| known.next() != Some(true));
            !finding.hosts.is_empty()
        });
        judged.baselined = hidden;
        let gone = self.0.iter().filter_map(|(fingerprint, entry)| {
            let times = left.get(fingerprint).copied().filter(|&times| times > 0 && is_gone(entry))?;
            Some(Entry { times, ..entry.clone() })
        });
        judged.fixed = gone.collect();
        judged.fixed.sort();
    }
}

impl Entry {
    /// Of no finding yet.
    fn new(finding: &Finding, host: Option<&str>, fingerprint: Fingerprint) -> Self {
        Entry {
            rule: finding.rule.to_owned(),
            file: finding.primary.place.path.to_string(),
            host: host.map(str::to_owned),
            user: finding.user.clone(),
            secret: finding.secret.clone(),
            key: finding.key.clone(),
            names: finding.known_by().into_iter().map(str::to_owned).collect(),
            times: 0,
            fingerprint,
        }
    }
}
