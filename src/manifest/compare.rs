//! Compares two manifests of one repository: ours, found statically, with one that Nix made.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::comparison::{
    At, Compared, Comparison, Difference, Found, HostComparison, Line, Share, Tally, Totals, UnknownField, VERSION,
    Verdict,
};
use super::fact::value;
use super::host_fields;
use super::join::HostList;
use super::{
    Agenix, AgenixSecret, Certainty, Complete, EvaluationError, Fact, Host, HostKind, Manifest, Secret, Sops, SopsFile,
    Spot, Template, Unknown,
};

/// Compares what `ours` says with what `theirs` says: hosts by kind and name, secrets and templates by
/// user and name, of each the fields that `theirs` gives, places by file and line. A host that only we have is
/// invented where Nix listed theirs.
pub fn compare(ours: &Manifest, theirs: &Manifest, list: HostList) -> Comparison {
    let (our_hosts, their_hosts) = (by_name(ours), by_name(theirs));
    let names: BTreeSet<_> = our_hosts.keys().chain(their_hosts.keys()).copied().collect();
    let compared = names.into_iter().map(|(kind, name)| {
        let named = HostComparison { kind, name: name.to_owned(), ..HostComparison::default() };
        match (our_hosts.get(&(kind, name)), their_hosts.get(&(kind, name))) {
            (_, Some(Host { evaluation_error: Some(error), .. })) if !error.units_only => not_evaluated(error, named),
            (found, Some(theirs)) => host(found.copied(), theirs, &ours.unknowns, named),
            (_, None) if list == HostList::Nix => {
                let totals = Totals { hosts_invented: 1, ..Totals::default() };
                HostComparison { found: Found::Invented, totals, ..named }
            }
            (_, None) => HostComparison { found: Found::NotInOther, ..named },
        }
    });
    let hosts: Vec<HostComparison> = compared.collect();
    let mut totals = Totals::default();
    hosts.iter().for_each(|host| totals.add(&host.totals));
    Comparison { version: VERSION, totals, hosts }
}

fn by_name(manifest: &Manifest) -> BTreeMap<(HostKind, &str), &Host> {
    manifest.hosts.iter().map(|host| ((host.kind, host.name.as_str()), host)).collect()
}

/// What Nix did not evaluate is neither missing nor equal.
fn not_evaluated(error: &EvaluationError, named: HostComparison) -> HostComparison {
    let totals = Totals { hosts_not_evaluated: 1, ..Totals::default() };
    HostComparison { found: Found::NotEvaluated, error: Some(error.clone()), totals, ..named }
}

/// A host of theirs. Where we lack it and our list of hosts is not known to be complete, that is why.
fn host(ours: Option<&Host>, theirs: &Host, unknowns: &[Unknown], named: HostComparison) -> HostComparison {
    let incomplete: BTreeSet<&str> = match ours {
        Some(ours) => {
            [&ours.complete.secrets, &ours.complete.templates].into_iter().filter_map(why_incomplete).collect()
        }
        None => {
            unknowns.iter().filter(|unknown| unknown.field == "hosts").map(|unknown| unknown.why.as_str()).collect()
        }
    };
    let why_missing = incomplete.first().copied().filter(|_| ours.is_none());
    let sides = Sides { ours, theirs, why_missing };
    let [secrets, templates, agenix] = [Of::Secrets, Of::Templates, Of::Agenix].map(|of| sides.compare(of));
    let found = if ours.is_some() { Found::Both } else { Found::Missing };
    let mut totals =
        Totals { secrets: tally(&secrets), templates: tally(&templates), agenix: tally(&agenix), ..Totals::default() };
    totals.hosts.count(found == Found::Both);
    totals.hosts_missing = usize::from(found == Found::Missing && why_missing.is_none());
    for at in secrets.iter().chain(&templates).chain(&agenix).filter_map(|compared| compared.at.as_ref()) {
        totals.at.count(at.is_equal());
        totals.at_differs += usize::from(at.ours.is_some() && !at.is_equal());
    }
    totals.placeholders = sides.placeholders();
    let (fields, differences) = ours.map(|ours| host_fields::compare(ours, theirs)).unwrap_or_default();
    totals.fields = fields;
    let incomplete = incomplete.into_iter().map(str::to_owned).collect();
    HostComparison { found, incomplete, totals, differences, secrets, templates, agenix, ..named }
}

