//! The `sops` metadata: who can open the file.

use crate::source::{Place, Text};
use crate::yaml::{self, Kind, Yaml, kind};

use super::crypt::CryptRule;
use super::enc;
use super::read::Refused;

/// One recipient entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The list it stands in: `age`, `pgp`, `kms`, `gcp_kms`, `azure_kv`, `hc_vault`, `hckms`.
    pub kind: &'static str,
    /// The identity that `sops updatekeys` compares: for age the recipient's text, for pgp the
    /// fingerprint (reference: sops.md section 2).
    pub identity: String,
    /// The data key, or its share, sealed for this recipient: an armored age file, an armored PGP
    /// message, Base64.
    pub enc: Box<str>,
    /// Where the identity's text stands.
    pub place: Place,
}

/// What a sops file says of itself.
#[derive(Debug, Clone)]
pub struct Metadata {
    /// The key groups. Flat lists are one group; then `key_groups` is ignored, as sops does.
    pub groups: Vec<Vec<Recipient>>,
    /// `shamir_threshold`; has effect only with two groups or more.
    pub threshold: Option<u32>,
    /// `version`.
    pub version: Option<String>,
    /// `lastmodified`, RFC 3339.
    pub last_modified: Option<String>,
    /// `mac`, sealed.
    pub mac: Box<str>,
    /// Which values are to be sealed.
    pub crypt: CryptRule,
    /// `mac_only_encrypted`: the MAC covers sealed values only.
    pub mac_only_encrypted: bool,
    /// The recipients that cannot open the file whoever holds their keys: what stands in their `enc`
    /// is nothing that sops could have written.
    pub unusable: Vec<Refused>,
    /// Where the metadata stands.
    pub place: Place,
}

impl Metadata {
    /// Every recipient of every group.
    pub fn recipients(&self) -> impl Iterator<Item = &Recipient> {
        self.groups.iter().flatten()
    }
}

/// The lists of recipients, in the order in which sops puts them into a group.
const LISTS: [&str; 7] = ["kms", "gcp_kms", "hckms", "azure_kv", "hc_vault", "pgp", "age"];

/// Whether the value of a key `sops` is metadata that sops wrote, however broken since, and not
/// something else of that name (a chart's values, say).
pub(super) fn is_metadata(yaml: &Yaml, node: &yaml::Node) -> bool {
    let has_text = |key| yaml.get(node, key).is_some_and(|value| value.text().is_some());
    let has_entries = |list: &str| {
        let items = yaml.get(node, list).map_or(&[][..], yaml::Node::items);
        items.iter().any(|item| yaml.get(item, "enc").is_some())
    };
    has_text("mac") || has_text("lastmodified") || LISTS.into_iter().any(has_entries)
}

impl Metadata {
    /// Reads the entry `sops` of a file, and refuses what sops refuses.
    pub(super) fn read(text: &Text, yaml: &Yaml, entry: &yaml::Entry) -> Result<Metadata, Refused> {
        let reader = Reader { text, yaml, place: text.place(entry.key.span.clone()) };
        let root = yaml.resolve(&entry.value);
        let last_modified = reader.time(root, "lastmodified")?;
        let groups = reader.groups(root)?;
        let crypt = reader.crypt_rule(root)?;
        let threshold = reader.threshold(root)?;
        let version = reader.version(root)?;
        let (mac, _) = reader.required(root, "mac")?;
        Ok(Metadata {
            threshold,
            version: Some(version),
            last_modified: Some(last_modified),
            unusable: groups.iter().flatten().filter_map(unusable).collect(),
            mac: mac.into(),
            crypt,
            mac_only_encrypted: reader.truth(root, "mac_only_encrypted")?,
            groups,
            place: reader.place,
        })
    }
}

struct Reader<'a> {
    text: &'a Text,
    yaml: &'a Yaml,
    /// Where the metadata stands.
    place: Place,
}

