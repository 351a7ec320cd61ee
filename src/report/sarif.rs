//! SARIF 2.1.0 for code scanners (OASIS, "Static Analysis Results Interchange Format"), with what GitHub asks for
//! ("SARIF support for code scanning"). No text of a file is in it, and no absolute path.

use std::collections::BTreeMap;
use std::io;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Summary;
use super::home;
use super::human::circumstances;
use crate::checks::{self, Rule};
use crate::finding::{Finding, Label, Level};
use crate::manifest::Certainty;
use crate::source::visible::{clean, clean_line};
use crate::source::{Place, input_of, stored};

/// The repository's root, as a name: where it lies on this machine is nobody's concern.
const ROOT: &str = "%SRCROOT%";
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// How the run ended, and where its repository lies.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// The process' exit code.
    pub exit_code: u8,
    /// Everything that matters was looked at.
    pub looked_at_all: bool,
    /// What comes before a path of the repository: the folder of the git repository that it lies in, with a `/`, or
    /// nothing.
    pub below: &'a str,
}

/// Writes findings and what could not be known as one log with one run.
pub fn write(out: &mut impl io::Write, findings: &[Finding], summary: &Summary, run: Run<'_>) -> io::Result<()> {
    let rules: Vec<&Rule> = checks::rules().collect();
    let results: Vec<Found<'_>> = findings.iter().map(|finding| found(finding, &rules, run.below)).collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": driver(&rules) },
            "invocations": [{
                "executionSuccessful": run.looked_at_all,
                "exitCode": run.exit_code,
                "toolExecutionNotifications": notifications(summary, run.below),
            }],
            "originalUriBaseIds": bases(findings),
            "automationDetails": { "id": "sealnix/" },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &log)?;
    writeln!(out)
}

fn driver(rules: &[&Rule]) -> Value {
    let version = env!("CARGO_PKG_VERSION");
    let notifications = NOTIFICATIONS.map(
        |(id, text)| json!({ "id": id, "shortDescription": { "text": text }, "fullDescription": { "text": text }, "help": { "text": text } }),
    );
    let mut driver = json!({
        "name": "sealnix",
        "version": version,
        "semanticVersion": version,
        "rules": rules.iter().map(|rule| descriptor(rule)).collect::<Vec<_>>(),
        "notifications": notifications,
    });
    link(&mut driver, "informationUri", home::repository());
    driver
}

/// A link is left out where it would lead nowhere: no URI is null.
fn link(object: &mut Value, field: &str, to: Option<&str>) {
    if let (Some(object), Some(to)) = (object.as_object_mut(), to) {
        object.insert(field.to_owned(), to.into());
    }
}

fn descriptor(rule: &Rule) -> Value {
    let finds = format!("{}.", rule.finds());
    let page = home::page(rule.id);
    let more = page.clone().unwrap_or_else(|| format!("`sealnix explain {}` says more.", rule.id));
    let mut descriptor = json!({
        "id": rule.id,
        "shortDescription": { "text": finds },
        "fullDescription": { "text": finds },
        "help": { "text": format!("{finds} {more}"), "markdown": rule.page },
        "defaultConfiguration": { "level": level(rule.level) },
        "properties": { "tags": ["secrets", "nixos", "sops"], "precision": "high" },
    });
    link(&mut descriptor, "helpUri", page.as_deref());
    descriptor
}

/// A `result` object (section 3.27).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Found<'a> {
    rule_id: &'a str,
    rule_index: Option<usize>,
    level: &'a str,
    message: Message,
    locations: [Location<'a>; 1],
    related_locations: Vec<Location<'a>>,
    partial_fingerprints: BTreeMap<String, String>,
    properties: Properties<'a>,
}

/// What SARIF has no word for; the names are those of the findings contract (`docs/findings.md`).
#[derive(Serialize)]
struct Properties<'a> {
    hosts: &'a [String],
    user: Option<&'a str>,
    secret: Option<&'a str>,
    key: Option<&'a str>,
    suggestion: Option<&'a str>,
    #[serde(flatten)]
    certainty: &'a Certainty,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

/// A `location` object (section 3.28).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'a> {
    /// By which a message links to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
    /// The hosts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<LogicalLocation<'a>>,
}

#[derive(Serialize)]
struct LogicalLocation<'a> {
    name: &'a str,
    kind: &'static str,
}

impl<'a> Location<'a> {
    fn of(label: &Label, below: &str) -> Self {
        let text = clean_line(&label.text);
        let message = (!text.is_empty()).then_some(Message { text });
        let physical_location = physical(&label.place, below);
        Location { id: None, physical_location, message, logical_locations: Vec::new() }
    }
}

fn found<'a>(finding: &'a Finding, rules: &[&Rule], below: &str) -> Found<'a> {
    let hosts = finding.hosts.iter().map(|host| LogicalLocation { name: host, kind: "host" });
    let others = finding.others.iter().zip(1..);
    Found {
        rule_id: finding.rule,
        rule_index: rules.iter().position(|rule| rule.id == finding.rule),
        level: level(finding.level),
        message: Message { text: message(finding) },
        locations: [Location { logical_locations: hosts.collect(), ..Location::of(&finding.primary, below) }],
        related_locations: others.map(|(label, id)| Location { id: Some(id), ..Location::of(label, below) }).collect(),
        partial_fingerprints: fingerprints(finding),
        properties: Properties {
            hosts: &finding.hosts,
            user: finding.user.as_deref(),
            secret: finding.secret.as_deref(),
            key: finding.key.as_deref(),
            suggestion: finding.suggestion.as_deref(),
            certainty: &finding.certainty,
        },
    }
}

