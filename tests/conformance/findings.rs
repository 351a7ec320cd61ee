//! Compares the findings of a run with those of a case, as sets.

use std::collections::BTreeSet;

use serde_json::Value;

/// Lines by which a place may be off.
const TOLERANCE: u64 = 3;

/// The rules that the cases define (README.md, "Rules as used here"): what these say beyond the
/// case is a false alarm. Findings of other rules are not compared.
const DEFINED: [&str; 39] = [
    "sops-file-missing",
    "sops-file-untracked",
    "sops-file-outside-repository",
    "key-missing",
    "value-not-a-string",
    "key-is-not-a-leaf",
    "nested-key-in-json",
    "format-mismatch",
    "formats-conflict",
    "duplicate-secret-path",
    "key-source-missing",
    "key-source-is-a-secret",
    "host-not-a-recipient",
    "ssh-recipient-not-usable",
    "shamir-threshold-unreachable",
    "recipients-drifted",
    "file-not-encrypted",
    "value-in-plaintext",
    "private-key-committed",
    "recipient-malformed",
    "undeclared-secret-reference",
    "undeclared-placeholder",
    "placeholder-of-early-secret",
    "password-not-needed-for-users",
    "secret-read-at-eval",
    "denied-by-policy",
    "rule-matches-nothing",
    "rule-unreachable",
    "no-creation-rule",
    "unused-key",
    "unused-file",
    "key-ignored-by-format",
    "early-secret-with-owner",
    "environment-file-not-dotenv",
    "restart-trigger-on-path",
    "restart-units-missing",
    "secret-path-as-value",
    "hardcoded-secret-path",
    "secret-in-plain-option",
];

/// How a case's findings compare.
#[derive(Default)]
pub struct Compared {
    /// One line each.
    pub differences: Vec<String>,
    /// Matched findings for which the case gives a line.
    pub lines: usize,
    /// Those of them that name this very line.
    pub exact: usize,
}

/// One finding of the tool, for one host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Said {
    rule: String,
    level: String,
    host: String,
    user: String,
    secret: String,
    key: String,
    file: String,
    line: u64,
    suggestion: String,
}

/// Compares `findings` of expected.json with `findings` of the tool.
pub fn compare(expected: &Value, output: &Value) -> Compared {
    let mut compared = Compared::default();
    let mut left: BTreeSet<Said> = output.as_array().into_iter().flatten().flat_map(each_host).collect();
    let mut open: Vec<&Value> = expected.as_array().into_iter().flatten().collect();
    // Exact lines choose first, or a neighbour within the tolerance could take another's finding.
    for tolerance in [0, TOLERANCE] {
        open.retain(|wanted| {
            let Some(hit) = left.iter().find(|said| matches(wanted, said, tolerance)).cloned() else { return true };
            if let Some(suggestion) = wanted["suggestion"].as_str()
                && !hit.suggestion.is_empty()
                && hit.suggestion != suggestion
            {
                compared.differences.push(format!("suggests {} instead of {suggestion}: {wanted}", hit.suggestion));
            }
            if wanted["line"].is_u64() {
                compared.lines += 1;
                compared.exact += usize::from(tolerance == 0);
            }
            left.retain(|said| !counts_as(wanted, &hit, said));
            false
        });
    }
    let missing = open.iter().filter(|wanted| wanted.get("optional").is_none());
    compared.differences.extend(missing.map(|wanted| format!("missing: {wanted}")));
    let false_alarms = left.iter().filter(|said| said.level != "note" && DEFINED.contains(&said.rule.as_str()));
    compared.differences.extend(false_alarms.map(|said| format!("false alarm: {said:?}")));
    compared
}

/// A finding of several hosts is one for each.
fn each_host(finding: &Value) -> Vec<Said> {
    let text = |field: &str| finding[field].as_str().unwrap_or_default().to_owned();
    let places = finding["places"].as_array().into_iter().flatten();
    let primary = places.clone().find(|place| place["primary"] == true);
    let one = |host: &str| Said {
        rule: text("rule"),
        level: text("level"),
        host: host.to_owned(),
        user: text("user"),
        secret: text("secret"),
        key: text("key"),
        file: text("file"),
        line: primary.and_then(|place| place["start"]["line"].as_u64()).unwrap_or_default(),
        suggestion: text("suggestion"),
    };
    match finding["hosts"].as_array() {
        Some(hosts) if !hosts.is_empty() => hosts.iter().filter_map(Value::as_str).map(one).collect(),
        _ => vec![one("")],
    }
}

/// Whether a finding is the wanted one, its line at most `tolerance` off.
fn matches(wanted: &Value, said: &Said, tolerance: u64) -> bool {
    let rule_fits = wanted["rule"] == said.rule.as_str() || names(&wanted["alsoRule"]).contains(&said.rule.as_str());
    let given = |field: &str, said: &str| wanted[field].as_str().is_none_or(|value| value == said);
    let stands_at = |place: &Value| {
        place["file"] == said.file.as_str()
            && place["line"].as_u64().is_none_or(|line| line.abs_diff(said.line) <= tolerance)
    };
    rule_fits
        && wanted["severity"] == said.level.as_str()
        && given("host", &said.host)
        && given("user", &said.user)
        && given("secret", &said.secret)
        && given("key", &said.key)
        && (stands_at(wanted) || wanted["alsoAt"].as_array().is_some_and(|places| places.iter().any(stands_at)))
}

/// Whether `said` differs from the hit only in fields that the case leaves open.
fn counts_as(wanted: &Value, hit: &Said, said: &Said) -> bool {
    let open = |field: &str| wanted[field].is_null();
    (&hit.rule, &hit.level, &hit.file) == (&said.rule, &said.level, &said.file)
        && (open("host") || hit.host == said.host)
        && (open("user") || hit.user == said.user)
        && (open("secret") || hit.secret == said.secret)
        && (open("key") || hit.key == said.key)
        && (open("line") || hit.line == said.line)
}

/// A text, or a list of them.
fn names(value: &Value) -> Vec<&str> {
    match value {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}
