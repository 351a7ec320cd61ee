//! The `sops` metadata: who can open the file.

use crate::keys::recipient;
use crate::source::{Place, Text};
use crate::yaml::{self, Yaml, kind};

use super::crypt::CryptRule;
use super::document::Format;
use super::enc;
use super::fields::Fields;
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
    /// Whether a recipient, in the one way in which this crate writes each, is in some group.
    pub fn names(&self, canonical: &str) -> bool {
        let same =
            |one: &Recipient| one.identity == canonical || recipient::canonical(one.kind, &one.identity) == canonical;
        self.recipients().any(same)
    }

    /// The day of `lastmodified`, counted from 1970-01-01.
    pub fn last_modified_day(&self) -> Option<i64> {
        kind::day_of_rfc3339(self.last_modified.as_deref()?)
    }

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
    pub(super) fn read(text: &Text, yaml: &Yaml, entry: &yaml::Entry, format: Format) -> Result<Metadata, Refused> {
        let reader = Reader { fields: Fields { text, yaml, format }, place: text.place(entry.key.span.clone()) };
        let root = yaml.resolve(&entry.value);
        let last_modified = reader.time(root, "lastmodified")?;
        let groups = reader.groups(root)?;
        let crypt = reader.crypt_rule(root)?;
        let threshold = reader.fields.whole(root, "shamir_threshold")?;
        let mac_only_encrypted = reader.fields.truth(root, "mac_only_encrypted")?;
        let version = reader.version(root)?;
        let (mac, _) = reader.required(root, "mac")?;
        Ok(Metadata {
            // What is not above 0 sops takes for absent.
            threshold: threshold.filter(|&number| number > 0).map(|number| u32::try_from(number).unwrap_or(u32::MAX)),
            version: Some(version),
            last_modified: Some(last_modified),
            unusable: groups.iter().flatten().filter_map(unusable).collect(),
            mac: mac.into(),
            crypt,
            mac_only_encrypted,
            groups,
            place: reader.place,
        })
    }
}

struct Reader<'a> {
    fields: Fields<'a>,
    /// Where the metadata stands.
    place: Place,
}

impl<'a> Reader<'a> {
    /// One group of the flat lists; else those of `key_groups`, which must be of the right types all the same.
    fn groups(&self, root: &'a yaml::Node) -> Result<Vec<Vec<Recipient>>, Refused> {
        let groups = self.fields.maps(root, "key_groups")?;
        for map in groups.iter().copied().chain([root]) {
            for kind in LISTS {
                self.fields.maps(map, kind)?.into_iter().try_for_each(|item| self.check_types(kind, item))?;
            }
        }
        let flat = self.group(root)?;
        if !flat.is_empty() {
            return Ok(vec![flat]);
        }
        if groups.is_empty() {
            return Err(self.refuse("names no recipient in its sops metadata"));
        }
        groups.into_iter().map(|group| self.group(group)).collect()
    }

    /// All that sops' library wants of an entry, which it reads before sops looks at it.
    fn check_types(&self, kind: &str, item: &'a yaml::Node) -> Result<(), Refused> {
        let names: &[&str] = match kind {
            "kms" => &["arn", "role", "aws_profile"],
            "gcp_kms" => &["resource_id"],
            "hckms" => &["key_id"],
            "azure_kv" => &["vault_url", "name", "version"],
            "hc_vault" => &["vault_address", "engine_path", "key_name"],
            "pgp" => &["fp"],
            _ => &["recipient"],
        };
        for name in names.iter().chain(&["enc"]).chain((kind != "age").then_some(&"created_at")) {
            self.fields.text(item, name)?;
        }
        if kind == "kms" { self.fields.texts(item, "context").map(drop) } else { Ok(()) }
    }

