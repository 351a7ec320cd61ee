//! The recipients of a creation rule: comma-separated texts, lists, key groups and their merges.

use std::collections::HashSet;

use crate::keys::recipient::without_private_key;
use crate::keys::{Malformed, Recipient};
use crate::sops::metadata::kms_identity;
use crate::source::Place;
use crate::yaml::{Kind, Node, Value};

use super::RuleRecipient;
use super::parse::{GROUP_FIELDS, Reader};

/// The flat fields of a rule in sops' order, with the list of a file's metadata that they become.
const FLAT: [(&str, &str); 7] = [
    ("age", "age"),
    ("pgp", "pgp"),
    ("kms", "kms"),
    ("gcp_kms", "gcp_kms"),
    ("hckms", "hckms"),
    ("azure_keyvault", "azure_kv"),
    ("hc_vault_transit_uri", "hc_vault"),
];

/// How many groups may be merged into one another.
const MAX_MERGES: usize = 16;
/// How many bytes a recipient may have: an `age1pq1…` has 2,000, an ssh-rsa key of 16,384 bits 2,800.
const MAX_LENGTH: usize = 4096;
/// How many lists may lie inside one another.
const MAX_NESTING: usize = 8;

/// The recipients of one rule being read.
pub(super) struct Recipients<'r, 'a> {
    reader: &'r mut Reader<'a>,
}

/// A value with where it is written in the rule, and through which anchor.
struct Written<'a> {
    /// The value, its alias resolved.
    value: &'a Node,
    /// What stands in the rule: of an alias, and of what lies in the list it names, the alias.
    at: &'a Node,
    /// Whether `at` is an alias.
    is_aliased: bool,
    /// The anchor nearest to the value.
    anchor: Option<String>,
}

/// In which form a recipient is written; sops treats each a little differently.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A flat field's one text: empty parts are left out.
    FlatText,
    /// An item of a flat field's list: null and numbers are refused.
    FlatItem,
    /// An item of a key group's list: null is skipped, numbers are texts; only `age` is split.
    GroupItem,
}

