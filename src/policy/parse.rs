//! Reading `.sops.yaml` as sops reads it (reference: sops.md section 4): unknown fields are
//! ignored, null items are skipped, merge keys are followed.

use std::collections::HashSet;

use crate::nearest::nearest;
use crate::sops::crypt::CryptRule;
use crate::sops::pattern;
use crate::source::{Place, Text, Tree};
use crate::yaml::{Kind, Node, Value, Yaml, YamlError, parse};

use super::names::names;
use super::recipients::Recipients;
use super::{Config, CreationRule, Policy, Problem, UnknownField};

/// The name of a rule file; sops knows no other.
pub const FILE_NAME: &str = ".sops.yaml";

/// The fields of a rule file (source: `configFile` in config/config.go of getsops/sops, as those below).
const FIELDS: [&str; 3] = ["creation_rules", "destination_rules", "stores"];
/// The fields of a creation rule (`creationRule`).
const RULE_FIELDS: [&str; 18] = [
    "path_regex",
    "age",
    "pgp",
    "kms",
    "aws_profile",
    "gcp_kms",
    "hckms",
    "azure_keyvault",
    "hc_vault_transit_uri",
    "key_groups",
    "shamir_threshold",
    "unencrypted_suffix",
    "encrypted_suffix",
    "unencrypted_regex",
    "encrypted_regex",
    "unencrypted_comment_regex",
    "encrypted_comment_regex",
    "mac_only_encrypted",
];
/// The fields of a key group (`keyGroup`).
pub(super) const GROUP_FIELDS: [&str; 8] =
    ["merge", "age", "pgp", "kms", "gcp_kms", "hckms", "azure_keyvault", "hc_vault"];

/// How many rules a file may have.
const MAX_RULES: usize = 2_000;
/// How many recipients and key groups a file may come to: aliases of lists of aliases grow
/// without end.
const MAX_ITEMS: usize = 100_000;
/// How many maps are looked into for a field that merge keys may bring.
const MAX_MERGED: usize = 64;

impl Policy {
    /// Reads every `.sops.yaml` of the tree.
    pub fn read(tree: &Tree) -> Policy {
        let is_rule_file = |path: &str| path.rsplit('/').next() == Some(FILE_NAME);
        let texts = tree.texts.values().filter(|text| is_rule_file(text.path()));
        Policy { configs: texts.map(read).collect() }
    }
}

/// Reads one `.sops.yaml`. What sops would refuse is in [`Config::problems`].
pub fn read(text: &Text) -> Config {
    let mut config = Config {
        path: text.path().clone(),
        readable: false,
        is_beyond_bounds: false,
        rules: Vec::new(),
        names: Vec::new(),
        problems: Vec::new(),
        unknown_fields: Vec::new(),
    };
    let yaml = match parse(text) {
        Ok(yaml) => yaml,
        Err(error) => {
            config.is_beyond_bounds = !matches!(error, YamlError::Syntax { .. });
            config.problems.push(Problem {
                place: error.place().clone(),
                why: error.to_string(),
                rule: None,
                is_recipient: false,
            });
            return config;
        }
    };
    config.names = names(text, &yaml);
    let mut reader =
        Reader { text, yaml: &yaml, items_left: MAX_ITEMS, rule: 0, problems: Vec::new(), unknown: Vec::new() };
    if let Some(rules) = reader.rules() {
        config.readable = true;
        config.rules = rules;
    }
    config.problems = reader.problems;
    config.unknown_fields = reader.unknown;
    config
}

/// One file being read, with what sops would refuse of it.
pub(super) struct Reader<'a> {
    pub(super) text: &'a Text,
    pub(super) yaml: &'a Yaml,
    items_left: usize,
    /// The index of the rule that is being read.
    rule: usize,
    problems: Vec<Problem>,
    unknown: Vec<UnknownField>,
}

impl<'a> Reader<'a> {
    /// The creation rules; nothing where there is no way to tell them.
    fn rules(&mut self) -> Option<Vec<CreationRule>> {
        // sops reads the first document only.
        let Some(root) = self.yaml.documents.first().filter(|root| !root.is_null()) else { return Some(Vec::new()) };
        if !matches!(root.value, Value::Map(_)) {
            self.refuse(root, "must be a map with `creation_rules`");
            return None;
        }
        self.refuse_duplicates(root);
        self.note_unknown(root, &FIELDS);
        self.check_other_fields(root);
        let Some(list) = self.field(root, "creation_rules") else { return Some(Vec::new()) };
        let items = self.list(list, "creation_rules")?;
        if let Some(item) = items.get(MAX_RULES) {
            self.refuse(item, "is one rule more than can be read here");
        }
        let mut rules = Vec::new();
        for item in items.iter().take(MAX_RULES) {
            self.rule = rules.len();
            rules.extend(self.rule(item));
        }
        Some(rules)
    }

