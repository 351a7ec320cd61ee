//! `join(exact, static)`: Nix's declarations over the static ones, the static uses and places kept.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    Agenix, AgenixSecret, Certainty, Complete, CompleteParts, Container, Definition, Fact, Host, KeySource, Manifest,
    Namespace, Secret, Sops, Spot, Template, Unit, Unknown, Use, Used,
};

/// Whose the list of the hosts is that Nix evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostList {
    /// Nix's: there are no others.
    Nix,
    /// That of whoever asked Nix for these hosts.
    Chosen,
    /// That of the static finder, with its doubts.
    Found,
}

impl HostList {
    /// Whether it leaves no doubt of the hosts that were found statically. An empty choice says nothing.
    fn is_sure(self, exact: &Manifest) -> bool {
        match self {
            HostList::Nix => true,
            HostList::Chosen => !exact.hosts.is_empty(),
            HostList::Found => false,
        }
    }
}

/// Joins what Nix says (`exact`) with what the static evaluator found. Hosts are matched by kind
/// and name. Nix knows what is declared; only the static evaluator knows what uses it, and where a
/// generated name comes from. A host that Nix did not evaluate keeps its static facts and says so; one
/// that Nix does not list is none.
pub fn join(exact: Manifest, statically: Manifest, list: HostList) -> Manifest {
    let is_sure = list.is_sure(&exact);
    let mut left: BTreeMap<_, _> =
        statically.hosts.into_iter().map(|host| ((host.kind, host.name.clone()), host)).collect();
    let mut hosts = Vec::with_capacity(exact.hosts.len());
    for host in exact.hosts {
        let found = left.remove(&(host.kind, host.name.clone()));
        hosts.push(match (&host.evaluation_error, found) {
            (Some(error), found) if !error.units_only => not_evaluated(host, found),
            (_, Some(found)) => join_host(host, found),
            (_, None) => host,
        });
    }
    let left = left.into_values().filter(|_| list != HostList::Nix);
    hosts.extend(left.map(|host| found_only(host, "not in the manifest that Nix made", None)));
    hosts.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
    let mut unknowns = exact.unknowns;
    unknowns.extend(statically.unknowns.into_iter().filter(|unknown| !is_sure || unknown.field != "hosts"));
    Manifest { version: super::VERSION, hosts, unknowns }
}

/// A host that Nix could not evaluate keeps what was found statically.
fn not_evaluated(exact: Host, found: Option<Host>) -> Host {
    let found = found.unwrap_or_else(|| {
        let why = "Nix did not evaluate it";
        let unknown = || Complete::No(why.to_owned());
        let complete = CompleteParts { secrets: unknown(), templates: unknown(), users: unknown(), units: unknown() };
        Host { name: exact.name, kind: exact.kind, attr: exact.attr, complete, ..Host::default() }
    });
    let place = exact.evaluation_error.as_ref().and_then(|error| error.at.clone());
    Host { evaluation_error: exact.evaluation_error, ..found_only(found, "Nix could not evaluate it", place) }
}

fn found_only(mut host: Host, why: &str, place: Option<Spot>) -> Host {
    host.unknowns.push(Unknown {
        host: Some(host.name.clone()),
        field: "evaluated".to_owned(),
        why: why.to_owned(),
        place,
        ..Unknown::default()
    });
    host
}

fn join_host(mut exact: Host, found: Host) -> Host {
    if exact.attr.is_empty() {
        exact.attr = found.attr;
    }
    otherwise(&mut exact.system, found.system);
    otherwise(&mut exact.host_name, found.host_name);
    join_parts(exact.sops.as_mut(), found.sops);
    join_agenix(exact.agenix.as_mut(), found.agenix);
    for (name, user) in found.home_users {
        let Some(known) = exact.home_users.get_mut(&name) else { continue };
        join_parts(known.sops.as_mut(), user.sops);
        join_agenix(known.agenix.as_mut(), user.agenix);
    }
    if !exact.complete.users.is_complete() {
        for (name, user) in found.users {
            exact.users.entry(name).or_insert(user);
        }
        for (name, group) in found.groups {
            exact.groups.entry(name).or_insert(group);
        }
    }
    if !exact.complete.units.is_complete() {
        for (name, unit) in &found.units {
            exact.units.entry(name.clone()).or_insert_with(|| unit.clone());
        }
    }
    join_machine(&mut exact, found.units, found.containers);
    exact.oci_containers = found.oci_containers;
    let mut uses: Vec<Use> = found.uses.into_iter().filter(|used| !is_declared(used, &exact)).collect();
    let only_exact: Vec<Use> = exact.uses.drain(..).filter(|used| !uses.contains(used)).collect();
    uses.extend(only_exact);
    exact.uses = uses;
    if exact.failed_assertions.is_empty() {
        exact.failed_assertions = found.failed_assertions;
    }
    let unknowns: Vec<Unknown> = found.unknowns.into_iter().filter(|unknown| !is_answered(unknown, &exact)).collect();
    exact.unknowns.extend(unknowns);
    exact
}

