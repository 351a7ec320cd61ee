//! `[[policy.…]]`: what the repository's owner wants to be true beyond what works.

use super::mistake::Mistake;
use super::reader::{Key, Reader, Value, parse_recipient};
use super::{Config, Names, Paths};
use crate::keys::{Malformed, Recipient};
use crate::source::Place;

/// `[[policy.deny]]`: secrets and templates whose files must not reach some containers and units.
#[derive(Debug, Clone)]
pub struct Deny {
    /// Names of secrets and templates; never empty.
    pub secrets: Names,
    /// Whom they must not reach; never empty.
    pub to: Vec<Target>,
    /// Where the table begins.
    pub place: Place,
}

/// One entry of `to`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Whom.
    pub who: Who,
    /// Where it stands.
    pub place: Place,
}

/// Whom a secret must not reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// `containers`: every container.
    Containers,
    /// `container:NAME`.
    Container(String),
    /// `unit:NAME`, as the manifest names units: a service without `.service`, another unit with its ending.
    Unit(String),
}

impl Deny {
    /// The entry of `to` that a container of this name is meant by.
    pub fn container(&self, name: &str) -> Option<&Target> {
        let meant = |who: &Who| *who == Who::Containers || matches!(who, Who::Container(it) if it == name);
        self.to.iter().find(|target| meant(&target.who))
    }

    /// The entry of `to` that a unit is meant by; services by name, others with their ending.
    pub fn unit(&self, name: &str) -> Option<&Target> {
        self.to.iter().find(|target| matches!(&target.who, Who::Unit(it) if it == name))
    }
}

/// `[[policy.require]]`: recipients that files must have.
#[derive(Debug, Clone)]
pub struct Require {
    /// Never empty.
    pub files: Paths,
    /// Never empty.
    pub recipients: Vec<Required>,
    /// Where the table begins.
    pub place: Place,
}

/// A recipient that must be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Required {
    /// Which.
    pub wanted: Wanted,
    /// Where it stands.
    pub place: Place,
}

/// How a required recipient is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// By a name that a rule file of sops gives it.
    Anchor(String),
    /// Itself.
    Recipient(Recipient),
}

/// `[[policy.rotate]]`: how long ago sops may have written files last.
#[derive(Debug, Clone)]
pub struct Rotate {
    /// Never empty.
    pub files: Paths,
    /// At least 1.
    pub days: u32,
    /// Where the table begins.
    pub place: Place,
}

const KINDS: [&str; 3] = ["deny", "require", "rotate"];

pub(super) fn read(reader: &mut Reader<'_>, key: Key<'_, '_>, value: Value<'_, '_>, config: &mut Config) {
    for (kind, value) in reader.table(key, value) {
        if !KINDS.contains(&kind.get_ref().as_ref()) {
            reader.unknown(kind, &KINDS);
            continue;
        }
        let Some(tables) = value.get_ref().as_array() else {
            reader.wrong_type(kind, value, "an array of tables, written [[policy.…]]");
            continue;
        };
        for table in tables.iter() {
            match kind.get_ref().as_ref() {
                "deny" => config.deny.extend(deny(reader, kind, table)),
                "require" => config.require.extend(require(reader, kind, table)),
                _ => config.rotate.extend(rotate(reader, kind, table)),
            }
        }
    }
}

fn deny(reader: &mut Reader<'_>, kind: Key<'_, '_>, table: Value<'_, '_>) -> Option<Deny> {
    let [secrets, to] = fields(reader, kind, table, ["secrets", "to"])?;
    let secrets = reader.some_texts(secrets.0, secrets.1);
    let secrets = reader.names(secrets);
    let to = reader.some_texts(to.0, to.1).into_iter().filter_map(|(text, place)| match target(&text) {
        Ok(who) => Some(Target { who, place }),
        Err(mistake) => reader.fail_at(place, mistake),
    });
    let to = to.collect();
    Some(Deny { secrets, to, place: reader.text.place(table.span()) })
}

fn require(reader: &mut Reader<'_>, kind: Key<'_, '_>, table: Value<'_, '_>) -> Option<Require> {
    let [files, recipients] = fields(reader, kind, table, ["files", "recipients"])?;
    let files = reader.some_texts(files.0, files.1);
    let files = reader.paths(files);
    let recipients = reader.some_texts(recipients.0, recipients.1).into_iter();
    let recipients = recipients.filter_map(|(text, place)| match wanted(&text) {
        Ok(wanted) => Some(Required { wanted, place }),
        Err(error) => reader.fail_at(place, Mistake::Recipient(error)),
    });
    let recipients = recipients.collect();
    Some(Require { files, recipients, place: reader.text.place(table.span()) })
}

fn rotate(reader: &mut Reader<'_>, kind: Key<'_, '_>, table: Value<'_, '_>) -> Option<Rotate> {
    let [files, days] = fields(reader, kind, table, ["files", "days"])?;
    let files = reader.some_texts(files.0, files.1);
    let files = reader.paths(files);
    let number = days.1.get_ref().as_integer();
    // Digits with a sign and a base; what is no decimal number is refused with the rest.
    let number = number.and_then(|number| number.as_str().parse().ok()).filter(|&days: &u32| days > 0);
    if number.is_none() {
        reader.fail(&days.1.span(), Mistake::Days);
    }
    Some(Rotate { files, days: number?, place: reader.text.place(table.span()) })
}

/// The two fields that every policy has.
fn fields<'v, 'i>(
    reader: &mut Reader<'_>,
    kind: Key<'_, '_>,
    table: Value<'v, 'i>,
    names: [&'static str; 2],
) -> Option<[(Key<'v, 'i>, Value<'v, 'i>); 2]> {
    let entries = reader.table(kind, table);
    table.get_ref().as_table()?;
    for (field, _) in &entries {
        if !names.contains(&field.get_ref().as_ref()) {
            reader.unknown(field, &names);
        }
    }
    let found = names.map(|name| entries.iter().find(|(field, _)| field.get_ref() == name).copied());
    for (name, _) in names.iter().zip(&found).filter(|(_, found)| found.is_none()) {
        let policy = format!("[[policy.{}]]", kind.get_ref());
        reader.fail(&table.span(), Mistake::Missing { table: policy, field: name });
    }
    let [first, second] = found;
    Some([first?, second?])
}

fn target(text: &str) -> Result<Who, Mistake> {
    match text.split_once(':') {
        Some(("container" | "unit", name)) if name.contains(['*', '?', '{']) => {
            Err(Mistake::TargetPattern(text.to_owned()))
        }
        None if text == "containers" => Ok(Who::Containers),
        Some(("container", name)) if !name.is_empty() => Ok(Who::Container(name.to_owned())),
        Some(("unit", name)) if !name.is_empty() => {
            Ok(Who::Unit(name.strip_suffix(".service").unwrap_or(name).to_owned()))
        }
        _ => Err(Mistake::UnknownTarget { found: text.to_owned() }),
    }
}

/// A name of a rule file is a word; what looks like a key and is none is not taken for one.
fn wanted(text: &str) -> Result<Wanted, Malformed> {
    match parse_recipient(text) {
        Ok(recipient) => Ok(Wanted::Recipient(recipient)),
        Err(Malformed::UnknownForm) if !text.is_empty() && !text.contains(char::is_whitespace) => {
            Ok(Wanted::Anchor(text.to_owned()))
        }
        Err(error) => Err(error),
    }
}