    /// What does not concern here, and stops sops all the same where it has another type.
    fn check_other_fields(&mut self, root: &'a Node) {
        if let Some(stores) = self.field(root, "stores")
            && !matches!(self.yaml.resolve(stores).value, Value::Map(_))
        {
            self.refuse(stores, "must be a map");
        }
        let Some(rules) = self.field(root, "destination_rules") else { return };
        for rule in self.list(rules, "destination_rules").unwrap_or_default() {
            let map = self.yaml.resolve(rule);
            if !map.is_null() && !matches!(map.value, Value::Map(_)) {
                self.refuse(rule, "is no rule: a rule is a map");
            }
        }
    }

    fn rule(&mut self, item: &'a Node) -> Option<CreationRule> {
        let map = self.yaml.resolve(item);
        if map.is_null() {
            return None;
        }
        if !matches!(map.value, Value::Map(_)) {
            self.refuse(item, "is no rule: a rule is a map such as `path_regex: …` with `key_groups: …`");
            return None;
        }
        self.refuse_duplicates(map);
        self.note_unknown(map, &RULE_FIELDS);
        let path_regex = self.string(map, "path_regex").filter(|(expression, _)| !expression.is_empty());
        let regex = path_regex.as_ref().and_then(|(expression, place)| match pattern::compile(expression) {
            Ok(regex) => Some(regex),
            Err(error) => {
                let why = format!("does not compile as a regular expression: {error}");
                self.problems.push(Problem { place: place.clone(), why, rule: Some(self.rule), is_recipient: false });
                None
            }
        });
        let problems = self.problems.len();
        let groups = Recipients::of_rule(self, map);
        if self.problems.len() == problems && self.field(map, "plugins").is_none() {
            if groups.iter().all(Vec::is_empty) {
                self.refuse_in_rule(item, "names no recipient, so sops cannot seal a file by it");
            } else if groups.iter().any(Vec::is_empty) {
                self.refuse_in_rule(item, "has a key group without a recipient, so sops cannot seal a file by it");
            }
        }
        let threshold = self.threshold(map, groups.len());
        let crypt = self.crypt(map);
        let mac_only_encrypted = self.boolean(map, "mac_only_encrypted");
        Some(CreationRule { place: self.place(item), path_regex, regex, groups, threshold, crypt, mac_only_encrypted })
    }

    /// A fraction is cut off, as sops' YAML library does.
    fn threshold(&mut self, map: &'a Node, groups: usize) -> Option<u32> {
        let node = self.field(map, "shamir_threshold")?;
        let number = self.yaml.resolve(node).scalar().and_then(|scalar| match scalar.kind {
            Kind::Int => integer(&scalar.text),
            Kind::Float => scalar.text.split('.').next()?.parse().ok(),
            _ => None,
        });
        let Some(number) = number else {
            self.refuse(node, "must be a whole number");
            return None;
        };
        let is_possible = number >= 2 && usize::try_from(number).is_ok_and(|number| number <= groups);
        if groups > 1 && number != 0 && !is_possible {
            let why = format!("must be at least 2 and at most {groups}, the number of the rule's key groups");
            self.refuse_in_rule(node, &why);
        }
        u32::try_from(number).ok().filter(|&threshold| threshold > 0)
    }

    /// The option that says which values are sealed; sops allows one.
    fn crypt(&mut self, map: &'a Node) -> Option<CryptRule> {
        let mut found = None;
        for option in CryptRule::OPTIONS {
            let Some((text, _)) = self.string(map, option).filter(|(text, _)| !text.is_empty()) else { continue };
            if found.is_none() {
                found = CryptRule::new(option, &text);
            } else if let Some(node) = self.field(map, option) {
                self.refuse_in_rule(
                    node,
                    "is the second option of this rule that says what is sealed; sops allows one",
                );
            }
        }
        found
    }

    /// A truth; sops' YAML library takes the words of YAML 1.1 too.
    fn boolean(&mut self, map: &'a Node, key: &str) -> bool {
        let Some(node) = self.field(map, key) else { return false };
        match self.yaml.resolve(node).scalar() {
            Some(scalar) if scalar.kind == Kind::Bool => scalar.text.eq_ignore_ascii_case("true"),
            Some(scalar) if matches!(&*scalar.text, "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON") => true,
            Some(scalar) if matches!(&*scalar.text, "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF") => false,
            _ => {
                self.refuse(node, "must be true or false");
                false
            }
        }
    }

