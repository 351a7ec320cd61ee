//! The one way from a repository to its judged findings, and what can end it.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::repository::{Repository, locate};
use crate::checks::{self, Verdict, World};
use crate::finding;
use crate::identity::Identities;
use crate::levels::{self, Judged};
use crate::manifest::join::join;
use crate::manifest::read::ReadError;
use crate::manifest::{self, Manifest};
use crate::policy::Policy;
use crate::source::{NotLooked, RepoPath, Tree};
use crate::vault::Vault;

/// Why a command could not run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A path that was given cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The folder has no file that evaluation could start from.
    #[error("no flake.nix, default.nix, hive.nix or configuration.nix in {}", root.display())]
    NoEntry {
        /// The folder.
        root: PathBuf,
    },
    /// The manifest is none.
    #[error(transparent)]
    Manifest(#[from] ReadError),
    /// There is no such rule.
    #[error("there is no rule `{rule}`")]
    NoSuchRule {
        /// What was asked for.
        rule: String,
        /// The rule that was probably meant.
        nearest: Option<&'static str>,
    },
    /// The result could not be written.
    #[error("cannot write the result")]
    Write(#[from] io::Error),
    /// The result could not be turned into JSON.
    #[error("cannot write the result as JSON")]
    Json(#[from] serde_json::Error),
}

impl RunError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            RunError::Unreadable { .. } => Some("give the folder of the repository, or its entry file".to_owned()),
            RunError::NoEntry { .. } => {
                Some("give the entry file itself, such as `sealnix check hosts/web.nix`".to_owned())
            }
            RunError::Manifest(_) => {
                Some("docs/manifest.md says how to make a manifest with Nix; `sealnix manifest` prints one".to_owned())
            }
            RunError::NoSuchRule { nearest: Some(nearest), .. } => Some(format!("did you mean `{nearest}`?")),
            RunError::NoSuchRule { nearest: None, .. } => Some("`sealnix rules` lists them".to_owned()),
            RunError::Write(_) | RunError::Json(_) => None,
        }
    }
}

/// All that is known of a repository.
#[derive(Debug)]
pub struct Known {
    /// What lies in it.
    pub tree: Tree,
    /// What its hosts declare and use.
    pub manifest: Manifest,
    /// Every file that was not looked at.
    pub not_looked: Vec<NotLooked>,
}

/// Reads and evaluates the repository at `path`; with a manifest made by Nix its declarations are
/// that manifest's.
pub fn know(path: Option<&Path>, exact: Option<&Path>) -> Result<Known, RunError> {
    let Repository { root, entry } = locate(path)?;
    let tree = walk(root);
    let (manifest, not_looked_by_nix) = match (entry, exact) {
        (Some(entry), _) => evaluate(&tree, &entry),
        (None, Some(_)) => (empty_manifest(), Vec::new()),
        (None, None) => return Err(RunError::NoEntry { root: tree.root }),
    };
    let manifest = match exact {
        Some(file) => join(read_manifest(file, &tree)?, manifest),
        None => manifest,
    };
    let mut not_looked = tree.not_looked.clone();
    not_looked.extend(not_looked_by_nix);
    not_looked.sort_by(|a, b| a.path.cmp(&b.path));
    not_looked.dedup();
    Ok(Known { tree, manifest, not_looked })
}

/// What every rule says of `world`: joined over hosts, with final levels; and what no rule could decide.
pub fn judge(world: &World<'_>) -> (Judged, Vec<String>) {
    let mut verdict = Verdict::default();
    for rule in checks::rules() {
        (rule.check)(world, &mut verdict);
    }
    let judged = levels::judge(finding::merge(verdict.findings), &BTreeMap::new(), world.tree);
    (judged, verdict.undecided)
}

fn read_manifest(file: &Path, tree: &Tree) -> Result<Manifest, RunError> {
    let unreadable = |source| RunError::Unreadable { path: file.to_owned(), source };
    let text = std::fs::read_to_string(file).map_err(unreadable)?;
    Ok(Manifest::from_json(&text, &file.display().to_string(), tree)?)
}

fn empty_manifest() -> Manifest {
    Manifest { version: manifest::VERSION, ..Manifest::default() }
}

/// Every sops file of the tree.
pub fn vault(_tree: &Tree) -> Vault {
    Vault::default()
}

/// Every rule file of the tree.
pub fn policy(_tree: &Tree) -> Policy {
    Policy::default()
}

/// Who holds which key.
pub fn identities(_manifest: &Manifest, _policy: &Policy, _vault: &Vault, _tree: &Tree) -> Identities {
    Identities::default()
}

fn walk(root: PathBuf) -> Tree {
    Tree { root, ..Tree::default() }
}

/// What the static evaluator makes of the repository, and the Nix files that it did not look at.
fn evaluate(_tree: &Tree, _entry: &RepoPath) -> (Manifest, Vec<NotLooked>) {
    (empty_manifest(), Vec::new())
}
