//! What a finding's level is in the end, and what silences it; the only place that decides either.

pub mod baseline;
mod comments;
pub mod ignores;

use std::collections::BTreeSet;

use crate::checks::read::unused_suppression::{self, Silencer};
use crate::config::Levels;
use crate::finding::{Finding, Level};
use crate::manifest::Certainty;
use crate::source::{Place, Tree, input_of};
use baseline::Entry;
use ignores::{Ignores, Said};

/// The findings as they are reported, and how many are not.
#[derive(Debug, Default)]
pub struct Judged {
    /// Those that are reported, with their final level, in the order given.
    pub findings: Vec<Finding>,
    /// Notes left out because they are not certain.
    pub dropped: usize,
    /// Findings that a comment or the configuration silences.
    pub suppressed: usize,
    /// Findings that the baseline holds, one a host.
    pub baselined: usize,
    /// What the baseline holds and is no longer found.
    pub fixed: Vec<Entry>,
}

/// Decides levels: the configuration's, else the finding's own; one lower where it is not certain
/// (a note is then left out); none where a comment at the primary place silences the rule.
pub fn judge(findings: Vec<Finding>, settings: &Levels, ignores: &Ignores) -> Judged {
    let mut judged = Judged::default();
    for mut finding in findings {
        let set = settings.of(finding.rule, &finding.primary.place.path);
        let level = set.map_or(Some(finding.level), |setting| setting.level);
        let Some(level) = level.filter(|_| ignores.of(&finding).next().is_none()) else {
            judged.suppressed += 1;
            continue;
        };
        let sure = finding.certainty == Certainty::Certain;
        match if sure { Some(level) } else { lower(level) } {
            Some(level) => {
                finding.level = level;
                judged.findings.push(finding);
            }
            None => judged.dropped += 1,
        }
    }
    judged
}

fn lower(level: Level) -> Option<Level> {
    match level {
        Level::Error => Some(Level::Warning),
        Level::Warning => Some(Level::Note),
        Level::Note => None,
    }
}

/// What silences none of these findings, which must be all that there are. `sureness` tells, of a rule, how sure it is
/// that it found all.
pub fn unused(
    findings: &[Finding],
    settings: &Levels,
    ignores: &Ignores,
    tree: &Tree,
    sureness: impl Fn(&str) -> Certainty,
) -> Vec<Finding> {
    let used: BTreeSet<&Place> = findings.iter().flat_map(|finding| silencers(finding, settings, ignores)).collect();
    let comments = ignores.all().filter(|ignore| is_own(&ignore.place.path, tree));
    let comments = comments.map(|ignore| match &ignore.said {
        Said::Rule(rule) => (&ignore.at, &ignore.place, Silencer::Comment(rule)),
        Said::Unreadable => (&ignore.at, &ignore.place, Silencer::Unreadable),
    });
    let everywhere = settings.everywhere.iter().map(|(rule, setting)| (rule, setting, None));
    let of_paths = settings.paths.iter().flat_map(|levels| {
        let pattern = levels.files.patterns.first().map(|pattern| pattern.text.as_str());
        levels.rules.iter().map(move |(rule, setting)| (rule, setting, pattern))
    });
    let off = everywhere.chain(of_paths).filter(|(_, setting, _)| setting.level.is_none());
    let off = off.map(|(rule, setting, pattern)| (&setting.place, &setting.place, Silencer::Setting(rule, pattern)));
    let unused = comments.chain(off).filter(|(at, ..)| !used.contains(at));
    unused.filter_map(|(_, place, silencer)| unused_suppression::finding(place.clone(), silencer, &sureness)).collect()
}

/// Where that stands which silences a finding.
fn silencers<'a>(
    finding: &'a Finding,
    settings: &'a Levels,
    ignores: &'a Ignores,
) -> impl Iterator<Item = &'a Place> + use<'a> {
    let setting = settings.of(finding.rule, &finding.primary.place.path).filter(|setting| setting.level.is_none());
    ignores.of(finding).map(|ignore| &ignore.at).chain(setting.map(|setting| &setting.place))
}

/// What another repository silences, or a file that is not looked at, is nobody's business here.
fn is_own(path: &str, tree: &Tree) -> bool {
    input_of(path).is_none() && !tree.excluded.contains(path)
}
