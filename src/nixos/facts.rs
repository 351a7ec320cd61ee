//! What nixpkgs, home-manager and nix-darwin declare, from tables that real Nix made
//! (`facts/README.md`): kinds and literal defaults of options, groups of users.

use std::sync::LazyLock;

use crate::nix::eval::Eval;
use crate::nix::value::{Outcome, Value};

/// A table of options, one line each: path, kind, default; sorted by bytes.
pub struct Table {
    lines: LazyLock<Vec<&'static str>>,
}

/// NixOS 24.05.
pub static NIXOS: Table = Table { lines: LazyLock::new(|| include_str!("facts/nixos-options.tsv").lines().collect()) };
/// nix-darwin 25.05.
pub static DARWIN: Table =
    Table { lines: LazyLock::new(|| include_str!("facts/darwin-options.tsv").lines().collect()) };
/// home-manager 26.11.
pub static HOME: Table = Table { lines: LazyLock::new(|| include_str!("facts/home-options.tsv").lines().collect()) };

static USERS: LazyLock<Vec<&'static str>> = LazyLock::new(|| include_str!("facts/nixos-users.tsv").lines().collect());

/// What the table says of one path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fact {
    /// `str`, `list`, `lines`, `attrs`, `submodule`, … perhaps with `nullable-` before it.
    pub kind: &'static str,
    /// The default as JSON, where it is a literal.
    pub default: Option<&'static str>,
}

/// What lies at a path of options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Territory {
    /// An option.
    Option(Fact),
    /// Only a part of longer paths.
    Branch,
    /// The table knows nothing of it.
    Unknown,
}

impl Table {
    /// What lies at a path; a name may stand for `<name>` of the table.
    pub fn at<'n>(&self, path: impl IntoIterator<Item = &'n str>) -> Territory {
        let mut known = String::new();
        let mut territory = Territory::Branch;
        for name in path {
            let Some((prefix, found)) = [name, "<name>"].into_iter().find_map(|name| {
                let prefix = if known.is_empty() { name.to_owned() } else { format!("{known}.{name}") };
                Some((prefix.clone(), self.exact(&prefix)?))
            }) else {
                return Territory::Unknown;
            };
            known = prefix;
            territory = found;
        }
        territory
    }

    /// Whether options of single values stand directly below a path, as they do for one service. A
    /// path that only holds sets of instances (`services.restic`) has none.
    pub fn has_settings(&self, path: &str) -> bool {
        let prefix = format!("{path}.");
        let lines = &*self.lines;
        let from = lines.partition_point(|line| *line < prefix.as_str());
        let below = lines.iter().skip(from).map_while(|line| line.strip_prefix(prefix.as_str()));
        below.filter_map(|line| line.split_once('\t')).any(|(name, fact)| {
            !name.contains('.') && !fact.starts_with("submodule") && !fact.starts_with("nullable-submodule")
        })
    }

    fn exact(&self, path: &str) -> Option<Territory> {
        let lines = &*self.lines;
        let from = lines.partition_point(|line| *line < path);
        for line in lines.iter().skip(from) {
            let rest = line.strip_prefix(path)?;
            if let Some(fact) = rest.strip_prefix('\t') {
                let (kind, default) = fact.split_once('\t')?;
                return Some(Territory::Option(Fact { kind, default: Some(default).filter(|text| *text != "-") }));
            }
            if rest.starts_with('.') {
                return Some(Territory::Branch);
            }
            // Bytes below '.', such as '-', sort between the option and its children.
            if rest.as_bytes().first().is_some_and(|byte| *byte > b'.') {
                return None;
            }
        }
        None
    }
}

/// A user that a service of nixpkgs makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceUser {
    /// Its group where nothing else is set.
    pub group: String,
    /// The option that turns the service on.
    pub enabled_by: String,
}

/// The service of nixpkgs that makes a user; `<name>` in the table is an instance.
pub fn service_of_user(user: &str) -> Option<ServiceUser> {
    USERS.iter().find_map(|line| {
        let mut fields = line.split('\t');
        let (known, group, enabled_by) = (fields.next()?, fields.next()?, fields.next()?);
        let instance = match known.split_once("<name>") {
            _ if group == "-" => return None,
            None => (known == user).then_some("")?,
            Some((before, after)) => {
                user.strip_prefix(before)?.strip_suffix(after).filter(|instance| !instance.is_empty())?
            }
        };
        let of_instance = |text: &str| text.replace("<name>", instance);
        Some(ServiceUser { group: of_instance(group), enabled_by: of_instance(enabled_by) })
    })
}

/// A literal default of a table.
pub fn json<'a>(eval: &Eval<'a>, text: &str) -> Outcome<'a> {
    match serde_json::from_str(text) {
        Ok(value) => Ok(from_json(eval, &value)),
        Err(error) => eval.fail(&format!("a default of the table is no JSON: {error}")),
    }
}

fn from_json<'a>(eval: &Eval<'a>, value: &serde_json::Value) -> Value<'a> {
    match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(number) => Value::Int(number),
            None => Value::Float(number.as_f64().unwrap_or_default()),
        },
        serde_json::Value::String(text) => eval.string(text),
        serde_json::Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| eval.done(from_json(eval, item))).collect();
            eval.list(&items)
        }
        serde_json::Value::Object(map) => {
            eval.attrs(map.iter().map(|(name, item)| eval.attr(name, eval.done(from_json(eval, item)))).collect())
        }
    }
}
