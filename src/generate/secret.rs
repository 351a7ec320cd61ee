//! One declaration of a secret, as code.

use thiserror::Error;

use super::delivered::{self, LeftOut};
use super::nix_text;
use super::recipe::System;
use crate::sops::{Document, Format, Leaf, Node, Value};
use crate::source::visible::clean_line;

/// The endings of systemd's units (reference: systemd.unit(5)).
const UNIT_ENDINGS: [&str; 11] =
    ["automount", "device", "mount", "path", "scope", "service", "slice", "socket", "swap", "target", "timer"];

/// A secret that is to be declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// Its name: that of its attribute.
    pub name: String,
    /// The file that it is in, relative to the repository.
    pub file: String,
    /// Its key in that file; nothing where the whole file is delivered.
    pub key: Option<String>,
    /// How sops-nix is to read the file; nothing for its default, YAML.
    pub format: Option<&'static str>,
    /// The value is the empty text.
    pub is_empty: bool,
}

/// A key that is not declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Omission {
    /// The key, as it would be declared.
    pub key: String,
    /// Why.
    pub why: LeftOut,
}

/// The secret whose file would be where the folder of all templates is.
pub const RENDERED: &str = "rendered";

/// What no host can have.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum CommonError {
    /// Not the name of a unit (reference: systemd.unit(5)).
    #[error("`{0}` is no name of a unit: letters, digits and `:-_.\\@`")]
    Unit(String),
    /// Not the name of an account.
    #[error("`{0}` is no name of an account")]
    Owner(String),
}

/// What all secrets of a module say alike.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Common {
    /// Who owns them.
    pub owner: Option<String>,
    /// The units that restart with them, by their whole names.
    pub units: Vec<String>,
}

/// A whole file as one secret. The name begins with `prefix`.
pub fn whole(document: &Document, prefix: &str) -> Secret {
    let file = document.path.to_string();
    let name = format!("{prefix}{}", file_name(&file));
    Secret { name, file, key: None, format: format_of(document), is_empty: false }
}

/// What a file gives, in its order. The names begin with `prefix`.
pub fn of_file(document: &Document, prefix: &str) -> Vec<Result<Secret, Omission>> {
    if delivered::is_whole(document.format) {
        let secret = whole(document, prefix);
        return vec![match has_slash(document) {
            true => Err(Omission { key: secret.file, why: LeftOut::SlashInDotenv }),
            false => Ok(secret),
        }];
    }
    let file = document.path.to_string();
    let format = format_of(document);
    let secret = |key: delivered::Key<'_>| match key.value {
        Ok(leaf) => Ok(Secret {
            name: format!("{prefix}{}", key.path),
            file: file.clone(),
            key: Some(key.path),
            format,
            is_empty: leaf == Leaf::ClearText { length: 0 },
        }),
        Err(why) => Err(Omission { key: key.path, why }),
    };
    delivered::keys(document).into_iter().map(secret).collect()
}

/// Whether it is a dotenv file with a `/` in a key.
fn has_slash(document: &Document) -> bool {
    let is_slashed = |part: &Node| match &part.value {
        Value::Map(children) => children.iter().any(|child| child.key.contains('/')),
        Value::List(_) | Value::Leaf(_) => false,
    };
    document.format == Format::Dotenv && document.parts.iter().any(is_slashed)
}

/// How sops-nix is to read a file; nothing for its default. It finds no nested key in JSON, which is YAML
/// too, and it refuses two formats for one file: so one nested key decides for all, also for those that are
/// declared elsewhere.
fn format_of(document: &Document) -> Option<&'static str> {
    match document.format {
        Format::Yaml => None,
        Format::Json if is_nested_json(document) => Some("yaml"),
        Format::Json => Some("json"),
        Format::Dotenv => Some("dotenv"),
        Format::Ini => Some("ini"),
        Format::Binary => Some("binary"),
    }
}

