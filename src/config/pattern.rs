//! Patterns over paths, as in a `.gitignore`, and over names.

use globset::{Glob, GlobSet, GlobSetBuilder};
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::source::Place;

/// One pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// As written.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}

/// Patterns over paths relative to the repository, as in a `.gitignore` at its root, or with `./` before them.
#[derive(Debug, Clone)]
pub struct Paths {
    /// In file order.
    pub patterns: Vec<Pattern>,
    matcher: Gitignore,
}

/// None: no path.
impl Default for Paths {
    fn default() -> Self {
        Paths { patterns: Vec::new(), matcher: Gitignore::empty() }
    }
}

impl Paths {
    /// # Errors
    /// The first pattern that is none, and why.
    pub(super) fn new(patterns: Vec<Pattern>) -> Result<Self, (Pattern, String)> {
        let mut builder = GitignoreBuilder::new("");
        for pattern in &patterns {
            let text = pattern.text.strip_prefix("./").unwrap_or(&pattern.text);
            // A `.gitignore` takes these for nothing at all.
            if matches!(text.trim(), "" | "!" | "/") || text.starts_with('#') {
                return Err((pattern.clone(), format!("`{}` names no path", pattern.text)));
            }
            if let Err(error) = builder.add_line(None, text) {
                return Err((pattern.clone(), error.to_string()));
            }
        }
        let matcher = builder.build().unwrap_or_else(|_| Gitignore::empty());
        Ok(Paths { patterns, matcher })
    }

    /// Whether they name a path of the repository: they are tried on the path and on every folder above it.
    pub fn take(&self, path: &str) -> bool {
        !path.starts_with('/') && self.matcher.matched_path_or_any_parents(path, false).is_ignore()
    }
}

/// Patterns over names of secrets and templates: `*` stands for any characters, `/` among them, `?` for one,
/// `{a,b}` for either, `[a-z]` for one of these.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// In file order.
    pub patterns: Vec<Pattern>,
    matcher: GlobSet,
}

impl Names {
    /// # Errors
    /// The first pattern that is none, and why.
    pub(super) fn new(patterns: Vec<Pattern>) -> Result<Self, (Pattern, String)> {
        let mut builder = GlobSetBuilder::new();
        for pattern in &patterns {
            match Glob::new(&pattern.text) {
                Ok(glob) => builder.add(glob),
                Err(error) => return Err((pattern.clone(), error.kind().to_string())),
            };
        }
        let matcher = builder.build().unwrap_or_default();
        Ok(Names { patterns, matcher })
    }

    /// Whether one of them matches the whole name.
    pub fn take(&self, name: &str) -> bool {
        self.matcher.is_match(name)
    }
}