fn tally(compared: &[Compared]) -> Tally {
    let mut tally = Tally::default();
    compared.iter().for_each(|compared| tally.count(compared.verdict));
    tally
}

fn why_incomplete(part: &Complete) -> Option<&str> {
    match part {
        Complete::Yes => None,
        Complete::No(why) => Some(why),
    }
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Secrets,
    Templates,
    /// The secrets of agenix.
    Agenix,
}

/// A secret or template: what the two have in common.
struct Item<'a> {
    /// Every field by its name in the manifest; none where it is not known.
    fields: Vec<(&'static str, Option<Value>)>,
    certainty: &'a Certainty,
    at: Option<&'a Spot>,
}

impl<'a> Item<'a> {
    fn secret(secret: &'a Secret) -> Self {
        let fields = vec![
            ("sopsFile", secret.sops_file.known().map(|file| Value::from(&*file.path))),
            ("key", value(&secret.key)),
            ("format", value(&secret.format)),
            ("name", value(&secret.name)),
            ("path", value(&secret.path)),
            ("mode", value(&secret.mode)),
            ("owner", value(&secret.owner)),
            ("group", value(&secret.group)),
            ("neededForUsers", value(&secret.needed_for_users)),
            ("restartUnits", sorted(&secret.restart_units)),
            ("reloadUnits", sorted(&secret.reload_units)),
        ];
        Item { fields, certainty: &secret.certainty, at: secret.at.as_ref() }
    }

    fn template(template: &'a Template) -> Self {
        let fields = vec![
            ("path", value(&template.path)),
            ("mode", value(&template.mode)),
            ("owner", value(&template.owner)),
            ("group", value(&template.group)),
            ("restartUnits", sorted(&template.restart_units)),
            ("reloadUnits", sorted(&template.reload_units)),
            (PLACEHOLDERS, sorted(&template.placeholders)),
        ];
        Item { fields, certainty: &template.certainty, at: template.at.as_ref() }
    }

    fn agenix(secret: &'a AgenixSecret) -> Self {
        let file = |file: &SopsFile| Value::from(&*file.path);
        let rekey_file = secret.rekey_file.known().map(|it| it.as_ref().map_or(Value::Null, file));
        let fields = vec![
            ("file", secret.file.known().map(file)),
            ("rekeyFile", rekey_file),
            ("name", value(&secret.name)),
            ("path", value(&secret.path)),
            ("mode", value(&secret.mode)),
            ("owner", value(&secret.owner)),
            ("group", value(&secret.group)),
            ("symlink", value(&secret.symlink)),
        ];
        Item { fields, certainty: &secret.certainty, at: secret.at.as_ref() }
    }

    fn field(&self, name: &str) -> Option<&Value> {
        self.fields.iter().find(|(field, _)| *field == name)?.1.as_ref()
    }
}

const PLACEHOLDERS: &str = "placeholders";

/// What home-manager's secrets and templates do not have.
const NOT_AT_HOME: [&str; 3] = ["owner", "group", "neededForUsers"];

/// A list whose order means nothing.
fn sorted(fact: &Fact<Vec<String>>) -> Option<Value> {
    let mut list = fact.known()?.clone();
    list.sort();
    Some(list.into())
}

/// One host of two manifests.
struct Sides<'a> {
    /// None where we lack it.
    ours: Option<&'a Host>,
    theirs: &'a Host,
    /// Why we may lack it.
    why_missing: Option<&'a str>,
}

