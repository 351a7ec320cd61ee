//! The counts at the end of a report, and what stayed unknown.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;

use super::unknown;
use crate::checks::World;
use crate::finding::{Label, Level};
use crate::levels::Judged;
use crate::levels::baseline::Entry;
use crate::manifest::{Host, Sops};
use crate::source::visible::clean_line;

/// At most this many reasons are written out for people.
const REASONS: usize = 6;

/// What to do where there may be hosts and none was seen.
const NO_HOST: &str = "\
no host was found, so no secret was checked: name the file that makes the hosts (sealnix check FILE), or let Nix say what
they declare (sealnix check --manifest FILE; docs/manifest.md says how)
";

/// What was looked at, what was found, and what could not be known. In JSON the `summary` of the
/// findings contract (`docs/findings.md`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Configurations.
    pub hosts: usize,
    /// Declared secrets, over all hosts, home-manager users and containers.
    pub secrets: usize,
    /// Declared templates, likewise.
    pub templates: usize,
    /// Files that hold sops metadata.
    pub files: usize,
    /// Files that age encrypted.
    pub age_files: usize,
    /// Findings of this level.
    pub errors: usize,
    /// Findings of this level.
    pub warnings: usize,
    /// Findings of this level.
    pub notes: usize,
    /// Notes that were dropped because they are not certain.
    pub dropped: usize,
    /// Findings that a comment or the configuration file silences.
    pub suppressed: usize,
    /// Findings that the baseline holds, one a host.
    pub baselined: usize,
    /// What the baseline holds and is no longer found.
    pub fixed: Vec<Entry>,
    /// What is unknown about hosts: reason → how often.
    pub unknown: BTreeMap<String, usize>,
    /// The same as lines for people, each with how often.
    #[serde(skip)]
    unknown_lines: Vec<(String, usize)>,
    /// What a rule could not decide: reason → how often.
    pub undecided: BTreeMap<String, usize>,
    /// Files that were not looked at.
    pub not_looked_at: Vec<Unseen>,
    /// Nothing above is unknown, undecided or unseen, and the secrets and templates of every host are complete.
    pub complete: bool,
}

/// A file that was not looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unseen {
    /// The file.
    pub path: String,
    /// Why, as a clause.
    pub why: String,
}

impl Unseen {
    fn at(label: &Label) -> Self {
        Unseen { path: label.place.path.to_string(), why: label.text.clone() }
    }
}

impl Summary {
    /// Counts.
    pub fn new(world: &World<'_>, judged: &Judged, undecided: &[String], not_looked_at: &[Label]) -> Self {
        let hosts = &world.manifest.hosts;
        let level = |level| judged.findings.iter().filter(|finding| finding.level == level).count();
        let mut summary = Summary {
            hosts: hosts.len(),
            secrets: sum(hosts, |sops| sops.secrets.len()) + hosts.iter().map(agenix_secrets).sum::<usize>(),
            templates: sum(hosts, |sops| sops.templates.len()),
            files: world.vault.sealed_files().len(),
            age_files: world.vault.age.values().filter(|file| file.header().is_some()).count(),
            errors: level(Level::Error),
            warnings: level(Level::Warning),
            notes: level(Level::Note),
            dropped: judged.dropped,
            suppressed: judged.suppressed,
            baselined: judged.baselined,
            fixed: judged.fixed.clone(),
            not_looked_at: not_looked_at.iter().map(Unseen::at).collect(),
            ..Summary::default()
        };
        let unknowns = hosts.iter().flat_map(|host| &host.unknowns).chain(&world.manifest.unknowns);
        let incomplete = hosts.iter().flat_map(unknown::incomplete_parts).map(|(_, why)| why);
        for why in unknowns.map(|unknown| unknown.why.as_str()).chain(incomplete) {
            *summary.unknown.entry(why.to_owned()).or_default() += 1;
        }
        for why in undecided {
            *summary.undecided.entry(why.clone()).or_default() += 1;
        }
        summary.unknown_lines = unknown::lines(world.manifest);
        summary.complete =
            summary.unknown.is_empty() && summary.undecided.is_empty() && summary.not_looked_at.is_empty();
        summary
    }