/// What is wrong, for whom, how to mend it, and links to the other places: GitHub shows a related location only where
/// the message names it.
fn message(finding: &Finding) -> String {
    let mut parts = vec![clean_line(&finding.message)];
    parts.extend(circumstances(finding));
    parts.extend(finding.help.as_deref().map(|help| format!("Help: {}", clean(help))));
    let mut text = without_links(&parts.join("\n"));
    for (label, id) in finding.others.iter().zip(1..) {
        let words =
            [clean_line(&label.text), clean_line(&label.place.path)].into_iter().find(|words| !words.is_empty());
        let words = words.unwrap_or_default().replace('[', "\\[").replace(']', "\\]");
        text += &format!("\n[{words}]({id})");
    }
    text
}

/// A text in which nothing is taken for a link (section 3.11.6).
fn without_links(text: &str) -> String {
    text.replace("](", "\\](")
}

/// What makes a result the same one in the next run, for each host.
fn fingerprints(finding: &Finding) -> BTreeMap<String, String> {
    let name = |host: Option<&str>| host.map_or("sealnix/v1".to_owned(), |host| format!("sealnix/{host}/v1"));
    let fingerprints = finding.fingerprints().into_iter().map(|fingerprint| fingerprint.to_string());
    finding.each_host().map(name).zip(fingerprints).collect()
}

/// A `physicalLocation` object (section 3.29).
fn physical(place: &Place, below: &str) -> Value {
    let Base { id, rest, .. } = Base::of(&place.path);
    let rest = if id == ROOT { format!("{below}{rest}") } else { rest.to_owned() };
    let Place { start, end, .. } = place;
    let region = if start == end {
        json!({ "startLine": start.line, "startColumn": start.column })
    } else {
        json!({ "startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column })
    };
    json!({ "artifactLocation": { "uri": reference(&rest), "uriBaseId": id }, "region": region })
}

/// What a path is relative to.
struct Base<'a> {
    id: String,
    description: String,
    rest: &'a str,
}

impl<'a> Base<'a> {
    fn of(path: &'a str) -> Self {
        let (id, description, rest) = match (input_of(path), stored(path)) {
            (Some((name, rest)), _) => {
                (format!("INPUT_{name}"), format!("The source of the flake input {}.", clean_line(name)), rest)
            }
            (_, Some((object, _))) => {
                let store = object.rsplit_once('/').map_or(0, |(store, _)| store.len() + 1);
                ("STORE".to_owned(), "The Nix store.".to_owned(), path.get(store..).unwrap_or(path))
            }
            (None, None) if path.starts_with('/') => {
                ("MACHINE".to_owned(), "The root of a file system.".to_owned(), path.trim_start_matches('/'))
            }
            (None, None) => (ROOT.to_owned(), "The root of the repository.".to_owned(), path),
        };
        Base { id, description, rest }
    }
}

/// The bases of all places: by name alone, without what they are on this machine.
fn bases(findings: &[Finding]) -> Value {
    let labels = findings.iter().flat_map(|finding| std::iter::once(&finding.primary).chain(&finding.others));
    let bases = labels.map(|label| Base::of(&label.place.path)).chain([Base::of("")]);
    let described = |base: Base<'_>| (base.id, json!({ "description": { "text": base.description } }));
    bases.map(described).collect::<BTreeMap<_, _>>().into_iter().collect::<Map<_, _>>().into()
}

/// A path as a relative reference (RFC 3986, section 4.2). A `:` would make its first part a scheme.
fn reference(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=@/".contains(&byte);
    let encoded = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    path.bytes().map(encoded).collect()
}

/// What a run tells beside its results.
const NOTIFICATIONS: [(&str, &str); 3] = [
    ("not-looked-at", "A file that matters was not looked at."),
    ("unknown", "Something about a host is not known."),
    ("undecided", "A rule could not decide something."),
];

fn notifications(summary: &Summary, below: &str) -> Vec<Value> {
    let [(unseen, _), (unknown, _), (undecided, _)] = NOTIFICATIONS;
    let said = |id: &str, level: &str, text: String, locations: &[Value]| {
        let text = without_links(&clean_line(&text));
        json!({ "descriptor": { "id": id }, "level": level, "message": { "text": text }, "locations": locations })
    };
    let not_looked_at = summary.not_looked_at.iter().map(|file| {
        let place = Place::whole_file(file.path.as_str().into());
        let location = json!({ "physicalLocation": physical(&place, below) });
        said(unseen, "error", format!("{} {}", file.path, file.why), &[location])
    });
    let counted = |why: &str, times: usize| if times > 1 { format!("{why} ({times} times)") } else { why.to_owned() };
    let unknown = summary.unknown.iter().map(|(why, &times)| said(unknown, "note", counted(why, times), &[]));
    let undecided = summary.undecided.iter().map(|(why, &times)| said(undecided, "note", counted(why, times), &[]));
    not_looked_at.chain(unknown).chain(undecided).collect()
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    }
}