impl<'a> Sides<'a> {
    /// Every secret or template of either side, the host's own first.
    fn compare(&self, of: Of) -> Vec<Compared> {
        let users = self.users().into_iter();
        users
            .flat_map(|user| self.names(user, of).into_iter().filter_map(move |name| self.item(user, of, name)))
            .collect()
    }

    fn users(&self) -> BTreeSet<Option<&'a str>> {
        let hosts = self.ours.into_iter().chain([self.theirs]);
        let users = hosts.flat_map(|host| host.home_users.keys()).map(|user| Some(user.as_str()));
        [None].into_iter().chain(users).collect()
    }

    fn names(&self, user: Option<&str>, of: Of) -> BTreeSet<&'a str> {
        let names = |host: &'a Host| -> Vec<&'a String> {
            let (sops, agenix) = (sops_of(host, user), agenix_of(host, user));
            match of {
                Of::Secrets => sops.map(|sops| sops.secrets.keys().collect()).unwrap_or_default(),
                Of::Templates => sops.map(|sops| sops.templates.keys().collect()).unwrap_or_default(),
                Of::Agenix => agenix.map(|agenix| agenix.secrets.keys().collect()).unwrap_or_default(),
            }
        };
        self.ours.into_iter().chain([self.theirs]).flat_map(names).map(String::as_str).collect()
    }

    /// None where nothing follows: what we have more than an incomplete manifest, or lack of what
    /// theirs has only under a condition.
    fn item(&self, user: Option<&str>, of: Of, name: &str) -> Option<Compared> {
        let ours = self.ours.and_then(|host| find(host, user, of, name));
        let theirs = find(self.theirs, user, of, name);
        let (verdict, at) = match (&ours, &theirs) {
            (Some(ours), Some(theirs)) => return Some(self.both(ours, theirs, user, of, name)),
            (Some(ours), None) => match ours.certainty {
                Certainty::Conditional(_) => (Verdict::ConditionalExtra, ours.at),
                _ if !complete(self.theirs, of).is_complete() => return None,
                _ => (Verdict::Invented, ours.at),
            },
            (None, Some(Item { certainty: Certainty::Conditional(_), .. })) | (None, None) => return None,
            (None, Some(theirs)) => match self.why_not(user, of, name) {
                Some(_) => (Verdict::MissingUnknown, theirs.at),
                None => (Verdict::Missing, theirs.at),
            },
        };
        let why = match &ours {
            Some(ours) => ours.certainty.why(),
            None => self.why_not(user, of, name),
        };
        let place = at.map(Line::from);
        Some(Compared { why: why.map(str::to_owned), place, ..Compared::new(user, name, verdict) })
    }

    fn both(&self, ours: &Item<'_>, theirs: &Item<'_>, user: Option<&str>, of: Of, name: &str) -> Compared {
        let at_home = user.is_some() || self.theirs.kind == HostKind::Home;
        let mut differences = Vec::new();
        let mut unknown = Vec::new();
        for (field, said) in &theirs.fields {
            let Some(said) = said.as_ref().filter(|_| !at_home || !NOT_AT_HOME.contains(field)) else { continue };
            match ours.field(field) {
                None => unknown.push(self.unknown_field(user, of, name, field)),
                Some(value) if value != said => {
                    differences.push(Difference { field, ours: value.clone(), theirs: said.clone() });
                }
                Some(_) => {}
            }
        }
        let verdict = match ours.certainty {
            _ if !differences.is_empty() => Verdict::Wrong,
            _ if !unknown.is_empty() => Verdict::Unknown,
            Certainty::Conditional(_) if !matches!(theirs.certainty, Certainty::Conditional(_)) => Verdict::Conditional,
            _ => Verdict::Equal,
        };
        let at = theirs.at.map(|theirs| At { ours: ours.at.map(Line::from), theirs: theirs.into() });
        let why = ours.certainty.why().map(str::to_owned);
        Compared { why, differences, unknown, at, ..Compared::new(user, name, verdict) }
    }

    fn unknown_field(&self, user: Option<&str>, of: Of, name: &str, field: &'static str) -> UnknownField {
        let noted = self.ours.and_then(|host| {
            let is_it = |unknown: &&Unknown| is_about(unknown, user, of, name, &[field, "declared"]);
            host.unknowns.iter().find(is_it)
        });
        let place = noted.and_then(|unknown| unknown.place.as_ref()).map(Line::from);
        UnknownField { field, why: noted.map(|unknown| unknown.why.clone()), place }
    }

    /// Why we may lack a secret or template.
    fn why_not(&self, user: Option<&str>, of: Of, name: &str) -> Option<&'a str> {
        let Some(ours) = self.ours else { return self.why_missing };
        let of_all = |unknown: &&Unknown| {
            let field = unknown.field.as_str();
            let set = matches!(
                (of, field),
                (Of::Secrets, "secrets") | (Of::Templates, "templates") | (Of::Agenix, "agenix.secrets")
            );
            unknown.secret.is_none()
                && (unknown.user.as_deref() == user && (set || field == "declared")
                    || user.is_some() && unknown.user.is_none() && field == "homeUsers")
        };
        let mut unknowns = ours.unknowns.iter();
        let noted = unknowns.find(|unknown| of_all(unknown) || is_about(unknown, user, of, name, &["declared"]));
        noted.map(|unknown| unknown.why.as_str()).or_else(|| why_incomplete(complete(ours, of)))
    }

    /// How many templates have the placeholders that theirs gives.
    fn placeholders(&self) -> Share {
        let mut share = Share::default();
        for user in self.users() {
            for name in self.names(user, Of::Templates) {
                let find = |host| find(host, user, Of::Templates, name);
                let (Some(ours), Some(theirs)) = (self.ours.and_then(find), find(self.theirs)) else { continue };
                if let Some(said) = theirs.field(PLACEHOLDERS) {
                    share.count(ours.field(PLACEHOLDERS) == Some(said));
                }
            }
        }
        share
    }
}

