//! What people write by hand, written for them: modules that declare the keys of an encrypted file,
//! templates for a unit's environment, examples, and the rules of a new host.

pub mod change;
pub mod delivered;
pub mod dummy;
pub mod env;
mod error;
pub mod example;
pub mod header;
pub mod host;
pub mod init;
pub mod module;
pub mod namespace;
pub mod nix_text;
mod plaintext;
mod reader;
pub mod recipe;
pub mod region;
pub mod rule_file;
pub mod sealing;
pub mod secret;
pub mod stale;
pub mod standing;

use crate::sops::Document;
use crate::vault::{Sealed, Vault};

pub use error::GenerateError;
use recipe::Recipe;

/// What a recipe gives, before it has its header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rendered {
    /// A Nix module.
    Nix(NixModule),
    /// Text in which a line that begins with `#` is a comment.
    Commented(String),
    /// JSON, which has no comments and so takes no header.
    Json(String),
}

/// A Nix module as code, not yet formatted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NixModule {
    /// The module arguments that it uses, such as `config`.
    pub arguments: Vec<&'static str>,
    /// The bindings of its `let`, if it has any. Such a module is no region of another one.
    pub bindings: String,
    /// Its attributes.
    pub body: String,
    /// What it holds, for the person: "5 secrets, 1 key left out".
    pub summary: String,
}

/// Follows a recipe. `out` is where the result is to stand, relative to the repository: paths in it are
/// relative to that.
pub fn rendered(recipe: &Recipe, vault: &Vault, out: &str) -> Result<Rendered, GenerateError> {
    match recipe {
        Recipe::Module(recipe) => module::module(recipe, vault, out).map(Rendered::Nix),
        Recipe::Env(recipe) => env::module(recipe, vault, out).map(Rendered::Nix),
        Recipe::Example(recipe) => example::example(document(vault, &recipe.file)?),
    }
}

/// A file as it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Generated {
    /// Its text, the header included.
    pub text: String,
    /// What it holds, for the person; empty where there is nothing to say.
    pub summary: String,
    /// Whether it begins with a header.
    pub has_header: bool,
}

impl Generated {
    /// The text of what has no header.
    pub fn json(&self) -> Option<&str> {
        (!self.has_header).then_some(self.text.as_str())
    }
}

/// The whole file with its header.
pub fn file(recipe: &Recipe, vault: &Vault, out: &str) -> Result<Generated, GenerateError> {
    let header = || header::header(recipe, out).ok_or(GenerateError::Unrepeatable);
    Ok(match rendered(recipe, vault, out)? {
        Rendered::Commented(text) => Generated { text: header()? + &text, has_header: true, ..Generated::default() },
        Rendered::Json(text) => Generated { text, ..Generated::default() },
        Rendered::Nix(module) => {
            let text = nix_text::formatted(&(header()? + &module.code()));
            let text = text.ok_or_else(|| GenerateError::NotNix { out: out.to_owned() })?;
            Generated { text, summary: module.summary, has_header: true }
        }
    })
}

impl NixModule {
    /// The module as one expression.
    pub fn code(&self) -> String {
        let Self { arguments, bindings, body, .. } = self;
        let function = match arguments.as_slice() {
            [] => String::new(),
            arguments => format!("{{ {}, ... }}:\n", arguments.join(", ")),
        };
        match bindings.as_str() {
            "" => format!("{function}{{\n{body}\n}}\n"),
            bindings => format!("{function}let\n{bindings}\nin\n{{\n{body}\n}}\n"),
        }
    }
}

/// An encrypted file that was read.
pub fn document<'v>(vault: &'v Vault, path: &str) -> Result<&'v Document, GenerateError> {
    match vault.files.get(path) {
        Some(Sealed::Document(document)) => Ok(document),
        Some(Sealed::Unread { why, place, .. }) => {
            Err(GenerateError::Unread { path: path.into(), line: place.start.line, why: why.clone() })
        }
        None => Err(GenerateError::NotSealed { path: path.into() }),
    }
}
