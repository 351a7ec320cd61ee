//! What the comparison of two manifests comes to. Its JSON is a public contract, version 1;
//! `docs/comparison.md` describes it.

use serde::Serialize;
use serde_json::Value;

use super::{EvaluationError, HostKind, Spot};

/// The version of the JSON.
pub const VERSION: u32 = 1;

/// Our manifest beside another one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Always [`VERSION`].
    pub version: u32,
    /// Over all hosts.
    pub totals: Totals,
    /// The hosts of either manifest, sorted by kind and name.
    pub hosts: Vec<HostComparison>,
}

/// One host of either manifest.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HostComparison {
    /// NixOS, nix-darwin or home-manager alone.
    pub kind: HostKind,
    /// Its name in the flake.
    pub name: String,
    /// Which of the two has it.
    pub found: Found,
    /// Why Nix could not evaluate it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<EvaluationError>,
    /// Why it may be that we do not have it, or not all that it declares.
    pub incomplete: Vec<String>,
    /// Of this host alone.
    pub totals: Totals,
    /// The fields of the host and of its key sources that differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
    /// Every secret of either, the home-manager users' after the host's own.
    pub secrets: Vec<Compared>,
    /// Likewise.
    pub templates: Vec<Compared>,
    /// The secrets of agenix, likewise.
    pub agenix: Vec<Compared>,
}

/// Which of two manifests has a host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Found {
    /// Both.
    #[default]
    Both,
    /// Only the other.
    Missing,
    /// Only ours: it is not compared, as the other may not have been asked for it.
    NotInOther,
    /// Only ours, and Nix, which lists all hosts, has none of that name.
    Invented,
    /// Nix could not evaluate it, so nothing of it is compared.
    NotEvaluated,
}

/// A secret or template of either manifest.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Compared {
    /// The home-manager user whose it is.
    pub user: Option<String>,
    /// Its attribute name.
    pub name: String,
    /// What the comparison comes to.
    pub verdict: Verdict,
    /// Why we may not have it, or have it only under a condition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The fields that differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
    /// The fields that the other gives and we do not know.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<UnknownField>,
    /// Where each says the name is written; absent unless both have it and the other gives a place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<At>,
    /// The other's place of one that is missing, ours of one that is invented.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Line>,
}

/// What the comparison of a secret or template comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// Certain or assumed, and every field that the other gives is known and equal.
    Equal,
    /// A field differs.
    Wrong,
    /// No field differs, and one is unknown.
    Unknown,
    /// Every field is equal, and we have it only under a condition.
    Conditional,
    /// The other has it and we do not, though we seem to have everything.
    Missing,
    /// The other has it and we do not, and we say why that may be.
    MissingUnknown,
    /// We have it, certain or assumed, and the other does not.
    Invented,
    /// We have it under a condition, and the other does not.
    ConditionalExtra,
}

/// A field that differs. These are public facts of the configuration, never values of secrets.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// Its name in the manifest.
    pub field: &'static str,
    /// What we say.
    pub ours: Value,
    /// What the other says.
    pub theirs: Value,
}

/// A field that we do not know.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UnknownField {
    /// Its name in the manifest.
    pub field: &'static str,
    /// Why, as a clause; absent where nothing was noted.
    pub why: Option<String>,
    /// Where the reason stands.
    pub place: Option<Line>,
}

/// Where a name is written, twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct At {
    /// What we say, if anything.
    pub ours: Option<Line>,
    /// What the other says.
    pub theirs: Line,
}

/// `FILE:LINE`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Line(pub String);

impl From<&Spot> for Line {
    fn from(Spot(place): &Spot) -> Self {
        Line(format!("{}:{}", place.path, place.start.line))
    }
}

/// Counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// Hosts of the other manifest, and how many of them we have.
    pub hosts: Share,
    /// Hosts that the other has, and that we lack without a reason.
    pub hosts_missing: usize,
    /// Hosts that only we have, where Nix listed all of them.
    pub hosts_invented: usize,
    /// Hosts that Nix could not evaluate; no other count holds them.
    pub hosts_not_evaluated: usize,
    /// Fields of hosts and of their key sources that both give.
    pub fields: Share,
    /// Secrets.
    pub secrets: Tally,
    /// Templates.
    pub templates: Tally,
    /// Secrets of agenix.
    pub agenix: Tally,
    /// Places of what both have and the other gives a place for.
    pub at: Share,
    /// Places that we give, and that differ.
    pub at_differs: usize,
    /// Templates that both have and the other gives the placeholders of.
    pub placeholders: Share,
}