fn sops_of<'a>(host: &'a Host, user: Option<&str>) -> Option<&'a Sops> {
    match user {
        Some(user) => host.home_users.get(user)?.sops.as_ref(),
        None => host.sops.as_ref(),
    }
}

fn agenix_of<'a>(host: &'a Host, user: Option<&str>) -> Option<&'a Agenix> {
    match user {
        Some(user) => host.home_users.get(user)?.agenix.as_ref(),
        None => host.agenix.as_ref(),
    }
}

fn find<'a>(host: &'a Host, user: Option<&str>, of: Of, name: &str) -> Option<Item<'a>> {
    match of {
        Of::Secrets => sops_of(host, user)?.secrets.get(name).map(Item::secret),
        Of::Templates => sops_of(host, user)?.templates.get(name).map(Item::template),
        Of::Agenix => agenix_of(host, user)?.secrets.get(name).map(Item::agenix),
    }
}

fn complete(host: &Host, of: Of) -> &Complete {
    match of {
        Of::Secrets | Of::Agenix => &host.complete.secrets,
        Of::Templates => &host.complete.templates,
    }
}

/// Whether an unknown is of one of these fields of a secret or template.
fn is_about(unknown: &Unknown, user: Option<&str>, of: Of, name: &str, fields: &[&str]) -> bool {
    if unknown.user.as_deref() != user {
        return false;
    }
    match of {
        Of::Secrets => unknown.secret.as_deref() == Some(name) && fields.contains(&unknown.field.as_str()),
        Of::Templates => is_below("templates.", unknown, name, fields),
        Of::Agenix => is_below("agenix.secrets.", unknown, name, fields),
    }
}

/// Whether an unknown is of something named beneath a prefix, or of one of its fields.
fn is_below(prefix: &str, unknown: &Unknown, name: &str, fields: &[&str]) -> bool {
    match unknown.field.strip_prefix(prefix).and_then(|rest| rest.strip_prefix(name)) {
        Some("") => true,
        Some(rest) => rest.strip_prefix('.').is_some_and(|field| fields.contains(&field)),
        None => false,
    }
}