/// Whether it is a JSON file with a nested key that is delivered.
fn is_nested_json(document: &Document) -> bool {
    let is_nested = |key: &delivered::Key<'_>| key.value.is_ok() && key.path.contains('/');
    document.format == Format::Json && delivered::keys(document).iter().any(is_nested)
}

/// What a module says beside the keys of such a file.
pub fn nested_json_note(document: &Document) -> String {
    match is_nested_json(document) {
        false => String::new(),
        true => nix_text::comment(&format!(
            "{} is read as YAML, which JSON is too: sops-nix finds no nested key in JSON, and takes one format for a file.",
            document.path
        )),
    }
}

/// A file's own name without its leading dots: `.env` gives `env`.
fn file_name(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    let visible = name.trim_start_matches('.');
    if visible.is_empty() { name } else { visible }
}

impl Secret {
    /// The declaration within `sops.secrets`, in a file at `out`.
    pub fn code(&self, common: &Common, out: &str) -> String {
        let mut fields = vec![format!("sopsFile = {};", nix_text::path(out, &self.file))];
        if let Some(key) = self.key.as_ref().filter(|key| **key != self.name) {
            fields.push(format!("key = {};", nix_text::string(key)));
        }
        fields.extend(self.format.map(|format| format!("format = \"{format}\";")));
        fields.extend(common.fields());
        let name = nix_text::name(&self.name);
        let note = if self.is_empty { "# Empty in the file.\n" } else { "" };
        match fields.as_slice() {
            [field] => format!("{note}{name}.{field}\n"),
            fields => format!("{note}{name} = {{\n{}\n}};\n", fields.join("\n")),
        }
    }
}

impl Omission {
    /// The comment in its place.
    pub fn comment(&self) -> String {
        nix_text::comment(&clean_line(&format!("`{}` is left out: {}.", self.key, self.why)))
    }
}

impl Common {
    /// What the command line says, if a host can have it. Units have no ending where they are services.
    pub fn new(owner: Option<&str>, units: &[String]) -> Result<Self, CommonError> {
        let is_account = |name: &str| {
            !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control() || ":/".contains(c))
        };
        if let Some(owner) = owner.filter(|owner| !is_account(owner)) {
            return Err(CommonError::Owner(owner.to_owned()));
        }
        let whole = |unit: &String| {
            Some(unit_name(unit)).filter(|name| is_unit(name)).ok_or_else(|| CommonError::Unit(unit.clone()))
        };
        Ok(Common { owner: owner.map(str::to_owned), units: units.iter().map(whole).collect::<Result<_, _>>()? })
    }

    /// The fields that they give every secret.
    pub fn fields(&self) -> Vec<String> {
        let owner = self.owner.iter().map(|owner| format!("owner = {};", nix_text::string(owner)));
        let units = (!self.units.is_empty()).then(|| format!("restartUnits = {};", nix_text::list(&self.units)));
        owner.chain(units).collect()
    }
}

impl System {
    /// Whether its secrets have an owner: home-manager's belong to the user.
    pub fn has_owner(self) -> bool {
        self != System::HomeManager
    }

    /// Whether its secrets can restart units.
    pub fn has_units(self) -> bool {
        self == System::Nixos
    }
}

/// A unit's whole name: `.service` is what systemd's own commands add.
pub fn unit_name(unit: &str) -> String {
    match unit.rsplit_once('.') {
        Some((_, ending)) if UNIT_ENDINGS.contains(&ending) => unit.to_owned(),
        _ => format!("{unit}.service"),
    }
}

/// Whether systemd takes a whole name (reference: systemd.unit(5)).
pub fn is_unit(name: &str) -> bool {
    const LONGEST: usize = 255;
    let plain = |c: char| c.is_ascii_alphanumeric() || ":-_.\\@".contains(c);
    let stem = name.rsplit_once('.').map_or("", |(stem, _)| stem);
    !stem.is_empty() && name.len() <= LONGEST && name.chars().all(plain)
}