/// How many of how many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Share {
    /// How many are equal, or found.
    pub equal: usize,
    /// Of how many.
    pub total: usize,
}

/// Secrets or templates by [`Verdict`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "each is the count of the verdict of that name")]
pub struct Tally {
    /// Those of the other manifest.
    pub total: usize,
    pub equal: usize,
    pub wrong: usize,
    pub unknown: usize,
    pub conditional: usize,
    pub missing: usize,
    pub missing_unknown: usize,
    pub invented: usize,
    pub conditional_extra: usize,
}

impl Comparison {
    /// Whether anything differs. What is unknown or conditional does not.
    pub fn differs(&self) -> bool {
        let wrong = |tally: &Tally| tally.wrong + tally.missing + tally.invented;
        let Totals { hosts_missing, hosts_invented, fields, secrets, templates, agenix, at_differs, .. } = &self.totals;
        let of_hosts = hosts_missing + hosts_invented + (fields.total - fields.equal);
        of_hosts + wrong(secrets) + wrong(templates) + wrong(agenix) + at_differs > 0
    }
}

impl Compared {
    /// One with this verdict and nothing more to say.
    pub(super) fn new(user: Option<&str>, name: &str, verdict: Verdict) -> Self {
        Compared {
            user: user.map(str::to_owned),
            name: name.to_owned(),
            verdict,
            why: None,
            differences: Vec::new(),
            unknown: Vec::new(),
            at: None,
            place: None,
        }
    }
}

impl At {
    /// Whether we say it, and the same.
    pub fn is_equal(&self) -> bool {
        self.ours.as_ref() == Some(&self.theirs)
    }
}

impl Totals {
    /// Counts these too.
    pub(super) fn add(&mut self, more: &Totals) {
        self.hosts.add(more.hosts);
        self.hosts_missing += more.hosts_missing;
        self.hosts_invented += more.hosts_invented;
        self.hosts_not_evaluated += more.hosts_not_evaluated;
        self.fields.add(more.fields);
        self.secrets.add(&more.secrets);
        self.templates.add(&more.templates);
        self.agenix.add(&more.agenix);
        self.at.add(more.at);
        self.at_differs += more.at_differs;
        self.placeholders.add(more.placeholders);
    }
}

impl Share {
    /// Counts these too.
    pub(super) fn add(&mut self, more: Share) {
        self.equal += more.equal;
        self.total += more.total;
    }

    /// Counts one.
    pub(super) fn count(&mut self, is_equal: bool) {
        self.add(Share { equal: usize::from(is_equal), total: 1 });
    }
}

impl Tally {
    fn add(&mut self, more: &Tally) {
        let mut more = *more;
        for verdict in Verdict::ALL {
            *self.of(verdict) += *more.of(verdict);
        }
        self.total += more.total;
    }

    /// Counts one.
    pub(super) fn count(&mut self, verdict: Verdict) {
        *self.of(verdict) += 1;
        self.total += usize::from(!matches!(verdict, Verdict::Invented | Verdict::ConditionalExtra));
    }

    fn of(&mut self, verdict: Verdict) -> &mut usize {
        match verdict {
            Verdict::Equal => &mut self.equal,
            Verdict::Wrong => &mut self.wrong,
            Verdict::Unknown => &mut self.unknown,
            Verdict::Conditional => &mut self.conditional,
            Verdict::Missing => &mut self.missing,
            Verdict::MissingUnknown => &mut self.missing_unknown,
            Verdict::Invented => &mut self.invented,
            Verdict::ConditionalExtra => &mut self.conditional_extra,
        }
    }
}

impl Verdict {
    const ALL: [Verdict; 8] = [
        Verdict::Equal,
        Verdict::Wrong,
        Verdict::Unknown,
        Verdict::Conditional,
        Verdict::Missing,
        Verdict::MissingUnknown,
        Verdict::Invented,
        Verdict::ConditionalExtra,
    ];
}