/// What Nix could not evaluate is taken from the static evaluator.
fn otherwise<T>(exact: &mut Fact<T>, found: Fact<T>) {
    if exact.is_unknown() {
        *exact = found;
    }
}

fn join_parts(exact: Option<&mut Sops>, found: Option<Sops>) {
    let (Some(exact), Some(mut found)) = (exact, found) else { return };
    for (name, secret) in &mut exact.secrets {
        secret.certainty = Certainty::Certain;
        secret.complete = Complete::Yes;
        if let Some(found) = found.secrets.remove(name) {
            join_secret(secret, found);
        }
    }
    for (name, template) in &mut exact.templates {
        template.certainty = Certainty::Certain;
        if let Some(found) = found.templates.remove(name) {
            join_template(template, found);
        }
    }
    join_key_sources(exact, std::mem::take(&mut found.key_sources));
    otherwise(&mut exact.default_sops_file, found.default_sops_file);
    otherwise(&mut exact.validate_sops_files, found.validate_sops_files);
    otherwise(&mut exact.age.key_file, found.age.key_file);
    otherwise(&mut exact.age.ssh_key_paths, found.age.ssh_key_paths);
    otherwise(&mut exact.age.generate_key, found.age.generate_key);
    otherwise(&mut exact.gnupg.home, found.gnupg.home);
    otherwise(&mut exact.gnupg.ssh_key_paths, found.gnupg.ssh_key_paths);
    otherwise(&mut exact.environment, found.environment);
}

/// Nix gives no places, and knows what it evaluated for certain. Before the facts themselves are joined.
fn join_key_sources(exact: &mut Sops, found: BTreeMap<String, KeySource>) {
    for (option, found) in found {
        let is_known = match option.as_str() {
            "age.keyFile" => !exact.age.key_file.is_unknown(),
            "age.sshKeyPaths" => !exact.age.ssh_key_paths.is_unknown(),
            "gnupg.home" => !exact.gnupg.home.is_unknown(),
            "gnupg.sshKeyPaths" => !exact.gnupg.ssh_key_paths.is_unknown(),
            // What is on is there.
            _ if !exact.key_sources.contains_key(&option) => continue,
            _ => true,
        };
        if is_known && found.at.is_none() {
            continue;
        }
        let source = exact.key_sources.entry(option).or_default();
        source.at = source.at.take().or(found.at);
        if !is_known {
            source.copied |= found.copied;
            source.certainty = found.certainty;
        }
    }
}

fn join_secret(exact: &mut Secret, found: Secret) {
    otherwise(&mut exact.name, found.name);
    otherwise(&mut exact.key, found.key);
    otherwise(&mut exact.format, found.format);
    otherwise(&mut exact.path, found.path);
    otherwise(&mut exact.mode, found.mode);
    otherwise(&mut exact.owner, found.owner);
    otherwise(&mut exact.group, found.group);
    otherwise(&mut exact.needed_for_users, found.needed_for_users);
    otherwise(&mut exact.restart_units, found.restart_units);
    otherwise(&mut exact.reload_units, found.reload_units);
    otherwise(&mut exact.sops_file, found.sops_file);
    exact.at = exact.at.take().or(found.at);
    exact.origin = exact.origin.take().or(found.origin);
    join_definitions(&mut exact.definitions, found.definitions);
}

