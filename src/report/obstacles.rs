//! What stopped the evaluator, by reason: what each one hides, and what would help.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::unknown::incomplete_parts;
use crate::identity::{Identities, Identity};
use crate::manifest::{Host, Manifest, Sops, Spot, Unknown};
use crate::nix::unknown::Reason;

/// One reason, with all of one kind that is not known because of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Obstacle {
    /// What it does.
    pub harm: Harm,
    /// Why, as a clause.
    pub why: String,
    /// The hosts that it concerns, sorted; none where it hides the hosts themselves.
    pub hosts: BTreeSet<String>,
    /// What is not known: fields, or `declared`, `secrets`, `templates`.
    pub fields: BTreeSet<String>,
    /// How many secrets of all hosts have such a field.
    pub secrets: usize,
    /// How many templates, likewise.
    pub templates: usize,
    /// The first of those secrets and templates.
    pub first: Option<String>,
    /// Where the reason stands, or else where the first field is written.
    pub place: Option<Spot>,
    /// What would help, as a sentence.
    pub help: Option<String>,
}

/// What an unknown does, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Harm {
    /// Hosts may be missing.
    Hosts,
    /// A host may declare more.
    Incomplete,
    /// It is not known whether a secret is declared.
    Conditional,
    /// A field of a secret is not known.
    Secret,
    /// A field of a template is not known.
    Template,
    /// Which keys a host or user has is not known.
    Keys,
    /// Anything else.
    Other,
}

/// Every reason once for each harm that it does, the most harmful first, then the one that concerns most secrets.
pub fn obstacles(manifest: &Manifest, identities: &Identities) -> Vec<Obstacle> {
    let mut found = Gathered::default();
    for unknown in &manifest.unknowns {
        // `nixosConfigurations: WHY`, `nixosConfigurations may hold more: WHY`
        let (list, why) = unknown.why.split_once(": ").unwrap_or((unknown.field.as_str(), &unknown.why));
        let list = list.split(' ').next().unwrap_or(list);
        found.add(why, Hidden { place: unknown.place.clone(), ..Hidden::new(Harm::Hosts, None, list) });
    }
    for host in &manifest.hosts {
        for (part, why) in incomplete_parts(host) {
            found.add(why, Hidden::new(Harm::Incomplete, Some(host), part));
        }
        for unknown in &host.unknowns {
            found.add(&unknown.why, hidden(host, unknown));
        }
        if let Some(Identity::Unknown { settled_by, .. }) = identities.of(host, None)
            && declares_any(host)
        {
            let help = format!("write {settled_by}");
            found.add(NO_RECIPIENT, Hidden { help: Some(help), ..Hidden::new(Harm::Keys, Some(host), "recipient") });
        }
    }
    let mut obstacles: Vec<Obstacle> =
        found.0.into_iter().map(|((harm, why), all)| obstacle(harm, why, &all)).collect();
    let many = |obstacle: &Obstacle| std::cmp::Reverse(obstacle.secrets + obstacle.templates + obstacle.hosts.len());
    obstacles.sort_by(|a, b| (a.harm, many(a), &a.why).cmp(&(b.harm, many(b), &b.why)));
    obstacles
}

/// Why the recipient of a host is unknown; `host-identity-unknown` says more.
const NO_RECIPIENT: &str = "nothing in the repository tells which recipient the host is";

/// By what they do and why.
#[derive(Default)]
struct Gathered<'a>(BTreeMap<(Harm, String), Vec<Hidden<'a>>>);

impl<'a> Gathered<'a> {
    fn add(&mut self, why: &str, hidden: Hidden<'a>) {
        self.0.entry((hidden.harm, why.to_owned())).or_default().push(hidden);
    }
}

/// One thing that is not known.
struct Hidden<'a> {
    harm: Harm,
    host: Option<&'a Host>,
    user: Option<&'a str>,
    /// The name of a secret or template.
    name: Option<&'a str>,
    field: String,
    place: Option<Spot>,
    help: Option<String>,
}

impl<'a> Hidden<'a> {
    fn new(harm: Harm, host: Option<&'a Host>, field: &str) -> Self {
        Hidden { harm, host, user: None, name: None, field: field.to_owned(), place: None, help: None }
    }
}