impl<'a> Reader<'a> {
    /// One group of the flat lists; else those of `key_groups`.
    fn groups(&self, root: &'a yaml::Node) -> Result<Vec<Vec<Recipient>>, Refused> {
        let flat = self.group(root)?;
        if !flat.is_empty() {
            return Ok(vec![flat]);
        }
        let groups: Vec<_> =
            self.list(root, "key_groups")?.iter().map(|group| self.group(group)).collect::<Result<_, _>>()?;
        if groups.is_empty() {
            return Err(self.refuse("names no recipient in its sops metadata"));
        }
        Ok(groups)
    }

    fn group(&self, group: &'a yaml::Node) -> Result<Vec<Recipient>, Refused> {
        let mut recipients = Vec::new();
        for kind in LISTS {
            for item in self.list(group, kind)? {
                recipients.push(self.recipient(kind, item)?);
            }
        }
        Ok(recipients)
    }

    fn recipient(&self, kind: &'static str, item: &'a yaml::Node) -> Result<Recipient, Refused> {
        if kind != "age" {
            self.time(item, "created_at")?;
        }
        let mut place = None;
        let mut field = |name| -> Result<&str, Refused> {
            let Some((text, node)) = self.field(item, name)? else { return Ok("") };
            place.get_or_insert_with(|| self.text.place(node.span.clone()));
            Ok(text)
        };
        let identity = match kind {
            "kms" => {
                let (arn, role, profile) = (field("arn")?, field("role")?, field("aws_profile")?);
                kms_identity(arn, role, &self.context(item)?, profile)
            }
            "gcp_kms" => field("resource_id")?.to_owned(),
            "hckms" => field("key_id")?.to_owned(),
            "azure_kv" => format!("{}/keys/{}/{}", field("vault_url")?, field("name")?, field("version")?),
            "hc_vault" => {
                format!("{}/v1/{}/keys/{}", field("vault_address")?, field("engine_path")?, field("key_name")?)
            }
            "pgp" => field("fp")?.replace(' ', ""),
            _ => field("recipient")?.to_owned(),
        };
        let place = place.unwrap_or_else(|| self.text.place(self.yaml.resolve(item).span.clone()));
        let enc = self.field(item, "enc")?.map_or("", |(enc, _)| enc);
        Ok(Recipient { kind, identity, enc: enc.into(), place })
    }

    /// The encryption context of a kms entry, in file order.
    fn context(&self, item: &'a yaml::Node) -> Result<Vec<(&'a str, &'a str)>, Refused> {
        let Some(context) = self.yaml.get(item, "context") else { return Ok(Vec::new()) };
        let text = |node| self.yaml.resolve(node).text();
        let pair = |entry: &'a yaml::Entry| Some((text(&entry.key)?, text(&entry.value)?));
        let pairs: Option<_> = context.entries().iter().map(pair).collect();
        pairs.ok_or_else(|| self.refuse_at(context, "has a kms `context` in its sops metadata that is not of texts"))
    }

    /// The one crypt rule; the default where there is none.
    fn crypt_rule(&self, root: &'a yaml::Node) -> Result<CryptRule, Refused> {
        let mut first: Option<CryptRule> = None;
        for option in CryptRule::OPTIONS {
            let Some((text, node)) = self.field(root, option)? else { continue };
            if let Some(first) = &first {
                let first = first.option().0;
                let why = format!("has both `{first}` and `{option}` in its sops metadata; sops allows one of them");
                return Err(self.refuse_at(node, &why));
            }
            first = CryptRule::new(option, text);
        }
        Ok(first.unwrap_or_default())
    }

    /// A boolean, in the flat formats as a text; absent is false.
    fn truth(&self, map: &'a yaml::Node, key: &str) -> Result<bool, Refused> {
        let Some((text, node)) = self.field(map, key)? else { return Ok(false) };
        let is_bool = |scalar: &yaml::Scalar| scalar.kind == Kind::Bool || scalar.kind == Kind::Str;
        match text.to_ascii_lowercase().as_str() {
            "true" if node.scalar().is_some_and(is_bool) => Ok(true),
            "false" if node.scalar().is_some_and(is_bool) => Ok(false),
            _ => {
                Err(self.refuse_at(node, &format!("has a `{key}` in its sops metadata that is neither true nor false")))
            }
        }
    }

