//! The first key and the first rule of a file that has none yet.

use crate::source::splice::Splice;
use crate::yaml::{Entry, Node, Value};

use super::{RuleFile, RuleFileError};

/// How deep the items of the first lists stand.
const INDENT: &str = "  ";

impl RuleFile {
    /// The file with the first item of `keys`, which is to come before the rules.
    pub(super) fn with_first_key(&self, item: &str) -> Result<RuleFile, RuleFileError> {
        if let Some(entry) = self.field("keys") {
            return self.with_first_item(entry, item);
        }
        let editor = self.editor();
        let newline = editor.newline();
        let text = format!("keys:{newline}{INDENT}{item}{newline}");
        match self.field("creation_rules") {
            Some(rules) => self.spliced(vec![Splice::insert(editor.line_start(editor.start(&rules.key)), text)]),
            None => self.spliced(vec![self.at_the_end(&text)]),
        }
    }

    /// The file with its first rule, given in lines without indentation.
    pub(super) fn with_first_rule(&self, rule: &str) -> Result<RuleFile, RuleFileError> {
        match self.field("creation_rules") {
            Some(entry) => self.with_first_item(entry, rule),
            None => {
                let newline = self.editor().newline();
                let text = format!("creation_rules:{newline}{}{newline}", self.indented(rule));
                self.spliced(vec![self.at_the_end(&text)])
            }
        }
    }

    fn field(&self, name: &str) -> Option<&Entry> {
        self.yaml.entry(self.yaml.documents.first()?, name)
    }

    fn indented(&self, item: &str) -> String {
        let lines: Vec<String> = item.lines().map(|line| format!("{INDENT}{line}")).collect();
        lines.join(self.editor().newline())
    }

    /// An empty list becomes one in block style.
    fn with_first_item(&self, entry: &Entry, item: &str) -> Result<RuleFile, RuleFileError> {
        let editor = self.editor();
        let colon = editor.end(&entry.key) + 1;
        let is_empty = match &entry.value.value {
            Value::List(items) => items.is_empty(),
            _ => entry.value.is_null(),
        };
        if !is_empty || self.content().get(editor.end(&entry.key)..colon) != Some(":") {
            return Err(self.unknown_style(colon, "write the first item"));
        }
        let gone = colon..editor.end(&entry.value).max(colon);
        let lines = format!("{}{}", editor.newline(), self.indented(item));
        self.spliced(vec![Splice::delete(gone.clone()), Splice::insert(editor.line_end(gone.end), lines)])
    }

    fn at_the_end(&self, text: &str) -> Splice {
        let end = self.content().len();
        let newline = self.editor().newline();
        let ends_line = self.content().is_empty() || self.content().ends_with('\n');
        // A file of null (`---`) keeps it.
        Splice::insert(end, if ends_line { text.to_owned() } else { format!("{newline}{text}") })
    }

    /// A rule in the plainest style.
    pub(super) fn plain_rule(expression: &str, items: &[String]) -> String {
        let mut rule = format!("- path_regex: {expression}\n  key_groups:\n    - age:\n");
        items.iter().for_each(|item| rule.push_str(&format!("        - {item}\n")));
        rule
    }

    /// Whether there are no rules, nor anything that stands in their place.
    pub(super) fn has_no_rules(&self) -> bool {
        let items = self.field("creation_rules").map(|entry| self.yaml.resolve(&entry.value));
        items.is_none_or(|node: &Node| node.items().is_empty())
    }
}