    fn group(&self, group: &'a yaml::Node) -> Result<Vec<Recipient>, Refused> {
        let mut recipients = Vec::new();
        for kind in LISTS {
            for item in self.fields.maps(group, kind)? {
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
            let Some((text, node)) = self.fields.text(item, name)? else { return Ok("") };
            place.get_or_insert_with(|| self.fields.text.place(node.span.clone()));
            Ok(text)
        };
        let identity = match kind {
            "kms" => {
                let (arn, role, profile) = (field("arn")?, field("role")?, field("aws_profile")?);
                kms_identity(arn, role, &self.fields.texts(item, "context")?, profile)
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
        let place = place.unwrap_or_else(|| self.fields.text.place(item.span.clone()));
        let is_in_region = |key: &str| {
            key.split_once(':').is_some_and(|(region, id)| !region.trim().is_empty() && !id.trim().is_empty())
        };
        if kind == "hckms" && !is_in_region(&identity) {
            let why = "has a `key_id` in its sops metadata that is not of the form region:id";
            return Err(self.fields.refuse_at(place, why));
        }
        let enc = self.fields.text(item, "enc")?.map_or("", |(enc, _)| enc);
        Ok(Recipient { kind, identity, enc: enc.into(), place })
    }

    /// The one crypt rule; the default where there is none.
    fn crypt_rule(&self, root: &'a yaml::Node) -> Result<CryptRule, Refused> {
        let mut first: Option<CryptRule> = None;
        for option in CryptRule::OPTIONS {
            let Some((text, node)) = self.fields.text(root, option)? else { continue };
            if let Some(first) = &first {
                let first = first.option().0;
                let why = format!("has both `{first}` and `{option}` in its sops metadata; sops allows one of them");
                return Err(self.fields.refuse(node, &why));
            }
            first = CryptRule::new(option, text);
        }
        Ok(first.unwrap_or_default())
    }

    fn version(&self, root: &'a yaml::Node) -> Result<String, Refused> {
        let (text, node) = self.required(root, "version")?;
        if !is_version(text) {
            let why = "has a `version` in its sops metadata that is not of the form 3.11.0";
            return Err(self.fields.refuse(node, why));
        }
        Ok(text.to_owned())
    }

    /// A required moment in time.
    fn time(&self, map: &'a yaml::Node, key: &str) -> Result<String, Refused> {
        let (text, node) = self.required(map, key)?;
        if !kind::is_rfc3339(text) {
            let why = format!("has a `{key}` in its sops metadata that is not of the form 2024-01-02T03:04:05Z");
            return Err(self.fields.refuse(node, &why));
        }
        Ok(text.to_owned())
    }

    fn required(&self, map: &'a yaml::Node, key: &str) -> Result<(&'a str, &'a yaml::Node), Refused> {
        self.fields.text(map, key)?.ok_or_else(|| {
            let why = format!("has no `{key}` in its sops metadata");
            // The metadata itself is named by its key, an entry of a list by its text.
            if key == "created_at" { self.fields.refuse(map, &why) } else { self.refuse(&why) }
        })
    }

    fn refuse(&self, why: &str) -> Refused {
        self.fields.refuse_at(self.place.clone(), why)
    }
}

/// Whether sops can compare a version with others (`AIsNewerThanB` in version.go, and the parser of
/// blang/semver 3.5): of version 1 it takes any.
fn is_version(text: &str) -> bool {
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let is_number = |part: &str| digits(part) && (part == "0" || !part.starts_with('0')) && part.parse::<u64>().is_ok();
    let is_word =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let numbers = text.strip_prefix('v').unwrap_or(text);
    let (numbers, build) = numbers.split_once('+').unwrap_or((numbers, "0"));
    let (numbers, release) = numbers.split_once('-').unwrap_or((numbers, "0"));
    let numbers: Vec<&str> = numbers.split('.').collect();
    let is_semantic = numbers.len() == 3
        && numbers.into_iter().all(is_number)
        && release.split('.').all(|part| is_word(part) && (!digits(part) || is_number(part)))
        && build.split('.').all(is_word);
    text.starts_with("1.") || is_semantic
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