    fn threshold(&self, root: &'a yaml::Node) -> Result<Option<u32>, Refused> {
        let Some((text, node)) = self.field(root, "shamir_threshold")? else { return Ok(None) };
        match text.parse() {
            // 0 is what sops takes for absent.
            Ok(0) => Ok(None),
            Ok(threshold) => Ok(Some(threshold)),
            Err(_) => Err(self.refuse_at(node, "has a `shamir_threshold` in its sops metadata that is no number")),
        }
    }

    fn version(&self, root: &'a yaml::Node) -> Result<String, Refused> {
        let (text, node) = self.required(root, "version")?;
        let parts: Vec<&str> = text.split(['-', '+']).next().unwrap_or_default().split('.').collect();
        // Without zeros before it (semver.org, 2).
        let is_number = |part: &&str| *part == "0" || !part.starts_with('0') && part.parse::<u64>().is_ok();
        if parts.len() != 3 || !parts.iter().all(is_number) {
            return Err(self.refuse_at(node, "has a `version` in its sops metadata that is not of the form 3.11.0"));
        }
        Ok(text.to_owned())
    }

    /// A required moment in time.
    fn time(&self, map: &'a yaml::Node, key: &str) -> Result<String, Refused> {
        let (text, node) = self.required(map, key)?;
        if !kind::is_rfc3339(text) {
            let why = format!("has a `{key}` in its sops metadata that is not of the form 2024-01-02T03:04:05Z");
            return Err(self.refuse_at(node, &why));
        }
        Ok(text.to_owned())
    }

    fn required(&self, map: &'a yaml::Node, key: &str) -> Result<(&'a str, &'a yaml::Node), Refused> {
        self.field(map, key)?.ok_or_else(|| {
            let why = format!("has no `{key}` in its sops metadata");
            // The metadata itself is named by its key, an entry of a list by its text.
            if key == "created_at" { self.refuse_at(map, &why) } else { self.refuse(&why) }
        })
    }

    /// A text that is there and neither null nor empty.
    fn field(&self, map: &'a yaml::Node, key: &str) -> Result<Option<(&'a str, &'a yaml::Node)>, Refused> {
        let Some(node) = self.yaml.get(map, key).filter(|node| !node.is_null()) else { return Ok(None) };
        match node.text() {
            Some("") => Ok(None),
            Some(text) => Ok(Some((text, node))),
            None => Err(self.refuse_at(node, &format!("has a `{key}` in its sops metadata that is not a text"))),
        }
    }

    fn list(&self, map: &'a yaml::Node, key: &str) -> Result<&'a [yaml::Node], Refused> {
        match self.yaml.get(map, key) {
            None => Ok(&[]),
            Some(node) if node.is_null() => Ok(&[]),
            Some(yaml::Node { value: yaml::Value::List(items), .. }) => Ok(items),
            Some(node) => {
                Err(self.refuse_at(node, &format!("has `{key}` in its sops metadata as something else than a list")))
            }
        }
    }

    fn refuse(&self, why: &str) -> Refused {
        Refused { is_metadata: true, ..Refused::new(why, self.place.clone()) }
    }

    fn refuse_at(&self, node: &yaml::Node, why: &str) -> Refused {
        Refused { is_metadata: true, ..Refused::new(why, self.text.place(node.span.clone())) }
    }
}

/// What is wrong with the `enc` of a recipient.
fn unusable(recipient: &Recipient) -> Option<Refused> {
    let problem = enc::malformed(recipient.kind, &recipient.enc)?;
    let why = format!("has an `enc` in its sops metadata that {problem}");
    Some(Refused { is_metadata: true, ..Refused::new(why, recipient.place.clone()) })
}

/// The identity text of an AWS key, `arn[+role][|context][|profile]`, with the context's pairs
/// sorted by key; what is empty is left out.
pub fn kms_identity(arn: &str, role: &str, context: &[(&str, &str)], profile: &str) -> String {
    let mut identity = arn.to_owned();
    if !role.is_empty() {
        identity.push('+');
        identity.push_str(role);
    }
    let mut pairs: Vec<String> = context.iter().map(|(key, value)| format!("{key}:{value}")).collect();
    pairs.sort();
    for part in [pairs.join(",").as_str(), profile] {
        if !part.is_empty() {
            identity.push('|');
            identity.push_str(part);
        }
    }
    identity
}
