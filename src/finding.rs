//! What a check says: one mistake, where it stands, and how to mend it.

mod fingerprint;

use crate::manifest::Certainty;
use crate::source::Place;
pub use fingerprint::Fingerprint;

/// How bad a finding is. Ordered: a note is less than a warning is less than an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Worth knowing.
    Note,
    /// Will probably hurt.
    Warning,
    /// Will fail, or expose a secret.
    Error,
}

/// A place with what is to be said at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub place: Place,
    /// What is to be said there, in a few words.
    pub text: String,
    /// The text at the place may itself be a secret: no output shows it.
    pub masked: bool,
}

impl Label {
    /// What is to be said at a place whose text may be shown.
    pub fn new(place: Place, text: impl Into<String>) -> Self {
        Label { place, text: text.into(), masked: false }
    }
}

/// One mistake. A mistake of a shared module is one finding with several hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule's id, such as `key-missing`.
    pub rule: &'static str,
    /// The rule's default level (or the one its condition gives); `levels` decides in the end.
    pub level: Level,
    /// How sure the facts are from which it is drawn.
    pub certainty: Certainty,
    /// The hosts it concerns, sorted; empty where it concerns the repository.
    pub hosts: Vec<String>,
    /// The home-manager user it concerns.
    pub user: Option<String>,
    /// The container of the host that it concerns.
    pub container: Option<String>,
    /// The declared secret's attribute name.
    pub secret: Option<String>,
    /// The declared template's attribute name.
    pub template: Option<String>,
    /// The key's path inside the sops file.
    pub key: Option<String>,
    /// What else tells it from the rule's other findings, where the fields above do not: a file, an option, a unit, a
    /// recipient. Part of the [`Fingerprint`], so nothing that comes and goes with other mistakes.
    pub names: Vec<String>,
    /// What is wrong and what it will do, in the user's words. One paragraph.
    pub message: String,
    /// What to do, with the exact command or edit.
    pub help: Option<String>,
    /// The name that was probably meant.
    pub suggestion: Option<String>,
    /// The primary place.
    pub primary: Label,
    /// Other places that are involved, in the order in which to read them.
    pub others: Vec<Label>,
}

impl Finding {
    /// One that is certain and concerns the repository as a whole.
    pub fn new(rule: &'static str, level: Level, primary: Label, message: String) -> Self {
        Finding {
            rule,
            level,
            certainty: Certainty::Certain,
            hosts: Vec::new(),
            user: None,
            container: None,
            secret: None,
            template: None,
            key: None,
            names: Vec::new(),
            message,
            help: None,
            suggestion: None,
            primary,
            others: Vec::new(),
        }
    }
}

/// Joins findings that differ only in their hosts, and sorts by place, then rule. The first of several
/// tells the help and the other places.
pub fn merge(mut findings: Vec<Finding>) -> Vec<Finding> {
    // The same mistakes are neighbours then, in the order in which they were found.
    findings.sort_by(|a, b| mistake(a).cmp(&mistake(b)));
    let mut merged: Vec<Finding> = Vec::with_capacity(findings.len());
    for finding in findings {
        match merged.last_mut().filter(|last| mistake(last) == mistake(&finding)) {
            Some(last) => last.hosts.extend(finding.hosts),
            None => merged.push(finding),
        }
    }
    for finding in &mut merged {
        finding.hosts.sort();
        finding.hosts.dedup();
    }
    merged.sort_by(|a, b| (&a.primary.place, a.rule, &a.hosts).cmp(&(&b.primary.place, b.rule, &b.hosts)));
    merged
}

/// What makes two findings one mistake.
fn mistake(finding: &Finding) -> impl Ord {
    let Finding { rule, level, certainty, user, container, secret, template, key, names, message, primary, .. } =
        finding;
    (&primary.place, rule, level, certainty, (user, container, secret, template, key, names), message)
}