fn join_template(exact: &mut Template, found: Template) {
    otherwise(&mut exact.path, found.path);
    otherwise(&mut exact.mode, found.mode);
    otherwise(&mut exact.owner, found.owner);
    otherwise(&mut exact.group, found.group);
    otherwise(&mut exact.restart_units, found.restart_units);
    otherwise(&mut exact.reload_units, found.reload_units);
    otherwise(&mut exact.placeholders, found.placeholders);
    otherwise(&mut exact.name, found.name);
    exact.stray_placeholders = exact.stray_placeholders.max(found.stray_placeholders);
    if exact.variables.is_empty() {
        exact.variables = found.variables;
    }
    exact.at = exact.at.take().or(found.at);
    join_definitions(&mut exact.definitions, found.definitions);
}

/// Nix gives no places for home-manager users before nixpkgs 25.11, nor inside `mkIf`: only these are taken.
/// Which fields a definition has Nix knows, and a definition under a condition may be none at all.
fn join_definitions(exact: &mut Vec<Definition>, found: Vec<Definition>) {
    if exact.is_empty() {
        *exact = found;
        return;
    }
    let has_place =
        |definition: &Definition| definition.pos.is_some() || definition.fields.values().any(Option::is_some);
    if exact.iter().any(has_place) {
        return;
    }
    for Definition { file, pos, fields } in exact {
        // The same module; else, where Nix does not name it, any.
        let is_named = found.iter().any(|other| other.file == *file);
        let others = found.iter().filter(|other| !is_named || other.file == *file);
        *pos = others.clone().find_map(|other| other.pos.clone());
        for (field, spot) in fields {
            *spot = others.clone().find_map(|other| other.fields.get(field)?.clone());
        }
    }
}

/// What only the static evaluator says of units and containers that Nix knows.
fn join_machine(exact: &mut Host, units: BTreeMap<String, Unit>, containers: BTreeMap<String, Container>) {
    for (name, found) in units {
        if let Some(unit) = exact.units.get_mut(&name) {
            otherwise(&mut unit.runs_once, found.runs_once);
        }
    }
    for (name, mut found) in containers {
        let Some(container) = exact.containers.get_mut(&name) else { continue };
        for (path, mount) in &mut container.bind_mounts {
            mount.at = mount.at.take().or_else(|| found.bind_mounts.remove(path)?.at);
        }
    }
}

fn join_agenix(exact: Option<&mut Agenix>, found: Option<Agenix>) {
    let (Some(exact), Some(mut found)) = (exact, found) else { return };
    otherwise(&mut exact.identity_paths, found.identity_paths);
    for (name, secret) in &mut exact.secrets {
        secret.certainty = Certainty::Certain;
        secret.complete = Complete::Yes;
        if let Some(found) = found.secrets.remove(name) {
            join_agenix_secret(secret, found);
        }
    }
    if let (Some(exact), Some(found)) = (exact.rekey.as_mut(), found.rekey) {
        otherwise(&mut exact.host_pubkey, found.host_pubkey);
        otherwise(&mut exact.master_identities, found.master_identities);
        otherwise(&mut exact.storage_mode, found.storage_mode);
        exact.host_pubkey_at = exact.host_pubkey_at.take().or(found.host_pubkey_at);
    }
}

fn join_agenix_secret(exact: &mut AgenixSecret, found: AgenixSecret) {
    otherwise(&mut exact.name, found.name);
    otherwise(&mut exact.file, found.file);
    otherwise(&mut exact.path, found.path);
    otherwise(&mut exact.mode, found.mode);
    otherwise(&mut exact.owner, found.owner);
    otherwise(&mut exact.group, found.group);
    otherwise(&mut exact.symlink, found.symlink);
    otherwise(&mut exact.rekey_file, found.rekey_file);
    exact.at = exact.at.take().or(found.at);
    exact.origin = exact.origin.take().or(found.origin);
    join_definitions(&mut exact.definitions, found.definitions);
}

fn agenix_of<'a>(host: &'a Host, user: Option<&str>) -> Option<&'a Agenix> {
    match user {
        Some(user) => host.home_users.get(user)?.agenix.as_ref(),
        None => host.agenix.as_ref(),
    }
}

