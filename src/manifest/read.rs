//! Reading a manifest that real Nix made, or that `sealnix manifest` printed.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use super::{Complete, Fact, Host, HostKind, Manifest, Secret, Sops, SopsFile, Spot, Template, VERSION};
use crate::source::{Text, Tree};

/// Why a manifest could not be read. Never holds a value of the file: it may be any file.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is not JSON, or not of the manifest's shape.
    #[error("{path}:{line}:{column}: {reason}")]
    Json {
        /// The file.
        path: String,
        /// Line, from 1.
        line: usize,
        /// Column in bytes, from 1.
        column: usize,
        /// What is wrong.
        reason: String,
    },
    /// It has another version, or none.
    #[error("{path}: manifest version {found} is not supported; this sealnix reads version {VERSION}")]
    Version {
        /// The file.
        path: String,
        /// What it says.
        found: String,
    },
}

impl Manifest {
    /// Reads version 1 (`docs/manifest.md`), as printed by sealnix or by Nix code, and completes what
    /// Nix does not give from the texts of `tree`: byte offsets and ends of places, placeholders
    /// of templates, `at`, paths relative to the repository. `path` is for errors.
    pub fn from_json(text: &str, path: &str, tree: &Tree) -> Result<Manifest, ReadError> {
        let head: Head = serde_json::from_str(text).map_err(|error| json_error(path, &error))?;
        if head.version.as_u64() != Some(u64::from(VERSION)) {
            let found =
                if head.version.is_number() { head.version.to_string() } else { "that is no number".to_owned() };
            return Err(ReadError::Version { path: path.to_owned(), found });
        }
        let mut manifest: Manifest = serde_json::from_str(text).map_err(|error| json_error(path, &error))?;
        let root = store_root(&manifest, tree);
        for (host, given) in manifest.hosts.iter_mut().zip(&head.hosts) {
            complete_host(host, given, tree, root.as_deref());
        }
        manifest.hosts.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
        Ok(manifest)
    }
}

/// What tells which shape follows, and which parts are there.
#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    version: serde_json::Value,
    #[serde(default)]
    hosts: Vec<Given>,
}

/// Which parts of a host are given (null is not).
#[derive(Deserialize)]
struct Given {
    complete: Option<IgnoredAny>,
    users: Option<IgnoredAny>,
    units: Option<IgnoredAny>,
    services: Option<IgnoredAny>,
}

fn json_error(path: &str, error: &serde_json::Error) -> ReadError {
    // serde_json appends the place, and may quote the value that it did not expect.
    let said = error.to_string();
    let said = said.rsplit_once(" at line ").map_or(said.as_str(), |(said, _)| said);
    let reason = match said.rsplit_once(", expected ") {
        Some((_, expected)) => format!("not a manifest: expected {expected}"),
        None if error.is_data() && !said.starts_with("missing field") => "not a manifest".to_owned(),
        None if error.is_data() => format!("not a manifest: {said}"),
        None => format!("not JSON: {said}"),
    };
    ReadError::Json { path: path.to_owned(), line: error.line(), column: error.column(), reason }
}

fn complete_host(host: &mut Host, given: &Given, tree: &Tree, root: Option<&str>) {
    if host.attr.is_empty() {
        host.attr = format!("{}.{}", configurations(host.kind), attribute(&host.name));
    }
    if given.complete.is_none() {
        if given.users.is_none() {
            host.complete.users = Complete::No("the manifest does not list the users".to_owned());
        }
        if given.units.is_none() {
            let why = match given.services {
                Some(_) => "the manifest lists only the services that load files",
                None => "the manifest does not list the units",
            };
            host.complete.units = Complete::No(why.to_owned());
        }
    }
    let users = host.home_users.values_mut().filter_map(|user| user.sops.as_mut());
    for sops in host.sops.iter_mut().chain(users) {
        complete_sops(sops, tree, root);
    }
    let users = host.home_users.values_mut().filter_map(|user| user.agenix.as_mut());
    for secret in host.agenix.iter_mut().chain(users).flat_map(|agenix| agenix.secrets.values_mut()) {
        relative_file(&mut secret.file, tree, root);
        complete_spot(&mut secret.at, tree, root);
    }
}

fn complete_sops(sops: &mut Sops, tree: &Tree, root: Option<&str>) {
    if let Fact::Known(Some(file)) = &mut sops.default_sops_file {
        relative(file, tree, root);
    }
    let placeholders = std::mem::take(&mut sops.placeholders);
    for secret in sops.secrets.values_mut() {
        complete_secret(secret, tree, root);
    }
    for template in sops.templates.values_mut() {
        complete_template(template, &placeholders, tree, root);
    }
}

fn complete_secret(secret: &mut Secret, tree: &Tree, root: Option<&str>) {
    relative_file(&mut secret.sops_file, tree, root);
    complete_definitions(&mut secret.definitions, tree, root);
    complete_spot(&mut secret.at, tree, root);
    complete_spot(&mut secret.origin, tree, root);
    if secret.at.is_none() {
        secret.at = first_position(&secret.definitions);
    }
}

fn complete_template(
    template: &mut Template,
    placeholders: &BTreeMap<String, String>,
    tree: &Tree,
    root: Option<&str>,
) {
    complete_definitions(&mut template.definitions, tree, root);
    complete_spot(&mut template.at, tree, root);
    if template.at.is_none() {
        template.at = first_position(&template.definitions);
    }
    let Some(content) = template.content.take() else { return };
    let marked = content.contains("<SOPS:");
    if template.placeholders.is_unknown() && !(marked && placeholders.is_empty()) {
        let contained = placeholders.iter().filter(|(_, text)| !text.is_empty() && content.contains(text.as_str()));
        template.placeholders = Fact::Known(contained.map(|(secret, _)| secret.clone()).collect());
    }
}

