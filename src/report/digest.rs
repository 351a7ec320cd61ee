//! The findings once more, a line each, for where the end of the output is all that is seen: Nix shows
//! the last 10 or 25 lines of a builder that failed.

use crate::finding::{Finding, Level};
use crate::source::visible::{clean_line, place_line};

/// More findings than this are counted, not named: with the summary they stay under ten lines.
const FINDINGS: usize = 7;
/// More hosts than this are counted, not named.
const HOSTS: usize = 3;

/// `error[key-missing] hosts/web.nix:12:5 (web): …`, the worst first.
pub fn digest(findings: &[Finding]) -> String {
    let mut worst: Vec<&Finding> = findings.iter().collect();
    worst.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    let mut text: String = worst.iter().take(FINDINGS).map(|finding| line(finding)).collect();
    if findings.len() > FINDINGS {
        text += &format!("and {} more findings\n", findings.len() - FINDINGS);
    }
    text
}

fn line(finding: &Finding) -> String {
    let level = match finding.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    };
    let place = place_line(&finding.primary.place);
    format!("{level}[{}] {place}{}: {}\n", finding.rule, hosts(&finding.hosts), first_sentence(&finding.message))
}

fn hosts(hosts: &[String]) -> String {
    if hosts.is_empty() {
        return String::new();
    }
    let named: Vec<String> = hosts.iter().take(HOSTS).map(|host| clean_line(host)).collect();
    let more = match hosts.len().saturating_sub(HOSTS) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(" ({}{more})", named.join(", "))
}

fn first_sentence(message: &str) -> String {
    let message = clean_line(message);
    message.split_once(". ").map_or(message.trim_end_matches('.'), |(first, _)| first).to_owned()
}