    /// A key that stands twice in a map that sops looks into.
    pub(super) fn refuse_duplicates(&mut self, map: &'a Node) {
        let mut seen = HashSet::new();
        for entry in map.entries() {
            if entry.key.text().is_some_and(|key| !seen.insert(key)) {
                self.refuse(&entry.key, "stands twice in the same map");
            }
        }
    }

    /// Notes the fields that sops passes over and that look like one of these. Others may be anybody's own.
    pub(super) fn note_unknown(&mut self, map: &'a Node, known: &[&'static str]) {
        for entry in map.entries() {
            let Some(name) = entry.key.text().filter(|name| !known.contains(name)) else { continue };
            // What is there under its right name is not meant twice.
            let absent = known.iter().copied().filter(|field| self.field(map, field).is_none());
            if let Some(nearest) = nearest(name, absent) {
                let place = self.text.place(entry.key.span.clone());
                self.unknown.push(UnknownField { name: name.to_owned(), nearest, place });
            }
        }
    }

    /// Notes a recipient that is none, where its text stands.
    pub(super) fn refuse_recipient(&mut self, place: Place, why: String) {
        self.problems.push(Problem { place, why, rule: Some(self.rule), is_recipient: true });
    }

    /// The value of a field, explicit before merged (`<<`); null counts as absent.
    pub(super) fn field(&self, map: &'a Node, key: &str) -> Option<&'a Node> {
        // Depth first, and bounded: aliases of lists of aliases grow without end.
        let mut pending = vec![map];
        for _ in 0..MAX_MERGED {
            let map = pending.pop()?;
            if let Some(entry) = self.yaml.entry(map, key) {
                return Some(&entry.value).filter(|value| !self.yaml.resolve(value).is_null());
            }
            let Some(merged) = self.yaml.entry(map, "<<") else { continue };
            match &self.yaml.resolve(&merged.value).value {
                Value::List(maps) => pending.extend(maps.iter().take(MAX_MERGED).rev()),
                _ => pending.push(&merged.value),
            }
        }
        None
    }

    /// A field's text and place; sops takes a number or a boolean there as its text.
    pub(super) fn string(&mut self, map: &'a Node, key: &str) -> Option<(String, Place)> {
        let node = self.field(map, key)?;
        match self.yaml.resolve(node).text() {
            Some(text) => Some((text.to_owned(), self.place(node))),
            None => {
                self.refuse(node, &format!("must be a text: `{key}` takes one value"));
                None
            }
        }
    }

    /// The items of a list.
    pub(super) fn list(&mut self, node: &'a Node, field: &str) -> Option<&'a [Node]> {
        let resolved = self.yaml.resolve(node);
        if !matches!(resolved.value, Value::List(_)) {
            self.refuse(node, &format!("must be a list: `{field}` takes `- …` items"));
            return None;
        }
        Some(resolved.items())
    }

    /// Counts a recipient or a key group; past the bound it says so once.
    pub(super) fn may_read_on(&mut self, at: &'a Node) -> bool {
        match self.items_left.checked_sub(1) {
            Some(left) => self.items_left = left,
            None => self.refuse(at, "comes to more recipients than can be read here"),
        }
        self.items_left > 0
    }

    pub(super) fn place(&self, node: &Node) -> Place {
        self.text.place(node.span.clone())
    }

    /// Notes what keeps sops from loading the file.
    pub(super) fn refuse(&mut self, node: &Node, why: &str) {
        self.note(node, why, None);
    }

    /// Notes what sops refuses when the rule that is being read takes a file.
    pub(super) fn refuse_in_rule(&mut self, node: &Node, why: &str) {
        self.note(node, why, Some(self.rule));
    }

    /// Once, though several aliases may lead to it in a row.
    fn note(&mut self, node: &Node, why: &str, rule: Option<usize>) {
        let problem = Problem { place: self.place(node), why: why.to_owned(), rule, is_recipient: false };
        if !self.problems.iter().rev().take(16).any(|other| *other == problem) {
            self.problems.push(problem);
        }
    }
}

/// A whole number as YAML writes it: `0x2`, `1_000` too.
fn integer(text: &str) -> Option<i64> {
    let plain = text.replace('_', "");
    let (sign, digits) = plain.strip_prefix('-').map_or((1, plain.trim_start_matches('+')), |digits| (-1, digits));
    let with_radix = |radix: u32, prefix: &str| i64::from_str_radix(digits.strip_prefix(prefix)?, radix).ok();
    let number = digits.parse().ok();
    number
        .or_else(|| with_radix(16, "0x"))
        .or_else(|| with_radix(8, "0o"))
        .or_else(|| with_radix(2, "0b"))
        .map(|n: i64| sign * n)
}
