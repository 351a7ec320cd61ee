//! The names that a rule file gives to recipients: anchors, map keys, comments behind them.

use crate::keys::Recipient;
use crate::source::Text;
use crate::yaml::{Node, Value, Yaml};

use super::Named;

/// The parts of a rule file whose keys are fields of sops and name nobody.
const FIELDS_OF_SOPS: [&str; 3] = ["creation_rules", "destination_rules", "stores"];

/// Keys of maps that say only what kind of key it is.
const KINDS: [&str; 2] = ["age", "pgp"];

/// Every name, in file order of each kind: anchors, then keys and comments.
pub(super) fn names(text: &Text, yaml: &Yaml) -> Vec<Named> {
    let mut names: Vec<Named> = yaml
        .anchors
        .iter()
        .filter_map(|anchor| {
            let recipient = recipient_text(yaml.target(anchor)?)?;
            // A colon belongs to the anchor in `&name: …`, but not to the name.
            let name = anchor.name.trim_end_matches(':').to_owned();
            Some(Named { name, recipient, place: text.place(anchor.span.clone()), is_anchor: true })
        })
        .collect();
    let mut walk = Walk { text, yaml, names: &mut names };
    for document in &yaml.documents {
        for entry in document.entries() {
            let is_field = entry.key.text().is_some_and(|key| FIELDS_OF_SOPS.contains(&key));
            walk.value(None, &entry.key, &entry.value, !is_field);
        }
    }
    names
}

/// The text of a scalar that is one recipient.
fn recipient_text(node: &Node) -> Option<String> {
    let text = node.text()?.trim();
    Recipient::parse_any(text).map(|_| text.to_owned())
}

struct Walk<'a, 'n> {
    text: &'a Text,
    yaml: &'a Yaml,
    names: &'n mut Vec<Named>,
}

impl Walk<'_, '_> {
    /// Of `web: { age: … }` the outer key is the name.
    fn value(&mut self, above: Option<&Node>, key: &Node, value: &Node, key_is_name: bool) {
        let is_kind = |key: &Node| key.text().is_some_and(|key| KINDS.contains(&key));
        let key = above.filter(|_| is_kind(key)).unwrap_or(key);
        if let (true, Some(name), Some(recipient)) = (key_is_name, key.text(), recipient_text(value)) {
            let place = self.text.place(key.span.clone());
            self.names.push(Named { name: name.to_owned(), recipient, place, is_anchor: false });
        }
        self.node(Some(key), value, key_is_name);
    }

    /// The depth is bounded by the tree's own; aliases are not followed.
    fn node(&mut self, key: Option<&Node>, node: &Node, keys_are_names: bool) {
        match &node.value {
            Value::Scalar(_) => self.comment(node),
            Value::List(items) => items.iter().for_each(|item| self.node(None, item, keys_are_names)),
            Value::Map(entries) => {
                entries.iter().for_each(|entry| self.value(key, &entry.key, &entry.value, keys_are_names));
            }
            Value::Alias(_) => {}
        }
    }

    fn comment(&mut self, node: &Node) {
        let Some(recipient) = recipient_text(node) else { return };
        let source = self.text.content();
        let Some(comment) = self.yaml.comment_after(&node.span, self.text) else { return };
        // In `[a, b] # both` the comment is not about the last one alone.
        let between = source.get(node.span.end..comment.span.start).unwrap_or_default();
        let name = comment.text.trim_start_matches('#').trim();
        if between.trim_matches(['"', '\'', ',', ' ', '\t']).is_empty() && !name.is_empty() {
            let place = self.text.place(comment.span.clone());
            self.names.push(Named { name: name.to_owned(), recipient, place, is_anchor: false });
        }
    }
}