impl<'a> Recipients<'_, 'a> {
    /// The key groups of a rule. `key_groups`, if there are any, replaces the flat fields.
    pub(super) fn of_rule(reader: &mut Reader<'a>, rule: &'a Node) -> Vec<Vec<RuleRecipient>> {
        let mut recipients = Recipients { reader };
        let groups = recipients.reader.field(rule, "key_groups");
        let groups = groups.and_then(|node| recipients.reader.list(node, "key_groups")).unwrap_or_default();
        // A null item is none at all.
        let groups: Vec<_> = groups.iter().filter_map(|group| recipients.group(group, MAX_MERGES)).collect();
        if groups.is_empty() {
            return vec![recipients.flat(rule)];
        }
        groups.into_iter().map(deduplicated).collect()
    }

    fn flat(&mut self, rule: &'a Node) -> Vec<RuleRecipient> {
        let mut found = Vec::new();
        let profile = self.reader.string(rule, "aws_profile").map(|(profile, _)| profile);
        for (field, kind) in FLAT {
            let Some(value) = self.reader.field(rule, field) else { continue };
            let written = self.written(value, None);
            match &written.value.value {
                Value::List(_) => self.items(&written, kind, Form::FlatItem, MAX_NESTING, &mut found),
                Value::Scalar(_) if field != "hckms" => self.texts(&written, kind, Form::FlatText, &mut found),
                _ if field == "hckms" => self.refuse_field(value, field),
                _ => self.reader.refuse_in_rule(value, "must be a text, or a list of texts"),
            }
        }
        if let Some(profile) = profile {
            for recipient in found.iter_mut().filter(|recipient| recipient.kind == "kms") {
                recipient.identity = kms_identity(&recipient.identity, "", &[], &profile);
            }
        }
        found
    }

    /// One of `key_groups`, or of a `merge` in it; a null item is skipped.
    fn group(&mut self, item: &'a Node, merges: usize) -> Option<Vec<RuleRecipient>> {
        let map = self.reader.yaml.resolve(item);
        if map.is_null() || !self.reader.may_read_on(item) {
            return None;
        }
        if !matches!(map.value, Value::Map(_)) {
            self.reader.refuse(item, "is no key group: a key group is a map such as `age: [ … ]`");
            return None;
        }
        self.reader.refuse_duplicates(map);
        self.reader.note_unknown(map, &GROUP_FIELDS);
        let mut found = Vec::new();
        if let Some(merge) = self.reader.field(map, "merge") {
            let Some(below) = merges.checked_sub(1) else {
                self.reader.refuse(merge, "merges too many groups into one another");
                return None;
            };
            let merged = self.reader.list(merge, "merge").unwrap_or_default();
            found.extend(merged.iter().filter_map(|group| self.group(group, below)).flatten());
        }
        self.group_texts(map, "age", "age", &mut found);
        self.group_texts(map, "pgp", "pgp", &mut found);
        self.group_maps(map, "kms", "kms", &mut found);
        self.group_maps(map, "gcp_kms", "gcp_kms", &mut found);
        self.group_maps(map, "hckms", "hckms", &mut found);
        self.group_maps(map, "azure_keyvault", "azure_kv", &mut found);
        self.group_texts(map, "hc_vault", "hc_vault", &mut found);
        Some(found)
    }

    fn group_texts(&mut self, group: &'a Node, field: &str, kind: &'static str, found: &mut Vec<RuleRecipient>) {
        let Some(value) = self.reader.field(group, field) else { return };
        let written = self.written(value, None);
        match &written.value.value {
            Value::List(_) => self.items(&written, kind, Form::GroupItem, MAX_NESTING, found),
            Value::Scalar(_) => {
                self.refuse_field(value, field);
                self.texts(&written, kind, Form::GroupItem, found);
            }
            _ => self.refuse_field(value, field),
        }
    }

    /// In a key group sops wants texts as soon as it loads the file, in a flat field when it takes the rule.
    fn refuse_item(&mut self, form: Form, item: &Node, why: &str) {
        match form {
            Form::GroupItem => self.reader.refuse(item, why),
            Form::FlatText | Form::FlatItem => self.reader.refuse_in_rule(item, why),
        }
    }

    fn refuse_field(&mut self, value: &'a Node, field: &str) {
        self.reader.refuse(value, &format!("must be a list of texts: here `{field}` takes `- …` items"));
    }

    /// The items of a list. A list inside (`- *admins` where the anchor holds a list) is read as
    /// its items, but sops refuses it.
    fn items(
        &mut self,
        list: &Written<'a>,
        kind: &'static str,
        form: Form,
        nesting: usize,
        found: &mut Vec<RuleRecipient>,
    ) {
        for item in list.value.items() {
            if !self.reader.may_read_on(list.at) {
                return;
            }
            let item = self.written(item, Some(list));
            match &item.value.value {
                Value::List(_) => {
                    let why = "is a list inside the list, which sops refuses: name each recipient by itself";
                    self.refuse_item(form, item.at, why);
                    if let Some(below) = nesting.checked_sub(1) {
                        self.items(&item, kind, form, below, found);
                    }
                }
                Value::Scalar(_) if item.value.is_null() && form == Form::GroupItem => {}
                Value::Scalar(_) => self.texts(&item, kind, form, found),
                Value::Map(_) | Value::Alias(_) => self.refuse_item(form, item.at, "must be a text"),
            }
        }
    }

    /// The recipients of one text, split at commas where sops splits.
    fn texts(&mut self, written: &Written<'a>, kind: &'static str, form: Form, found: &mut Vec<RuleRecipient>) {
        let Some(scalar) = written.value.scalar() else { return };
        if form != Form::GroupItem && scalar.kind != Kind::Str {
            self.reader.refuse_in_rule(written.at, "must be a text: put it in quotes");
        }
        let splits = form != Form::GroupItem || kind == "age";
        let parts = scalar.text.split(|c| splits && c == ',');
        let mut from = written.at.span.start;
        // Behind an alias the text stands at its anchor.
        let mut stands_from = written.value.span.start;
        for part in parts.map(str::trim) {
            if part.len() > MAX_LENGTH || !self.reader.may_read_on(written.at) {
                self.reader.refuse_in_rule(written.at, "is longer than any recipient");
                return;
            }
            if part.is_empty() {
                if form != Form::FlatText {
                    self.reader.refuse_in_rule(written.at, "is empty, which sops refuses");
                }
                continue;
            }
            if let Some(malformed) = malformed(kind, part) {
                let stands_at = self.part_place(written.value, part, &mut stands_from);
                self.reader.refuse_recipient(stands_at, malformed.to_string());
            }
            let place = self.part_place(written.at, part, &mut from);
            let anchor = written.anchor.clone();
            let in_text = form == Form::FlatText;
            found.push(RuleRecipient { kind, identity: identity(kind, part), anchor, in_text, place });
        }
    }

    /// Where a part of a text stands: found in the source where it is written there as it is.
    fn part_place(&self, node: &Node, part: &str, from: &mut usize) -> Place {
        let source = self.reader.text.content();
        match source.get(*from..node.span.end).and_then(|rest| rest.find(part)) {
            Some(at) => {
                let start = *from + at;
                *from = start + part.len();
                self.reader.text.place(start..*from)
            }
            None => {
                *from = node.span.end;
                self.reader.place(node)
            }
        }
    }

    fn group_maps(&mut self, group: &'a Node, field: &str, kind: &'static str, found: &mut Vec<RuleRecipient>) {
        let Some(value) = self.reader.field(group, field) else { return };
        let Some(items) = self.reader.list(value, field) else { return };
        for item in items {
            let map = self.reader.yaml.resolve(item);
            if !self.reader.may_read_on(item) {
                return;
            }
            if map.is_null() {
                continue;
            }
            if !matches!(map.value, Value::Map(_)) {
                self.reader.refuse(item, &format!("must be a map: inside a key group `{field}` takes maps"));
                continue;
            }
            let identity = self.cloud_identity(map, kind);
            let Written { at, anchor, .. } = self.written(item, None);
            let place = self.reader.place(at);
            found.push(RuleRecipient { kind, identity, anchor, in_text: false, place });
        }
    }

    /// The identity of a cloud key as `sops updatekeys` compares it (reference: section 2).
    fn cloud_identity(&mut self, map: &'a Node, kind: &str) -> String {
        let mut part = |key: &str| self.reader.string(map, key).map(|(text, _)| text).unwrap_or_default();
        match kind {
            "kms" => {
                let (arn, role, profile) = (part("arn"), part("role"), part("aws_profile"));
                kms_identity(&arn.replace(' ', ""), &role, &self.kms_context(map), &profile)
            }
            "azure_kv" => format!("{}/keys/{}/{}", part("vaultUrl"), part("key"), part("version")),
            "gcp_kms" => identity("gcp_kms", &part("resource_id")),
            _ => part("key_id"),
        }
    }

    fn kms_context(&self, map: &'a Node) -> Vec<(&'a str, &'a str)> {
        let Some(context) = self.reader.field(map, "context") else { return Vec::new() };
        let text = |node: &'a Node| self.reader.yaml.resolve(node).text().unwrap_or_default();
        let entries = self.reader.yaml.resolve(context).entries();
        entries.iter().map(|entry| (text(&entry.key), text(&entry.value))).collect()
    }

    fn written(&self, node: &'a Node, list: Option<&Written<'a>>) -> Written<'a> {
        let (alias, index) = match node.value {
            Value::Alias(index) => (true, Some(index)),
            _ => (false, node.anchor),
        };
        let own = index.and_then(|index| self.reader.yaml.anchors.get(index)).map(|anchor| anchor.name.to_string());
        let anchor = own.or_else(|| list.and_then(|list| list.anchor.clone()));
        let value = self.reader.yaml.resolve(node);
        match list {
            Some(list) if list.is_aliased => Written { value, at: list.at, is_aliased: true, anchor },
            _ => Written { value, at: node, is_aliased: alias, anchor },
        }
    }
}