fn complete_definitions(definitions: &mut [super::Definition], tree: &Tree, root: Option<&str>) {
    for definition in definitions {
        complete_spot(&mut definition.pos, tree, root);
        for field in definition.fields.values_mut() {
            complete_spot(field, tree, root);
        }
        if let Some(rest) = root.and_then(|root| definition.file.strip_prefix(root)) {
            definition.file = rest.to_owned();
        }
    }
}

fn first_position(definitions: &[super::Definition]) -> Option<Spot> {
    definitions.iter().find_map(|definition| definition.pos.clone())
}

/// Nix gives line and column (in bytes); the rest follows from the text. A place in another
/// source, such as nixpkgs' lib for a generated name, is no place of the repository.
fn complete_spot(spot: &mut Option<Spot>, tree: &Tree, root: Option<&str>) {
    let Some(Spot(place)) = spot else { return };
    if let Some(rest) = root.and_then(|root| place.path.strip_prefix(root)) {
        place.path = rest.into();
    }
    if place.path.starts_with('/') {
        *spot = None;
        return;
    }
    let first = (place.start.line, place.start.column) == (1, 1);
    let has_bytes = place.start.byte > 0 || place.end != place.start || first;
    if let Some(text) = tree.texts.get(&place.path).filter(|_| !has_bytes) {
        *place = text.place(token_at(text, text.offset_of_nix_position(place.start.line, place.start.column)));
    }
}

/// The identifier or string literal that starts at a byte.
fn token_at(text: &Text, start: usize) -> Range<usize> {
    let rest = text.content().get(start..).unwrap_or_default();
    let mut escaped = false;
    let is_string = rest.starts_with('"');
    let end = rest.char_indices().skip(1).find(|&(_, character)| {
        if !is_string {
            return !(character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '\''));
        }
        let closes = (character == '"' && !escaped) || character == '\n';
        escaped = character == '\\' && !escaped;
        closes
    });
    match end {
        Some((at, '"')) if is_string => start..start + at + 1,
        Some((at, _)) => start..start + at,
        None => start..start + rest.len(),
    }
}

fn relative_file(file: &mut Fact<SopsFile>, tree: &Tree, root: Option<&str>) {
    if let Fact::Known(file) = file {
        relative(file, tree, root);
    }
}

/// A file in the store's copy of the repository is the repository's.
fn relative(file: &mut SopsFile, tree: &Tree, root: Option<&str>) {
    let Some((prefix, rest)) = split_store_path(&file.path) else { return };
    if root == Some(prefix) || tree.files.contains_key(rest) {
        file.path = rest.into();
    }
}

/// The store path of the repository where Nix gave absolute paths for it (lazy trees give other
/// prefixes than `self`): the one under which most of the named files are files of the tree.
fn store_root(manifest: &Manifest, tree: &Tree) -> Option<String> {
    let mut roots: BTreeMap<&str, usize> = BTreeMap::new();
    let sops = manifest
        .hosts
        .iter()
        .flat_map(|host| host.sops.iter().chain(host.home_users.values().filter_map(|user| user.sops.as_ref())));
    for secret in sops.flat_map(|sops| sops.secrets.values()) {
        let positions = secret.definitions.iter().filter_map(|definition| definition.pos.as_ref());
        let file = secret.sops_file.known().map(|file| &file.path);
        for path in positions.map(|spot| &spot.0.path).chain(file) {
            match split_store_path(path) {
                Some((prefix, rest)) if tree.files.contains_key(rest) => *roots.entry(prefix).or_default() += 1,
                // Positions are relative already: Nix knew the root.
                None if path.ends_with(".nix") && tree.files.contains_key(path) => return None,
                _ => {}
            }
        }
    }
    roots.into_iter().max_by_key(|&(_, times)| times).map(|(prefix, _)| prefix.to_owned())
}

/// Splits `/nix/store/<32 characters>-source/` from what follows.
fn split_store_path(path: &str) -> Option<(&str, &str)> {
    let hash = path.strip_prefix("/nix/store/")?.get(..32)?;
    let is_hash = hash.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let prefix = "/nix/store/".len() + 32 + "-source/".len();
    let (prefix, rest) = path.split_at_checked(prefix)?;
    (is_hash && prefix.ends_with("-source/")).then_some((prefix, rest))
}

fn configurations(kind: HostKind) -> &'static str {
    match kind {
        HostKind::Nixos => "nixosConfigurations",
        HostKind::Darwin => "darwinConfigurations",
        HostKind::Home => "homeConfigurations",
    }
}

/// A name as one writes it in an attribute path.
fn attribute(name: &str) -> String {
    let plain = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '\''));
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"")) }
}

/// `sopsFile` as Nix code gives it: `{path, kind}`, or `{error}` where it did not evaluate.
pub(super) fn sops_file<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Fact<SopsFile>, D::Error> {
    Ok(match Option::<WrittenFile>::deserialize(deserializer)? {
        Some(WrittenFile::File(file)) => Fact::Known(file),
        Some(WrittenFile::Failed { .. }) | None => Fact::Unknown,
    })
}

/// The same where null is a value: no default file.
pub(super) fn default_sops_file<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Fact<Option<SopsFile>>, D::Error> {
    Ok(match Option::<WrittenFile>::deserialize(deserializer)? {
        Some(WrittenFile::File(file)) => Fact::Known(Some(file)),
        Some(WrittenFile::Failed { .. }) => Fact::Unknown,
        None => Fact::Known(None),
    })
}

#[derive(Deserialize)]
#[serde(untagged)]
enum WrittenFile {
    File(SopsFile),
    Failed {
        #[allow(dead_code, reason = "only its presence tells")]
        error: String,
    },
}
