//! What a finding's level is in the end; the only place that decides it.

use crate::config::Levels;
use crate::finding::{Finding, Level};
use crate::manifest::Certainty;
use crate::source::{Place, Tree};

/// The findings as they are reported, and how many are not.
#[derive(Debug, Default)]
pub struct Judged {
    /// Those that are reported, with their final level, in the order given.
    pub findings: Vec<Finding>,
    /// Notes left out because they are not certain.
    pub dropped: usize,
    /// Findings that a comment or the configuration silences.
    pub suppressed: usize,
}

/// Decides levels: the configuration's, else the finding's own; one lower where it is not certain
/// (a note is then left out); none where a comment at the primary place silences the rule.
pub fn judge(findings: Vec<Finding>, settings: &Levels, tree: &Tree) -> Judged {
    let mut judged = Judged::default();
    for mut finding in findings {
        let level =
            settings.of(finding.rule, &finding.primary.place.path).map_or(Some(finding.level), |setting| setting.level);
        let Some(level) = level.filter(|_| !is_suppressed(finding.rule, &finding.primary.place, tree)) else {
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

/// Whether `# sealnix: ignore[rule] reason` stands on the place's first line, or in the lines of
/// comment right above it. Several rules are separated by commas.
fn is_suppressed(rule: &str, place: &Place, tree: &Tree) -> bool {
    let Some(text) = tree.texts.get(&place.path) else { return false };
    let content = text.content();
    let start = text.offset_of_nix_position(place.start.line, 1);
    let (Some(above), Some(from)) = (content.get(..start), content.get(start..)) else { return false };
    let comments = above.lines().rev().take_while(|line| line.trim_start().starts_with('#'));
    from.lines().take(1).chain(comments).any(|line| ignores(line, rule))
}

fn ignores(line: &str, rule: &str) -> bool {
    line.match_indices('#').any(|(at, _)| {
        let comment = line.get(at + 1..).unwrap_or_default().trim_start();
        let list = comment.strip_prefix("sealnix:").map(str::trim_start).and_then(|rest| rest.strip_prefix("ignore["));
        let rules = list.and_then(|list| list.split_once(']')).map(|(rules, _)| rules);
        rules.is_some_and(|rules| rules.split(',').any(|listed| listed.trim() == rule))
    })
}