/// Why nothing can be sealed for a recipient; those of clouds sops leaves to their programs.
fn malformed(kind: &str, text: &str) -> Option<Malformed> {
    match kind {
        "age" => Recipient::parse_age(text).err(),
        "pgp" => malformed_pgp(text),
        _ => None,
    }
}

/// gpg is asked for the key and, by `--trusted-key` with the text's last 16 characters, to trust it: of a key id of 8
/// digits, an address or a name it says "not a valid long keyID" (sops 3.11 with gpg 2.2). A `!` takes that very subkey.
fn malformed_pgp(text: &str) -> Option<Malformed> {
    match Recipient::parse_pgp(text.strip_suffix('!').unwrap_or(text)) {
        Ok(Recipient::Pgp(digits)) if digits.len() < 16 => Some(Malformed::Fingerprint),
        Ok(_) => None,
        Err(malformed) => Some(malformed),
    }
}

/// The identity that `sops updatekeys` compares, of a key written as one text.
fn identity(kind: &str, text: &str) -> String {
    match kind {
        "pgp" | "kms" | "gcp_kms" => text.replace(' ', ""),
        "hc_vault" => hc_vault(text),
        _ => without_private_key(text).to_owned(),
    }
}

/// `address/v1/engine/keys/name`, whichever of the three operations the URI names.
fn hc_vault(uri: &str) -> String {
    let uri = uri.trim_end_matches('/');
    let Some((before, name)) = uri.rsplit_once('/') else { return uri.to_owned() };
    match before.rsplit_once('/') {
        Some((engine, "encrypt" | "decrypt")) => format!("{engine}/keys/{name}"),
        _ => uri.to_owned(),
    }
}

/// A group holds each key once; the flat fields keep duplicates.
fn deduplicated(group: Vec<RuleRecipient>) -> Vec<RuleRecipient> {
    let mut seen = HashSet::new();
    group.into_iter().filter(|recipient| seen.insert((recipient.kind, recipient.identity.clone()))).collect()
}
