//! Reading `.sops.yaml` as sops reads it (reference: sops.md section 4): unknown fields are
//! ignored, null items are skipped, merge keys are followed.

use crate::sops::pattern;
use crate::source::{Place, Text, Tree};
use crate::yaml::{Kind, Node, Value, Yaml, parse};

use super::names::names;
use super::recipients::Recipients;
use super::{Config, CreationRule, Policy};

/// The name that sops looks for; no other is ever used.
/// The name of a rule file; sops knows no other.
pub const FILE_NAME: &str = ".sops.yaml";

/// The options of a rule that say which values are sealed; at most one may be set.
const CRYPT_OPTIONS: [&str; 6] = [
    "encrypted_suffix",
    "unencrypted_suffix",
    "encrypted_regex",
    "unencrypted_regex",
    "encrypted_comment_regex",
    "unencrypted_comment_regex",
];

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
        rules: Vec::new(),
        names: Vec::new(),
        problems: Vec::new(),
    };
    let yaml = match parse(text) {
        Ok(yaml) => yaml,
        Err(error) => {
            config.problems.push((error.place().clone(), error.to_string()));
            return config;
        }
    };
    config.names = names(text, &yaml);
    let mut reader = Reader { text, yaml: &yaml, items_left: MAX_ITEMS, problems: Vec::new() };
    if let Some(rules) = reader.rules() {
        config.readable = true;
        config.rules = rules;
    }
    config.problems = reader.problems;
    config
}

/// One file being read, with what sops would refuse of it.
pub(super) struct Reader<'a> {
    pub(super) text: &'a Text,
    pub(super) yaml: &'a Yaml,
    items_left: usize,
    problems: Vec<(Place, String)>,
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
        let Some(list) = self.field(root, "creation_rules") else { return Some(Vec::new()) };
        let items = self.list(list, "creation_rules")?;
        if let Some(item) = items.get(MAX_RULES) {
            self.refuse(item, "is one rule more than can be read here");
        }
        Some(items.iter().take(MAX_RULES).filter_map(|item| self.rule(item)).collect())
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
        let path_regex = self.string(map, "path_regex").filter(|(expression, _)| !expression.is_empty());
        let regex = path_regex.as_ref().and_then(|(expression, place)| match pattern::compile(expression) {
            Ok(regex) => Some(regex),
            Err(error) => {
                self.problems.push((place.clone(), format!("does not compile as a regular expression: {error}")));
                None
            }
        });
        let problems = self.problems.len();
        let groups = Recipients::of_rule(self, map);
        if groups.iter().all(Vec::is_empty) && self.problems.len() == problems && self.field(map, "plugins").is_none() {
            self.refuse(item, "names no recipient, so sops cannot seal a file by it");
        }
        self.check_crypt_options(map);
        Some(CreationRule { place: self.place(item), path_regex, regex, groups, threshold: self.threshold(map) })
    }

    fn threshold(&mut self, map: &'a Node) -> Option<u32> {
        let node = self.field(map, "shamir_threshold")?;
        match self.yaml.resolve(node).scalar() {
            Some(scalar) if scalar.kind == Kind::Int => scalar.text.parse().ok().filter(|&threshold| threshold > 0),
            _ => {
                self.refuse(node, "must be a whole number");
                None
            }
        }
    }

    fn check_crypt_options(&mut self, map: &'a Node) {
        let is_set = |node: &&'a Node| self.yaml.resolve(node).text().is_some_and(|text| !text.is_empty());
        let options = CRYPT_OPTIONS.iter().filter_map(|option| self.field(map, option));
        if let Some(second) = options.filter(is_set).nth(1) {
            self.refuse(second, "is the second option of this rule that says what is sealed; sops allows one");
        }
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

    /// Notes what sops would refuse; once, though several aliases may lead to it in a row.
    pub(super) fn refuse(&mut self, node: &Node, why: &str) {
        let place = self.place(node);
        if !self.problems.iter().rev().take(16).any(|(other, said)| *other == place && said == why) {
            self.problems.push((place, why.to_owned()));
        }
    }
}
