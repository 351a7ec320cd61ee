//! What the rules say of a repository, as far as it is asked for.

use rayon::prelude::*;

use super::run::{Known, sees_no_host};
use super::scope::Scope;
use crate::checks::read::unused_suppression::OF_ACCOUNTS_AND_UNITS;
use crate::checks::{self, Rule, Undecided, Verdict, exists};
use crate::finding::{self, Finding, Label};
use crate::levels::baseline::Entry;
use crate::levels::ignores::Ignores;
use crate::levels::{self, Judged};
use crate::manifest::{Certainty, Host};
use crate::policy::Policy;

/// The rules whose findings no level, no comment and no baseline makes a clean run.
const NOT_LOOKED_AT: &str = "not-looked-at";
const CONFLICT: &str = "conflict-markers";
const POLICY: &str = "policy-invalid";
const NOT_EVALUATED: &str = "evaluation-error";

/// What the rules say of a repository.
#[derive(Debug)]
pub struct Answer {
    /// The findings, joined over hosts and with their final levels.
    pub judged: Judged,
    /// What no rule could decide, with the rule.
    pub undecided: Vec<(&'static Rule, Undecided)>,
    /// The files that matter and were not looked at.
    pub not_looked_at: Vec<Label>,
    /// There are such files, Nix could not evaluate a host, or no host was found where there may be
    /// some. No level and no comment makes that a clean run.
    pub unseen: bool,
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Of which hosts.
    pub scope: &'a Scope,
    /// Of which rules; all where none is named.
    pub only: &'a [String],
    /// Whether comments silence anything.
    pub takes_ignores: bool,
}

impl Asked<'_> {
    fn takes(&self, rule: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == rule)
    }
}

/// A merge left half done is why a file was not looked at; a key that stands twice is none.
fn is_unread_conflict(finding: &Finding) -> bool {
    finding.rule == CONFLICT && finding.key.is_none()
}

/// A rule file of which nothing is known: what it decides is not checked.
fn is_unread_policy(finding: &Finding, policy: &Policy) -> bool {
    let path = &finding.primary.place.path;
    finding.rule == POLICY && policy.configs.iter().any(|config| !config.readable && config.path == *path)
}

/// Whether a finding says that the run did not see all.
pub fn says_unseen(finding: &Finding, policy: &Policy) -> bool {
    finding.rule == NOT_EVALUATED || is_unread(finding, policy)
}

/// Whether a finding says that a file was not read.
fn is_unread(finding: &Finding, policy: &Policy) -> bool {
    finding.rule == NOT_LOOKED_AT || is_unread_conflict(finding) || is_unread_policy(finding, policy)
}

/// What every rule says of what is known, as far as it is asked for. All of them are heard: who silences a rule for
/// nothing, and what was not looked at, shows only then.
pub fn judge(known: &Known, asked: Asked<'_>) -> Answer {
    let (findings, mut undecided) = heard(known);
    let scope = asked.scope;
    // What was not looked at may concern any host, unless Nix said what they declare.
    let of_any = |finding: &Finding| finding.rule == NOT_LOOKED_AT && finding.hosts.is_empty() && !known.exact;
    let narrow = |finding| if of_any(&finding) { Some(finding) } else { scope.narrow(finding) };
    let mut findings = finding::merge(findings.into_iter().filter_map(narrow).collect());
    // The check of what concerns no host is handed a manifest without any.
    let hosts_concern = *scope != Scope::Repository || !known.exact;
    let unread = findings.iter().filter(|finding| is_unread(finding, &known.policy));
    let not_looked_at: Vec<Label> = unread.map(|finding| finding.primary.clone()).collect();
    let unseen = hosts_concern && sees_no_host(&known.manifest)
        || findings.iter().any(|finding| says_unseen(finding, &known.policy));
    let settings = &known.config.levels;
    let ignores = if asked.takes_ignores { Ignores::of_tree(&known.tree) } else { Ignores::default() };
    // Of some hosts only, it is not known what the others' findings need.
    if *scope == Scope::All {
        let sureness = sureness(known, undecided.is_empty() && !unseen);
        findings.extend(levels::unused(&findings, settings, &ignores, &known.tree, sureness));
        findings = finding::merge(findings);
    }
    findings.retain(|finding| asked.takes(finding.rule));
    undecided.retain(|(rule, undecided)| asked.takes(rule.id) && scope.takes(undecided.host.as_deref()));
    Answer { undecided, unseen, not_looked_at, judged: levels::judge(findings, settings, &ignores) }
}

/// The rules that say first what is not known of a secret's file and key; the others of their family are silent then.
const FIRST: [&str; 2] = ["sops-file-missing", "key-missing"];

impl Answer {
    /// Whether a mistake that was there once and is not found now is gone, rather than no longer to be decided.
    pub fn is_gone(&self, known: &Known, entry: &Entry) -> bool {
        let may_be = |ours: &Option<String>, its: &Option<String>| ours.is_none() || its.is_none() || ours == its;
        let is_of_family = exists::RULES.iter().any(|rule| rule.id == entry.rule);
        let blocks = |(rule, undecided): &(&Rule, Undecided)| {
            let is_of_rule = rule.id == entry.rule || is_of_family && FIRST.contains(&rule.id);
            is_of_rule && may_be(&undecided.host, &entry.host) && may_be(&undecided.secret, &entry.secret)
        };
        let is_seen = |name: &String| known.manifest.hosts.iter().any(|host| host.name == *name);
        let hosts_are_known = known.manifest.unknowns.is_empty();
        !self.undecided.iter().any(blocks) && (hosts_are_known || entry.host.as_ref().is_none_or(is_seen))
    }
}

/// What every rule finds, and what none of them can decide.
fn heard(known: &Known) -> (Vec<Finding>, Vec<(&'static Rule, Undecided)>) {
    let world = known.world();
    let rules: Vec<_> = checks::rules().collect();
    let verdicts = rules.par_iter().map(|&rule| {
        let mut verdict = Verdict::default();
        (rule.check)(&world, &mut verdict);
        (rule, verdict)
    });
    let (mut all, mut open) = (Vec::new(), Vec::new());
    for (rule, Verdict { findings, undecided }) in verdicts.collect::<Vec<_>>() {
        all.extend(findings);
        open.extend(undecided.into_iter().map(|undecided| (rule, undecided)));
    }
    (all, open)
}

/// How sure it is, rule by rule, that it found all that there is to find.
fn sureness(known: &Known, is_all_decided: bool) -> impl Fn(&str) -> Certainty {
    let hosts = &known.manifest.hosts;
    let declares_all = |host: &Host| {
        host.unknowns.is_empty() && host.complete.secrets.is_complete() && host.complete.templates.is_complete()
    };
    let has_all = |host: &Host| host.complete.users.is_complete() && host.complete.units.is_complete();
    let knows_all = is_all_decided && known.manifest.unknowns.is_empty() && hosts.iter().all(declares_all);
    let knows_system = knows_all && hosts.iter().all(has_all);
    move |rule| match OF_ACCOUNTS_AND_UNITS.contains(&rule) {
        true if knows_system => Certainty::Certain,
        false if knows_all => Certainty::Certain,
        _ => Certainty::Assumed("what could not be known holds nothing of it".to_owned()),
    }
}