fn hidden<'a>(host: &'a Host, unknown: &'a Unknown) -> Hidden<'a> {
    let user = unknown.user.as_deref();
    let sops = match user {
        Some(user) => host.home_users.get(user).and_then(|user| user.sops.as_ref()),
        None => host.sops.as_ref(),
    };
    let place = unknown.place.clone();
    if let Some(name) = unknown.secret.as_deref() {
        let harm = if unknown.field == "declared" { Harm::Conditional } else { Harm::Secret };
        let written = sops.and_then(|sops| sops.secrets.get(name)?.field_place(&unknown.field));
        let place = place.or_else(|| written.cloned().map(Spot));
        return Hidden { user, name: Some(name), place, ..Hidden::new(harm, Some(host), &unknown.field) };
    }
    if let Some(template) = unknown.field.strip_prefix("templates.") {
        let templates = sops.into_iter().flat_map(|sops| &sops.templates);
        let named =
            templates.filter(|(name, _)| template.starts_with(name.as_str())).max_by_key(|(name, _)| name.len());
        let (name, written) = named.map(|(name, template)| (name.as_str(), template.at.clone())).unzip();
        let field = template.strip_prefix(name.unwrap_or_default()).unwrap_or_default().trim_start_matches('.');
        let field = if field.is_empty() { "declared" } else { field };
        let place = place.or(written.flatten());
        return Hidden { user, name, place, ..Hidden::new(Harm::Template, Some(host), field) };
    }
    let harm = match unknown.field.as_str() {
        "declared" | "homeUsers" | "secrets" | "templates" => Harm::Incomplete,
        field if field.starts_with("age.") || field.starts_with("gnupg.") => Harm::Keys,
        _ => Harm::Other,
    };
    Hidden { user, place, ..Hidden::new(harm, Some(host), &unknown.field) }
}

fn declares_any(host: &Host) -> bool {
    let has = |sops: &Sops| !sops.secrets.is_empty();
    host.sops.as_ref().is_some_and(has)
}

fn obstacle(harm: Harm, why: String, all: &[Hidden<'_>]) -> Obstacle {
    let named = all.iter().filter_map(|hidden| Some((hidden.host?, hidden.user, hidden.name?)));
    let named: BTreeSet<_> = named.map(|(host, user, name)| (host.kind, &host.name, user, name)).collect();
    let first = all.iter().find(|hidden| hidden.name.is_some());
    let given = all.iter().find_map(|hidden| hidden.help.clone());
    Obstacle {
        harm,
        hosts: all.iter().filter_map(|hidden| Some(hidden.host?.name.clone())).collect(),
        fields: all.iter().map(|hidden| hidden.field.clone()).collect(),
        secrets: if harm == Harm::Template { 0 } else { named.len() },
        templates: if harm == Harm::Template { named.len() } else { 0 },
        first: first.map(in_words),
        place: first.or(all.first()).and_then(|hidden| hidden.place.clone()),
        help: given.or_else(|| help(Reason::read(&why)?)),
        why,
    }
}

/// `wifi` on web, `mail` of ada on web.
fn in_words(hidden: &Hidden<'_>) -> String {
    let user = hidden.user.map(|user| format!(" of {user}")).unwrap_or_default();
    let host = hidden.host.map(|host| format!(" on {}", host.name)).unwrap_or_default();
    format!("`{}`{user}{host}", hidden.name.unwrap_or_default())
}

fn help(reason: Reason<'_>) -> Option<String> {
    Some(match reason {
        Reason::Input(name) => {
            format!(
                "give a checkout of it: `--input {name}=PATH`, or `{name} = \"PATH\"` under `[inputs]` in sealnix.toml"
            )
        }
        Reason::UnsetOption(option) => format!("set `{option}` in the repository"),
        Reason::Syntax(path) => format!("mend `{path}`"),
        Reason::NotWritten(_) | Reason::NotOffered(_) | Reason::Merge(_) => {
            "take the declarations from Nix: `sealnix check --manifest FILE` (docs/manifest.md)".to_owned()
        }
        Reason::Package | Reason::World(_) | Reason::Limit(_) | Reason::NotLooked(_) | Reason::Failure(_) => {
            return None;
        }
    })
}