    /// The last lines of the human report: what was counted.
    pub fn counts(&self) -> String {
        let mut text = String::new();
        if self.suppressed > 0 {
            let _ = writeln!(text, "{} suppressed", count(self.suppressed, "finding"));
        }
        if self.baselined > 0 {
            let _ = writeln!(
                text,
                "{} left out: the baseline holds {}",
                count(self.baselined, "finding"),
                them(self.baselined)
            );
        }
        if self.dropped > 0 {
            let _ = writeln!(text, "{} left out as not certain", count(self.dropped, "note"));
        }
        let _ = writeln!(
            text,
            "{}, {}, {}{}{}: {}, {}, {}",
            count(self.hosts, "host"),
            count(self.secrets, "secret"),
            if self.templates > 0 { count(self.templates, "template") + ", " } else { String::new() },
            count(self.files, "sops file"),
            if self.age_files > 0 { format!(", {}", count(self.age_files, "age file")) } else { String::new() },
            count(self.errors, "error"),
            count(self.warnings, "warning"),
            count(self.notes, "note"),
        );
        text
    }

    /// The lines before them: what could not be known.
    pub fn gaps(&self) -> String {
        let mut text = String::new();
        let unseen = self.not_looked_at.iter().map(|file| (format!("{} {}", file.path, file.why), 1));
        list(&mut text, "not looked at:", unseen.collect(), "");
        list(&mut text, "unknown:", self.unknown_lines.clone(), " (see all: sealnix unknowns)");
        let undecided = self.undecided.iter().map(|(why, times)| (more(why, *times), *times));
        list(&mut text, "not decided:", undecided.collect(), " (see all: sealnix check --format json)");
        let fixed = self.fixed.iter().map(|entry| (more(&entry.to_string(), entry.times), entry.times));
        list(&mut text, "fixed since the baseline:", fixed.collect(), " (see all: sealnix check --format json)");
        if !self.fixed.is_empty() {
            text.push_str("  --update-baseline takes what is fixed out of the baseline\n");
        }
        if self.hosts == 0 && !self.unknown.is_empty() {
            text.push_str(NO_HOST);
        }
        text
    }
}

/// Reasons, the most frequent first; those beyond the first few are counted.
fn list(text: &mut String, title: &str, mut reasons: Vec<(String, usize)>, how_to_see_all: &str) {
    if reasons.is_empty() {
        return;
    }
    reasons.sort_by(|(a, a_times), (b, b_times)| b_times.cmp(a_times).then_with(|| a.cmp(b)));
    let _ = writeln!(text, "{title}");
    for (why, _) in reasons.iter().take(REASONS) {
        let _ = writeln!(text, "  {}", clean_line(why));
    }
    if reasons.len() > REASONS {
        let _ = writeln!(text, "  and {} more{how_to_see_all}", reasons.len() - REASONS);
    }
}

fn more(why: &str, times: usize) -> String {
    if times > 1 { format!("{why} ({times} times)") } else { why.to_owned() }
}

fn them(number: usize) -> &'static str {
    if number == 1 { "it" } else { "them" }
}

/// `1 host`, `2 hosts`.
pub(super) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

fn sum(hosts: &[Host], of: impl Fn(&Sops) -> usize) -> usize {
    let users = hosts.iter().flat_map(|host| host.home_users.values()).filter_map(|user| user.sops.as_ref());
    let containers = hosts.iter().flat_map(|host| host.containers.values()).filter_map(|inside| inside.sops.as_ref());
    hosts.iter().filter_map(|host| host.sops.as_ref()).chain(users).chain(containers).map(of).sum()
}

fn agenix_secrets(host: &Host) -> usize {
    let users = host.home_users.values().filter_map(|user| user.agenix.as_ref());
    let containers = host.containers.values().filter_map(|inside| inside.agenix.as_ref());
    host.agenix.iter().chain(users).chain(containers).map(|agenix| agenix.secrets.len()).sum()
}