fn sops_of<'a>(host: &'a Host, user: Option<&str>) -> Option<&'a Sops> {
    match user {
        Some(user) => host.home_users.get(user)?.sops.as_ref(),
        None => host.sops.as_ref(),
    }
}

/// Whether a use is of a name that was not found statically, and that Nix declares.
fn is_declared(used: &Use, exact: &Host) -> bool {
    let Used::NotDeclared { of, name } = &used.what else { return false };
    let user = used.user.as_deref();
    let sops = sops_of(exact, user);
    match of {
        Namespace::Secrets | Namespace::Placeholder => sops.is_some_and(|sops| sops.secrets.contains_key(name)),
        Namespace::Templates => sops.is_some_and(|sops| sops.templates.contains_key(name)),
        Namespace::AgeSecrets => agenix_of(exact, user).is_some_and(|agenix| agenix.secrets.contains_key(name)),
    }
}

/// The fields of [`Sops`], as unknowns name them.
const OF_SOPS: [&str; 7] =
    ["secrets", "templates", "age", "gnupg", "defaultSopsFile", "environment", "validateSopsFiles"];

/// Whether Nix answers what was unknown: the field is known now, or the secret is certainly there
/// or certainly not.
fn is_answered(unknown: &Unknown, exact: &Host) -> bool {
    let field = unknown.field.as_str();
    if unknown.user.as_ref().is_some_and(|user| !exact.home_users.contains_key(user)) {
        return true;
    }
    if let Some(field) = field.strip_prefix("agenix.") {
        return agenix_of(exact, unknown.user.as_deref()).is_none_or(|agenix| answers(agenix, field));
    }
    let sops = sops_of(exact, unknown.user.as_deref());
    match &unknown.secret {
        Some(secret) => match sops.and_then(|sops| sops.secrets.get(secret)) {
            Some(secret) => field == "declared" || is_known(secret, field),
            None => true,
        },
        None if field == "declared" => true,
        // Nix does not look for uses.
        None if field.starts_with("uses") => false,
        None if field.starts_with("units") => exact.complete.units.is_complete(),
        None if field.starts_with("users") => exact.complete.users.is_complete(),
        // Nix has no template of that name.
        None if is_template_gone(sops, field) => true,
        // Without sops-nix there are no such options.
        None if sops.is_none() && field.split('.').next().is_some_and(|first| OF_SOPS.contains(&first)) => true,
        None => {
            let field = field.strip_prefix("sops.").unwrap_or(field);
            sops.is_some_and(|sops| is_known(sops, field)) || (unknown.user.is_none() && is_known(exact, field))
        }
    }
}

/// Whether agenix' part says a field, or is without the secret that it is of: `secrets.NAME.path`. That a secret is
/// declared Nix knows.
fn answers(agenix: &Agenix, field: &str) -> bool {
    let of_secret = field.strip_prefix("secrets.");
    let is_of = |name: &String, rest: &str| {
        rest.strip_prefix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let is_gone = of_secret.is_some_and(|rest| !agenix.secrets.keys().any(|name| is_of(name, rest)));
    is_gone || field.ends_with(".declared") || is_known(agenix, field)
}

/// Whether a field is of a template that is not declared, `templates.NAME.path`.
fn is_template_gone(sops: Option<&Sops>, field: &str) -> bool {
    let (Some(sops), Some(path)) = (sops, field.strip_prefix("templates.")) else { return false };
    let is_of =
        |name: &String| path.strip_prefix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    !sops.templates.keys().any(is_of)
}

/// Whether the JSON of a part of the manifest holds the field, `age.keyFile` or the like: unknown
/// fields are absent.
fn is_known(part: &impl serde::Serialize, field: &str) -> bool {
    serde_json::to_value(part).is_ok_and(|part| holds(&part, field))
}

/// A step of the path is a whole key: names of templates and services have dots.
fn holds(value: &Value, path: &str) -> bool {
    value.as_object().is_some_and(|fields| {
        fields.iter().any(|(key, below)| match path.strip_prefix(key.as_str()) {
            Some("") => true,
            Some(rest) => rest.strip_prefix('.').is_some_and(|rest| holds(below, rest)),
            None => false,
        })
    })
}
