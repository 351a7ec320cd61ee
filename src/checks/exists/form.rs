//! Whether a file has the form that a secret declares for it. sops-nix goes by the secret's `format`
//! alone, never by the file's name (reference: sops.md section 6).

use crate::checks::World;
use crate::checks::declared::{Declared, Named, declared};
use crate::manifest::Complete;
use crate::sops::{Document, Format, Found};

/// A declared secret of a known format whose file was read.
pub struct Formed<'a> {
    pub declared: Declared<'a>,
    pub document: &'a Document,
    pub format: Format,
    pub fit: Fit,
}

/// How a file and the declared format go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// sops-nix reads the file so.
    Fits,
    /// The file has another form.
    OtherForm,
    /// It is to be read as binary, and has no `data`.
    NoData,
    /// It is binary: all that it has is `data`, and the secret wants another key.
    OnlyData,
}

/// Every declared secret whose format is known and whose file was read.
pub fn formed<'a>(world: &World<'a>) -> impl Iterator<Item = Formed<'a>> {
    declared(world.manifest).filter_map(|declared| {
        let format = Format::named(declared.secret.format.known()?)?;
        let Named::Read(document) = declared.file(world) else { return None };
        Some(Formed { declared, document, format, fit: fit(world, &declared, document, format) })
    })
}

/// How a document that a declaration names goes together with its format.
pub fn fit(world: &World<'_>, declared: &Declared<'_>, document: &Document, format: Format) -> Fit {
    match (format, document.format) {
        (Format::Binary, Format::Binary) => match document.find("data") {
            Found::Leaf { .. } => Fit::Fits,
            _ => Fit::NoData,
        },
        // YAML is read from JSON too.
        (Format::Yaml | Format::Json, Format::Yaml | Format::Json)
            if format == Format::Yaml || format == document.format =>
        {
            let by_name = world.vault.files.get(&document.path).and_then(|sealed| sealed.document());
            let is_binary = by_name.is_some_and(|by_name| {
                by_name.format == Format::Binary && matches!(by_name.find("data"), Found::Leaf { .. })
            });
            let key = declared.secret.key.known().map(String::as_str);
            let wants_other = key.is_some_and(|key| !key.is_empty() && matches!(document.find(key), Found::Missing));
            if is_binary && wants_other { Fit::OnlyData } else { Fit::Fits }
        }
        (declared, is) if declared == is => Fit::Fits,
        _ => Fit::OtherForm,
    }
}

impl Formed<'_> {
    /// Why a definition that is not known may say another format or file, as a clause.
    pub fn may_differ(&self) -> Option<&str> {
        let secret = self.declared.secret;
        match &secret.complete {
            Complete::No(why) if !(secret.says("format") && secret.says("sopsFile")) => Some(why),
            _ => None,
        }
    }

    /// The format by its word, with whether it is the default.
    pub fn as_declared(&self) -> String {
        let word = self.format.word();
        match self.declared.secret.says("format") {
            true => format!("`{word}`"),
            false => format!("`{word}`, the default"),
        }
    }
}
