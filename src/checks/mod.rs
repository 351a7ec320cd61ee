//! The rules. A check sees the parts of [`World`] and nothing else: it never touches Nix syntax,
//! YAML or the disk, so it cannot be wrong about parsing.
//!
//! Adding a rule touches five paths: its file in its family's folder here, the family's list, its
//! fixtures `fixtures/rules/<id>/{fires,silent}`, its snapshot and its page `docs/rules/<id>.md`.
//!
//! What a rule cannot know it does not guess: it says so once in [`Verdict::undecided`], as a
//! clause that starts with "whether". Where several rules would say it of one secret, only the
//! first does: `sops-file-missing` for a file, `key-missing` for a key.

pub mod agenix;
mod deciding;
pub mod declare;
mod declared;
pub mod exists;
mod installed;
pub mod opens;
mod placed;
pub mod policy;
pub mod read;
pub mod sealed;
mod units;
pub mod r#use;

use std::collections::BTreeSet;
use std::sync::OnceLock;

use crate::access::Access;
use crate::agenix::Agenix;
use crate::config::Config;
use crate::finding::{Finding, Label, Level};
use crate::identity::Identities;
use crate::manifest::{Host, Manifest};
use crate::policy::Policy;
use crate::source::{RepoPath, SyntaxError, Tree};
use crate::vault::Vault;

/// All that a check may look at.
#[derive(Debug)]
pub struct World<'a> {
    /// What each host declares and uses.
    pub manifest: &'a Manifest,
    /// Every sops and age file.
    pub vault: &'a Vault,
    /// Every rule file of sops.
    pub policy: &'a Policy,
    /// Every rules file of agenix.
    pub agenix: &'a Agenix,
    /// Who holds which key.
    pub identities: &'a Identities,
    /// What lies in the repository.
    pub tree: &'a Tree,
    /// What `sealnix.toml` says: the policies of the repository's owner.
    pub config: &'a Config,
    /// The file that makes the hosts; empty where there is none.
    pub entry: &'a RepoPath,
    /// Who can open which file: made of the others when a rule first asks.
    pub access: OnceLock<Access<'a>>,
    /// The day on which this is asked, counted from 1970-01-01.
    pub today: i64,
    /// The Nix files that do not parse.
    pub syntax_errors: &'a [SyntaxError],
    /// The files of the repository that Nix reads for its hosts, Nix files and others.
    pub evaluated: &'a BTreeSet<RepoPath>,
}

/// What a rule says.
#[derive(Debug, Default)]
pub struct Verdict {
    /// The mistakes.
    pub findings: Vec<Finding>,
    /// What could not be decided because something is unknown, one a case; the summary counts these.
    pub undecided: Vec<Undecided>,
}

/// What a rule could not decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecided {
    /// The host that it concerns; none: the repository.
    pub host: Option<String>,
    /// The one declared secret that it concerns, by its attribute name.
    pub secret: Option<String>,
    /// A clause that starts with "whether".
    pub clause: String,
}

impl Undecided {
    /// What concerns no single host.
    fn of_repository(clause: String) -> Self {
        Undecided { host: None, secret: None, clause }
    }
}

impl Verdict {
    /// Says what could not be decided of a host.
    fn undecided_of(&mut self, host: &Host, clause: String) {
        self.undecided.push(Undecided { host: Some(host.name.clone()), secret: None, clause });
    }

    /// Likewise, of one of its secrets.
    fn undecided_of_secret(&mut self, host: &Host, secret: &str, clause: String) {
        self.undecided.push(Undecided { host: Some(host.name.clone()), secret: Some(secret.to_owned()), clause });
    }
}

/// One rule.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Its id, stable for ever; also the name of its page.
    pub id: &'static str,
    /// Its default level.
    pub level: Level,
    /// Its page, `docs/rules/<id>.md`.
    pub page: &'static str,
    /// Finds its mistakes.
    pub check: fn(&World<'_>, &mut Verdict),
}

impl Rule {
    /// What it finds, in one sentence without its dot: the first paragraph of a page is "Error. What the rule finds.
    /// More."
    pub fn finds(&self) -> String {
        let text = self.page.lines().skip_while(|line| line.trim().is_empty() || line.starts_with('#'));
        let paragraph: Vec<&str> = text.take_while(|line| !line.trim().is_empty()).map(str::trim).collect();
        let paragraph = paragraph.join(" ");
        let (_, after_level) = paragraph.split_once(". ").unwrap_or(("", &paragraph));
        after_level.split_once(". ").map_or(after_level.trim_end_matches('.'), |(first, _)| first).to_owned()
    }

    /// A finding of this rule that concerns the repository as a whole; the caller adds what else
    /// it concerns.
    fn finding(&self, primary: Label, message: String) -> Finding {
        Finding::new(self.id, self.level, primary, message)
    }
}

/// Every rule, family by family, in the order of the documentation.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    let families = [
        read::RULES,
        exists::RULES,
        opens::RULES,
        sealed::RULES,
        policy::RULES,
        declare::RULES,
        r#use::RULES,
        agenix::RULES,
    ];
    families.into_iter().flatten()
}

/// Below this likeness (Jaro-Winkler, 0 to 1) a rule is not what was meant.
const LIKE: f64 = 0.75;

/// The rule that was probably meant.
pub fn nearest_rule(name: &str) -> Option<&'static str> {
    let likeness = |known: &'static Rule| (strsim::jaro_winkler(name, known.id), known.id);
    let best = rules().map(likeness).max_by(|(a, _), (b, _)| a.total_cmp(b));
    best.filter(|&(like, _)| like >= LIKE).map(|(_, id)| id)
}
