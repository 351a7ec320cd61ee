//! One declaration of a secret, as code.

use super::delivered::{self, LeftOut};
use super::nix_text;
use super::recipe::System;
use crate::sops::{Document, Format, Leaf};
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
        return vec![Ok(whole(document, prefix))];
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
